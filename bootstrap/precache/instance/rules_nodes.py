"""Nodes of a cluster: as many of each role as its type has, interfaces that are theirs, nothing twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bootstrap.precache.instance.defect import Defect, mapping, mappings, text
from bootstrap.precache.instance.installer_args import about_installer_args

Node = Mapping[str, Any]
_ARBITER = "HighlyAvailableArbiter"
# Roles that a type has: least and most. Source: stolostron/siteconfig at ecff291,
# ``validateControlPlaneAgentCount``; openshift/assisted-service at 063b257: 3 to 5, or 2 with an arbiter.
_COUNTS: Mapping[str, Mapping[str, tuple[int, int]]] = {
    "SNO": {"master": (1, 1), "arbiter": (0, 0)},
    "HighlyAvailable": {"master": (3, 5), "arbiter": (0, 0)},
    _ARBITER: {"master": (2, 5), "arbiter": (1, 1)},
}


def about_nodes(spec: Mapping[str, Any]) -> Iterator[Defect]:
    """Yield what is wrong with the nodes of ``spec``."""
    nodes = list(mappings(spec, "nodes"))
    yield from _about_roles(text(spec, "clusterType"), [node for _, node in nodes])
    for key in ("hostName", "bmcAddress", "bootMACAddress"):
        yield from _about_doubles(nodes, key, lambda node, key=key: [text(node, key).lower()])  # type: ignore[misc]
    yield from _about_doubles(nodes, "nodeNetwork.interfaces", _macs)
    for path, node in nodes:
        yield from _about_interfaces(path, node)
        if "installerArgs" in node:
            yield from about_installer_args(f"{path}.installerArgs", node["installerArgs"])


def _about_roles(kind: str, nodes: list[Node]) -> Iterator[Defect]:
    counts = Counter(text(node, "role") or "master" for node in nodes)
    for role, (least, most) in _COUNTS.get(kind, {}).items():
        if nodes and not least <= counts[role] <= most:
            wanted = str(least) if least == most else f"{least} to {most}"
            yield Defect(
                "nodes",
                f"{counts[role]} have the role {role}, and {kind} takes {wanted}",
                "correct role, or clusterType",
            )


def _about_doubles(
    nodes: list[tuple[str, Node]], key: str, values_of: Callable[[Node], list[str]]
) -> Iterator[Defect]:
    seen: dict[str, str] = {}
    for path, node in nodes:
        for value in values_of(node):
            if value and value in seen:
                why = f"{value} is in {seen[value]}, too"
                yield Defect(f"{path}.{key}", why, "give each node its own")
            seen.setdefault(value, path)


def _macs(node: Node) -> list[str]:
    network = mapping(node.get("nodeNetwork"))
    return [text(each, "macAddress").lower() for _, each in mappings(network, "interfaces")]


def _about_interfaces(path: str, node: Node) -> Iterator[Defect]:
    """Yield where boot MAC, ``interfaces`` and nmstate's ``config`` speak of different interfaces."""
    network, at = mapping(node.get("nodeNetwork")), f"{path}.nodeNetwork"
    known = {
        text(each, "name"): text(each, "macAddress").lower() for _, each in mappings(network, "interfaces")
    }
    boot = text(node, "bootMACAddress").lower()
    if boot and any(known.values()) and boot not in known.values():
        yield Defect(
            f"{path}.bootMACAddress",
            f"{boot} is of none of nodeNetwork.interfaces ({', '.join(known.values())}): another interface "
            "would be configured than the node boots from",
            "give the MAC address of one of them",
        )
    names = Counter(text(each, "name") for _, each in mappings(network, "interfaces"))
    for name in (each for each, times in names.items() if each and times > 1):
        yield Defect(f"{at}.interfaces", f"{name} is there more than once", "give each a name of its own")
    config = mapping(network.get("config"))
    if not config:
        return
    configured = {
        text(each, "name"): (where, each) for where, each in mappings(config, "interfaces", f"{at}.config.")
    }
    for where, each in configured.values():
        name, mac = text(each, "name"), (text(each, "mac-address") or text(each, "macAddress")).lower()
        if text(each, "type") == "ethernet" and known and name not in known:
            yield Defect(
                where,
                f"{name} is not in nodeNetwork.interfaces ({', '.join(known)}): its MAC address is not known",
                "list it there, unless it is made of another, as a virtual function is",
                is_error=False,
            )
        elif mac and known.get(name) not in (None, "", mac) and text(each, "type") == "ethernet":
            yield Defect(
                where,
                f"{name} has {mac} here and {known[name]} in nodeNetwork.interfaces",
                "give it one of them",
            )
    for name in known:
        if name and name not in configured and name not in _texts(config):
            yield Defect(
                f"{at}.interfaces",
                f"{name} is not in config, which has {', '.join(configured) or 'no interfaces'}",
                "configure it there, or correct its name",
            )


def _texts(value: object) -> set[str]:
    """Return every text in nmstate's ``config``: bonds, bridges and VLANs name interfaces in many ways."""
    if isinstance(value, dict):
        return set().union(*map(_texts, value.values()))
    if isinstance(value, list):
        return set().union(*map(_texts, value))
    return {value} if isinstance(value, str) else set()
