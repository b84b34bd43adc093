"""Judges whether a host can run the registry as a container under systemd; pure, so easy to test."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

SUPPORTED = "RHEL and CentOS Stream 9 and 10, Fedora, Debian 13+ and Ubuntu 24.04+"


def container_host_os_problems(
    facts: Mapping[str, Any], minimum: Mapping[str, Mapping[str, str]]
) -> list[str]:
    """Return why this operating system is refused, [] when it is not.

    Args:
        facts: ``ansible_facts`` with ``distribution`` and ``distribution_version``.
        minimum: By distribution, as Ansible names it: ``version`` (oldest supported) and ``reason``.
    """
    name, version = str(facts["distribution"]), str(facts.get("distribution_version", ""))
    bound = minimum.get(name)
    if bound is None:
        return [f"{name} {version} is not supported; use a host with {SUPPORTED}."]
    # Debian testing and unstable call themselves by a name: they are newer than every number.
    if not re.match(r"\d", version) or numbers(version) >= numbers(bound["version"]):
        return []
    why = f"{bound['reason']}; the oldest supported is {bound['version']}"
    return [f"{name} {version} is too old: {why}. Use a host with {SUPPORTED}."]


def container_host_problems(probe: Mapping[str, Any], podman_minimum: str) -> list[str]:
    """Return everything about the host that no package of ours can mend, each with its fix.

    Args:
        probe: What the module ``container_host_probe`` returned.
        podman_minimum: Oldest podman with all the Quadlet keys of our unit; none at all is no problem here.
    """
    return list(_problems(probe, podman_minimum))


def container_host_still_missing(missing: Sequence[str], said: str) -> list[str]:
    """Return what to tell when packages are missing and could not be installed.

    Args:
        missing: Names of packages.
        said: What the package manager answered; "" when it was not asked.
    """
    if not missing:
        return []
    names = " ".join(missing)
    why = f"the package manager said: {said.strip()[-600:]}" if said.strip() else "nothing was installed"
    return [f"The host lacks {names}, and {why}. Give it a package repository, or install {names} by hand."]


def numbers(version: str) -> tuple[int, ...]:
    """Return the leading numbers of a version: ``4.9.4-rhel`` is ``(4, 9, 4)``, without zeros at its end."""
    found = re.match(r"\d+(?:\.\d+)*", version)
    parts = [int(part) for part in found[0].split(".")] if found else []
    while parts and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


def _problems(probe: Mapping[str, Any], podman_minimum: str) -> Iterator[str]:
    if not probe["is_systemd"]:
        yield "systemd is not the host's init, and the registry is its service; use one that boots systemd."
    if probe["cgroup_version"] != 2:
        yield (
            f"/sys/fs/cgroup is a cgroup v{probe['cgroup_version']} hierarchy, and podman needs v2; "
            "boot the host with systemd.unified_cgroup_hierarchy=1."
        )
    version = probe["podman_version"]
    if version is None:
        return
    if numbers(version) < numbers(podman_minimum):
        yield (
            f"podman is {version}, and our Quadlet unit needs {podman_minimum} or newer; "
            "update it with the host's package manager."
        )
    elif not probe["quadlet_generator"]:
        yield (
            f"podman {version} is there without its systemd generator (Quadlet), which the registry's unit "
            "needs; reinstall podman from the distribution's package."
        )


class FilterModule:
    """This role's judgements as filters."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        """Return the filters by name."""
        return {
            "container_host_os_problems": container_host_os_problems,
            "container_host_problems": container_host_problems,
            "container_host_still_missing": container_host_still_missing,
        }
