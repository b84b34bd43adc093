"""The machine itself: operating system, root, systemd, cgroups, Python, clock, podman, packages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bootstrap.errors import HostError
from bootstrap.host.preflight.wanted import Wanted

PODMAN_MINIMUM = (4, 6)  # the first with all the Quadlet keys that our unit uses
CLOCK_SECONDS = 300.0  # further apart, a certificate made here may not be valid there yet
_PYTHON_MINIMUM = (3, 9)
_EL = ("rhel", "centos", "rocky", "almalinux", "ol")
_MINIMUM = {"debian": (13, 0), "ubuntu": (24, 4), "fedora": (40, 0)}


def operating_system(host: str, os_release: Mapping[str, str]) -> list[HostError]:
    """Return why the operating system is refused; [] when it is not."""
    name, version = str(os_release.get("ID", "")), str(os_release.get("VERSION_ID", "0"))
    pretty = str(os_release.get("PRETTY_NAME") or f"{name} {version}")
    if name in _EL:
        if numbers(version)[0] >= 9:
            return []
        why = "EL 8 and older have no Quadlet, and current ansible-core does not manage their Python 3.6"
        return [HostError(f"{host}: {pretty} is too old", why=why, fix="use RHEL or CentOS Stream 9 or 10")]
    if name not in _MINIMUM:
        why = "supported are RHEL and CentOS Stream 9 and 10, Fedora, Debian 13+ and Ubuntu 24.04+"
        return [HostError(f"{host}: {pretty} is not supported", why=why, fix="use one of those")]
    if numbers(version) < _MINIMUM[name] and version != "0":  # Debian testing has no VERSION_ID
        bound = ".".join(str(part) if name != "ubuntu" else f"{part:02}" for part in _MINIMUM[name] if part)
        why = f"the first {name} whose podman has what our unit needs is {bound}"
        return [HostError(f"{host}: {pretty} is too old", why=why, fix=f"use {name} {bound} or newer")]
    return []


def base(host: str, seen: Mapping[str, Any], wanted: Wanted, now: float) -> list[HostError]:
    """Return what is wrong with root, systemd, cgroups, Python and the clock."""
    problems = []
    if seen["uid"] != 0:
        problems.append(
            HostError(
                f"{host}: we are not root there",
                why=f"the user id is {seen['uid']}",
                fix="log in as root, or set ansible_become: true",
            )
        )
    if not seen["systemd"]:
        why = "systemd is not its init, and the registry is a systemd service"
        problems.append(HostError(f"{host}: has no systemd", why=why, fix="use a host that boots systemd"))
    if wanted.is_registry and not seen["cgroup2"]:
        why = "/sys/fs/cgroup is not a cgroup v2 hierarchy"
        fix = "boot it with systemd.unified_cgroup_hierarchy=1"
        problems.append(HostError(f"{host}: has no cgroup v2", why=why, fix=fix))
    if wanted.is_mirror:
        problems += _python(host, seen)
    apart = float(seen["time"]) - now
    if abs(apart) > CLOCK_SECONDS:
        way = "ahead of" if apart > 0 else "behind"
        why = f"it is {abs(apart):.0f} s {way} the controller's; more than {CLOCK_SECONDS:.0f} s break"
        why += " certificates"
        problems.append(HostError(f"{host}: its clock is off", why=why, fix="start chronyd or set the time"))
    return problems


def _python(host: str, seen: Mapping[str, Any]) -> list[HostError]:
    version = tuple(seen.get("agent_python") or ())
    bound = ".".join(map(str, _PYTHON_MINIMUM))
    fix = f"install Python {bound} or newer as /usr/bin/python3"
    if not version:
        why = "the mirror agent runs with it, and it is not there"
        return [HostError(f"{host}: has no /usr/bin/python3", why=why, fix=fix)]
    if version < _PYTHON_MINIMUM:
        why = f"/usr/bin/python3 is {'.'.join(map(str, version))}; the mirror agent needs {bound} or newer"
        return [HostError(f"{host}: its Python is too old", why=why, fix=fix)]
    return []


def podman(host: str, seen: Mapping[str, Any]) -> list[HostError]:
    """Return what is wrong with the podman that is there; none at all is a missing package."""
    if seen["podman"] is None:
        return []
    if numbers(seen["podman"]) < PODMAN_MINIMUM:
        why = f"it has {seen['podman']}; our unit needs {'.'.join(map(str, PODMAN_MINIMUM))} or newer"
        return [HostError(f"{host}: its podman is too old", why=why, fix="update podman")]
    if not seen["quadlet"]:
        return [
            HostError(
                f"{host}: its podman has no Quadlet",
                why=f"podman {seen['podman']} is there without its systemd generator, which our unit needs",
                fix="install podman from the distribution's package",
            )
        ]
    return []


def packages(host: str, seen: Mapping[str, Any], wanted: Wanted) -> list[HostError]:
    """Return which packages are missing and cannot be installed."""
    found = seen["packages"]
    missing = " ".join(found["missing"])
    if not missing or (wanted.installs_packages and not found["not_installable"]):
        return []
    why = str(found["not_installable"])
    if not wanted.installs_packages:
        why = "container_host_install_packages is false"
    fix = f"install {missing} by hand, or give the host a package repository"
    return [HostError(f"{host}: lacks {missing}", why=why, fix=fix)]


def numbers(version: str) -> tuple[int, int]:
    """Return the first two numbers of a version."""
    found = [int(part) for part in re.findall(r"\d+", version)[:2]]
    major, minor, *_ = [*found, 0, 0]
    return major, minor
