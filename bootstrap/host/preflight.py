"""What a host must be like before we touch it: one look, then a judgement on what was seen.

The look (:func:`look`) is one command over the connection; the judgement (:func:`judge`) is pure, and lists
every problem at once, each with its fix.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bootstrap.errors import HostError
from bootstrap.host.interface import Connection

_SCRIPT = Path(__file__).with_name("probe_script.py")
PODMAN_MINIMUM = (4, 6)  # the first with all the Quadlet keys that our unit uses
_CLOCK_SECONDS = 300.0  # further apart, a certificate made here may not be valid there yet
_EL = ("rhel", "centos", "rocky", "almalinux", "ol")
_MINIMUM = {"debian": (13, 0), "ubuntu": (24, 4), "fedora": (40, 0)}
_REGISTRY_MINIMUM_BYTES = 2 * 1024**3


@dataclass(frozen=True)
class Wanted:
    """What a host is to become.

    Attributes:
        is_registry: It will run the registry; a mirror host alone needs no podman and no port.
        paths: Directories that will be written, by the name of the setting that says so.
        port: The registry's TCP port.
        name: The registry's public host name.
    """

    is_registry: bool
    paths: Mapping[str, str]
    port: int
    name: str


def look(connection: Connection, wanted: Wanted) -> dict[str, Any]:
    """Return what the host shows; the keys are those of ``probe_script.py``.

    Raises:
        HostError: It cannot be reached, has no python3, or does not let us become root.
    """
    question = json.dumps({"paths": dict(wanted.paths), "port": wanted.port, "name": wanted.name})
    script = _SCRIPT.read_text(encoding="utf-8")
    done = connection.run(["python3", "-", question], as_root=True, stdin=script, check=False)
    if done.returncode != 0:
        raise _cannot_look(connection.host, done.stderr.strip() or done.stdout.strip())
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def judge(host: str, seen: Mapping[str, Any], wanted: Wanted, *, now: float) -> list[HostError]:
    """Return everything about ``host`` that would make us fail, in the order of looking.

    Args:
        host: Inventory name.
        seen: What :func:`look` returned.
        wanted: What the host is to become.
        now: The controller's clock, seconds since the epoch.
    """
    problems = [*_operating_system(host, seen), *_base(host, seen, now)]
    if wanted.is_registry:
        problems += [*_podman(host, seen), *_port(host, seen, wanted), *_name(host, seen, wanted)]
    return problems + _disk(host, seen)


def _cannot_look(host: str, said: str) -> HostError:
    if "sudo" in said or "password is required" in said:
        return HostError(
            f"{host}: cannot become root",
            why=said[-300:],
            fix="allow this user to sudo without a password, or set ansible_become_password (vaulted)",
        )
    if "python3" in said or "not found" in said:
        return HostError(
            f"{host}: has no python3", why=said[-300:], fix="install python3 (3.9 or newer) on it"
        )
    return HostError(f"{host}: cannot be looked at", why=said[-500:], fix="run `python3 -V` there by hand")


def _operating_system(host: str, seen: Mapping[str, Any]) -> list[HostError]:
    name, version = str(seen["os"].get("ID", "")), str(seen["os"].get("VERSION_ID", "0"))
    pretty = str(seen["os"].get("PRETTY_NAME") or f"{name} {version}")
    if name in _EL:
        if _numbers(version)[0] >= 9:
            return []
        why = "EL 8 and older have no Quadlet, and current ansible-core does not manage their Python 3.6"
        return [HostError(f"{host}: {pretty} is too old", why=why, fix="use RHEL or CentOS Stream 9 or 10")]
    if name not in _MINIMUM:
        why = "supported are RHEL and CentOS Stream 9 and 10, Fedora, Debian 13+ and Ubuntu 24.04+"
        return [HostError(f"{host}: {pretty} is not supported", why=why, fix="use one of those")]
    if _numbers(version) < _MINIMUM[name] and version != "0":  # Debian testing has no VERSION_ID
        bound = ".".join(str(part) for part in _MINIMUM[name] if part)
        why = f"the first {name} whose podman has what our unit needs is {bound}"
        return [HostError(f"{host}: {pretty} is too old", why=why, fix=f"use {name} {bound} or newer")]
    return []


def _base(host: str, seen: Mapping[str, Any], now: float) -> list[HostError]:
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
    if not seen["cgroup2"]:
        why = "/sys/fs/cgroup is not a cgroup v2 hierarchy"
        fix = "boot it with systemd.unified_cgroup_hierarchy=1"
        problems.append(HostError(f"{host}: has no cgroup v2", why=why, fix=fix))
    apart = abs(float(seen["time"]) - now)
    if apart > _CLOCK_SECONDS:
        why = (
            f"it is {apart:.0f} s from the controller's; more than {_CLOCK_SECONDS:.0f} s break certificates"
        )
        problems.append(HostError(f"{host}: its clock is off", why=why, fix="start chronyd or set the time"))
    return problems


def _podman(host: str, seen: Mapping[str, Any]) -> list[HostError]:
    if seen["podman"] is None:
        if seen["package_tool"]:
            return []  # container_host installs it, or says why it cannot
        why = "podman is not installed, and there is neither dnf nor apt-get"
        return [HostError(f"{host}: has no podman", why=why, fix="install podman 4.6 or newer")]
    if _numbers(seen["podman"]) < PODMAN_MINIMUM:
        why = f"it has {seen['podman']}; our unit needs {'.'.join(map(str, PODMAN_MINIMUM))} or newer"
        return [HostError(f"{host}: its podman is too old", why=why, fix="update podman")]
    return []


def _port(host: str, seen: Mapping[str, Any], wanted: Wanted) -> list[HostError]:
    if seen["listener"] is None or seen["unit"] == "active":
        return []
    who = seen["listener"] or "something"
    return [
        HostError(
            f"{host}: port {wanted.port} is taken",
            why=f"{who} listens on it, and it is not our mirror-registry.service",
            fix=f"stop {who}, or set registry_service_port to a free port",
        )
    ]


def _name(host: str, seen: Mapping[str, Any], wanted: Wanted) -> list[HostError]:
    if not seen["addresses"]:
        return [
            HostError(
                f"{host}: the registry's name does not resolve there",
                why=f"{wanted.name} has no address on {host}",
                fix=f"add {wanted.name} to DNS, or set registry_service_hostname to a name that resolves",
            )
        ]
    return []


def _disk(host: str, seen: Mapping[str, Any]) -> list[HostError]:
    problems = []
    for setting, disk in sorted(seen["disks"].items()):
        if disk["free"] < _REGISTRY_MINIMUM_BYTES:
            why = f"{disk['free'] / 1e9:.1f} GB are free on the file system of {disk['mount_of']}"
            why += f", and less than {_REGISTRY_MINIMUM_BYTES / 1e9:.1f} GB fill up at once"
            fix = f"free space, or set {setting} to a directory on a larger file system"
            problems.append(HostError(f"{host}: its disk is full", why=why, fix=fix))
    return problems


def _numbers(version: str) -> tuple[int, int]:
    found = [int(part) for part in re.findall(r"\d+", version)[:2]]
    major, minor, *_ = [*found, 0, 0]
    return major, minor
