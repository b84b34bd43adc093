"""The sandbox's networks: bridges in a namespace of their own, a namespace and a cable for every host.

    controller ── sbIDa ─┐ hub (namespace) ┌─ sbIDp11a ── eth0  registry1 (namespace)
                         ├───── bridge0 ───┤
                         │                 └─ sbIDp12a ── eth0  upstream  (namespace)
    controller ── sbIDb ─┴───── bridge1 ────── sbIDp11b ── eth1  registry1

The bridges are not in the controller's own namespace because there its firewall, Docker's for one, may
have a say over bridged packets. Nothing is forwarded: a host reaches its networks and nothing else. The
controller has ``unreachable`` routes for the whole range behind the real ones, so that what is sent to a
host that is gone never leaves the machine.
"""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bootstrap import process
from bootstrap.errors import HostError
from bootstrap.sandbox.names import NETWORKS, RANGE, RANGES, Addresses, Names

if TYPE_CHECKING:
    from collections.abc import Iterable

NAMESPACES = Path("/run/netns")
_CABLES = {f"eth{network}" for network in NETWORKS}
_LAST_RESORT = 1_000_000  # metric: behind every route somebody meant


def free_range(names: Names) -> int:
    """Return a range of addresses that no route of this machine touches.

    Raises:
        HostError: All of 198.18.0.0/15 is taken.
    """
    routes = json.loads(process.run(["ip", "-json", "-4", "route", "show", "table", "all"]).stdout)
    taken = [net for net in map(_destination, routes) if net is not None and net.subnet_of(RANGE)]
    for step in range(RANGES):
        candidate = (names.first_range + step) % RANGES
        if not any(net.overlaps(Addresses(names.id, candidate).whole4) for net in taken):
            return candidate
    raise HostError(
        "cannot give the sandbox a range of addresses",
        why=f"every /24 of {RANGE} is routed somewhere",
        fix="destroy sandboxes that nobody needs: bootstrap-registry sandbox list",
    )


def _destination(route: dict[str, Any]) -> ipaddress.IPv4Network | None:
    try:
        return ipaddress.IPv4Network(route["dst"])
    except (KeyError, ValueError):
        return None  # "default"


def range_in_use(names: Names) -> int | None:
    """Return the range that this sandbox's interface on the controller is in, None when there is none."""
    link = names.controller_link(0)
    if link not in _links(None):
        return None
    for address in json.loads(process.run(["ip", "-json", "-4", "address", "show", "dev", link]).stdout):
        for info in address.get("addr_info", []):
            return (int(ipaddress.IPv4Address(info["local"])) - int(RANGE.network_address)) >> 8
    return None


def hosts_in_use(names: Names) -> list[str]:
    """Return the names of the hosts that have a namespace."""
    prefix = names.namespace("")
    found = NAMESPACES.glob(f"{prefix}*") if NAMESPACES.is_dir() else []
    return sorted(path.name.removeprefix(prefix) for path in found if path.name != names.hub)


def make_networks(names: Names, addresses: Addresses) -> None:
    """Make the bridges, the controller's cables and the routes; what is there already is left alone."""
    _make_namespace(names.hub)
    there = _links(names.hub)
    commands: list[str] = []
    for network in NETWORKS:
        prefix = addresses.network4(network).prefixlen
        link, bridge = names.controller_link(network), f"bridge{network}"
        if bridge not in there:
            commands += [f"-n {names.hub} link add {bridge} type bridge forward_delay 0 mcast_snooping 0"]
        if f"controller{network}" not in there:
            commands += [f"link add {link} type veth peer name controller{network} netns {names.hub}"]
        commands += [
            f"-n {names.hub} link set controller{network} master {bridge} up",
            f"-n {names.hub} link set {bridge} up",
            f"link set {link} up",
            f"addr replace {addresses.address4(1, network)}/{prefix} dev {link}",
            f"-6 addr replace {addresses.address6(1, network)}/64 dev {link} nodad",
        ]
    commands += [
        f"route replace unreachable {addresses.whole4} metric {_LAST_RESORT}",
        f"-6 route replace unreachable {addresses.whole6} metric {_LAST_RESORT}",
    ]
    _ip(commands)


def attach(
    names: Names,
    addresses: Addresses,
    host: str,
    number: int,
    networks: Iterable[int],
    *,
    is_ipv6_only: bool = False,
) -> None:
    """Give a host its namespace and interfaces (``eth0``, ``eth1``), plugged in; may be called again."""
    namespace = names.namespace(host)
    _make_namespace(namespace)
    inside = _links(namespace)
    commands: list[str] = []
    for network in networks:
        prefix = addresses.network4(network).prefixlen
        port, link = names.port(number, network), f"eth{network}"
        if link not in inside:
            peer = f"name {link} address {names.mac(number, network)} netns {namespace}"
            commands += [f"-n {names.hub} link add {port} type veth peer {peer}"]
        if not is_ipv6_only:
            address = f"{addresses.address4(number, network)}/{prefix}"
            commands += [f"-n {namespace} addr replace {address} dev {link}"]
        commands += [
            f"-n {names.hub} link set {port} master bridge{network} up",
            f"-n {namespace} -6 addr replace {addresses.address6(number, network)}/64 dev {link} nodad",
            f"-n {namespace} link set {link} up",
        ]
    _ip(commands)


def attach_taps(names: Names, host: str, number: int, networks: Iterable[int]) -> list[str]:
    """Give a virtual machine its cables, one for each network, plugged in; may be called again.

    It gets a namespace, too, with nothing in it: by that it is found when all else about it is lost.

    Returns:
        The names of the TAP devices, which are in the hub's namespace.
    """
    _make_namespace(names.namespace(host))
    there = _links(names.hub)
    ports = {names.port(number, network): network for network in networks}
    commands = []
    for port, network in ports.items():
        if port not in there:
            commands += [f"-n {names.hub} tuntap add dev {port} mode tap"]
        commands += [f"-n {names.hub} link set {port} master bridge{network} up"]
    _ip(commands)
    return list(ports)


def unplug(names: Names, number: int) -> None:
    """Take a host off its networks, as when its power is gone: no answer at all. ``attach`` plugs it in."""
    there = _links(names.hub)
    ports = [port for network in NETWORKS if (port := names.port(number, network)) in there]
    _ip([f"-n {names.hub} link set {port} down" for port in ports])


def detach(names: Names, host: str) -> None:
    """Remove a host's namespace, its interfaces with it; it need not exist."""
    namespace = names.namespace(host)
    if (NAMESPACES / namespace).exists():
        _ip([*(f"-n {namespace} link delete {link}" for link in sorted(_links(namespace) & _CABLES))])
        _ip([f"netns delete {namespace}"])


def remove_networks(names: Names, addresses: Addresses) -> None:
    """Remove what ``make_networks`` made, after the hosts are detached; none of it need exist."""
    there = _links(None)
    links = [link for network in NETWORKS if (link := names.controller_link(network)) in there]
    commands = [f"link delete {link}" for link in links]
    if (NAMESPACES / names.hub).exists():
        commands += [f"netns delete {names.hub}"]
    for family, whole in (("-4", addresses.whole4), ("-6", addresses.whole6)):
        listed = process.run(["ip", "-json", family, "route", "show", "type", "unreachable"]).stdout
        if any(route.get("dst") == str(whole) for route in json.loads(listed or "[]")):
            commands += [f"{family} route delete unreachable {whole} metric {_LAST_RESORT}"]
    _ip(commands)


def _make_namespace(name: str) -> None:
    if not (NAMESPACES / name).exists():
        process.run(["ip", "netns", "add", name])
    process.run(["ip", "-n", name, "link", "set", "lo", "up"])


def _links(namespace: str | None) -> set[str]:
    """Return the interfaces in a namespace (None is the controller's), nothing when it does not exist."""
    if namespace is not None and not (NAMESPACES / namespace).exists():
        return set()
    where = [] if namespace is None else ["-n", namespace]
    return {
        link["ifname"] for link in json.loads(process.run(["ip", *where, "-json", "link", "show"]).stdout)
    }


def _ip(commands: list[str]) -> None:
    for command in commands:
        process.run(["ip", *command.split()])
