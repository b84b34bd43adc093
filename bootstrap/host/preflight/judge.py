"""The judgement on a look: everything that would make us fail, and what is worth knowing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bootstrap.errors import HostError
from bootstrap.host.preflight import disk, network, system
from bootstrap.host.preflight.wanted import Wanted


def judge(host: str, seen: Mapping[str, Any], wanted: Wanted, *, now: float) -> list[HostError]:
    """Return everything about ``host`` that would make us fail, in the order of looking.

    Args:
        host: Inventory name.
        seen: What :func:`bootstrap.host.preflight.look.look` returned.
        wanted: What the host is to become.
        now: The controller's clock, seconds since the epoch.
    """
    problems = [*system.operating_system(host, seen["os"]), *system.base(host, seen, wanted, now)]
    problems += system.packages(host, seen, wanted)
    if wanted.is_registry or wanted.is_web_server:
        problems += system.podman(host, seen)
    if wanted.is_registry:
        problems += network.port(host, seen, wanted)
        problems += [*network.name(host, seen, wanted), *network.firewall(host, seen, wanted)]
    if wanted.is_web_server:
        problems += network.web_port(host, seen, wanted)
    if wanted.is_mirror:
        problems += [*network.other_names(host, seen, wanted), *network.proxy(host, seen, wanted)]
    return problems + disk.disks(host, seen, wanted)


def notes(host: str, seen: Mapping[str, Any], wanted: Wanted) -> Iterator[str]:
    """Yield what is no problem and still worth knowing."""
    if wanted.is_registry:
        firewall = seen["firewall"]
        if firewall["is_installed"] and firewall["state"] not in ("active", "reloading"):
            state = "masked" if firewall["is_masked"] else "disabled"
            yield f"{host}: firewalld is {state} and does not run: port {wanted.port} is not opened in it"
        back = {address: found for address, found in seen["reverse"].items() if found}
        for address, found in sorted(back.items()):
            if wanted.name.lower() not in (found.lower(), f"{found.lower()}."):
                yield f"{host}: {wanted.name} is {address}, and the name of that address is {found}"
    if seen["packages"]["missing"] and wanted.installs_packages and not system.packages(host, seen, wanted):
        yield f"{host}: {' '.join(seen['packages']['missing'])} will be installed"
    if seen["live_run"]:
        yield f"{host}: run {seen['live_run']} is going on; `up` and `mirror` follow it"
