"""Networks of a cluster: none in another, families that agree, virtual addresses and time where nodes are."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from bootstrap.cluster.hosted import values
from bootstrap.cluster.hosted.read_networking import SERVICE_PREFIXES, TAKEN, overlaps
from bootstrap.cluster.hosted.values import Network
from bootstrap.precache.instance.defect import Defect, mappings, text, texts

Networks = Mapping[str, list[tuple[str, Network]]]  # by key: path and network
_KEYS = ("clusterNetwork", "serviceNetwork", "machineNetwork")
_IPV6_HOST_PREFIX = 64  # OVN-Kubernetes: a node's part of an IPv6 network
_BITS = {4: 32, 6: 128}
_SINGLE = "SNO"


def about_networks(spec: Mapping[str, Any]) -> Iterator[Defect]:
    """Yield what is wrong with the networks, virtual addresses and time servers of ``spec``."""
    networks: dict[str, list[tuple[str, Network]]] = {key: [] for key in _KEYS}
    for key in _KEYS:
        for path, item in mappings(spec, key):
            try:
                networks[key].append((path, values.network(text(item, "cidr"))))
            except ValueError as error:
                yield Defect(f"{path}.cidr", str(error), "give a network as CIDR")
    yield from _about_families(networks)
    yield from _about_sizes(spec, networks)
    yield from _about_overlaps(networks)
    yield from _about_virtual_addresses(spec, networks)
    yield from _about_time(spec, networks)


def _about_families(networks: Networks) -> Iterator[Defect]:
    have = {key: [each.version for _, each in networks[key]] for key in _KEYS if networks[key]}
    for key, families in have.items():
        if set(families) != set(have.get("clusterNetwork", families)):
            yield Defect(
                key,
                f"it has {_named(families)}, and clusterNetwork {_named(have['clusterNetwork'])}",
                "give all three the same families",
            )
    primary = {families[0] for key, families in have.items() if key != "machineNetwork"}
    if len(primary) > 1:
        yield Defect(
            "serviceNetwork",
            "its first family is not that of clusterNetwork, which is the primary",
            "list both in the same order",
        )


def _about_sizes(spec: Mapping[str, Any], networks: Networks) -> Iterator[Defect]:
    prefixes = {path: item.get("hostPrefix") for path, item in mappings(spec, "clusterNetwork")}
    for path, network in networks["clusterNetwork"]:
        prefix = prefixes[path]
        if isinstance(prefix, bool) or not isinstance(prefix, int):
            continue
        if network.version == 6 and prefix != _IPV6_HOST_PREFIX:
            yield Defect(f"{path}.hostPrefix", f"it is {prefix}, and OVN-Kubernetes takes 64", "write 64")
        elif not network.prefixlen <= prefix < _BITS[network.version]:
            yield Defect(
                f"{path}.hostPrefix",
                f"it is {prefix}, and a node's part of {network} cannot be",
                f"give a number from {network.prefixlen} up, such as 23",
            )
    for path, network in networks["serviceNetwork"]:
        least = SERVICE_PREFIXES[network.version]
        if network.prefixlen < least:
            yield Defect(
                path,
                f"{network} is larger than a /{least}, the most that an API server takes",
                "make it smaller",
            )


def _about_overlaps(networks: Networks) -> Iterator[Defect]:
    every = [each for key in _KEYS for each in networks[key]]
    for path, network in every:
        for taken in TAKEN:
            if overlaps([("", taken), (path, network)]):
                yield Defect(
                    path,
                    f"{network} overlaps with {taken}, which OVN-Kubernetes needs on each node",
                    "move it",
                )
    for one_path, one, path, network in overlaps(every):
        yield Defect(path, f"{network} overlaps with {one} of {one_path}", "keep them apart")


def _about_virtual_addresses(spec: Mapping[str, Any], networks: Networks) -> Iterator[Defect]:
    machines = [network for _, network in networks["machineNetwork"]]
    seen: dict[object, str] = {}
    for key in ("apiVIPs", "ingressVIPs"):
        found = list(texts(spec, key))
        if text(spec, "clusterType") == _SINGLE:
            if found:
                yield Defect(key, "a single node has its own addresses alone", "leave it out")
            continue
        families = []
        for path, item in found:
            try:
                address = ipaddress.ip_address(item)
            except ValueError:
                yield Defect(path, f"{item!r} is no IP address", "give one of machineNetwork")
                continue
            families.append(address.version)
            if machines and not any(address in network for network in machines):
                yield Defect(
                    path, f"{item} is in no machineNetwork", "give a free address that nodes can take"
                )
            if address in seen:
                yield Defect(path, f"{item} is {seen[address]}, too", "give each an address of its own")
            seen[address] = path
        if len(families) > len(set(families)):
            yield Defect(key, "it has two addresses of one family", "give one of each family at most")
        needs = text(spec, "clusterType") in ("HighlyAvailable", "HighlyAvailableArbiter")
        if needs and not found and text(spec, "platformType") in ("", "BareMetal"):
            yield Defect(
                key, "it is missing: several nodes share it", "give a free address of machineNetwork"
            )


def _about_time(spec: Mapping[str, Any], networks: Networks) -> Iterator[Defect]:
    families = {network.version for _, network in networks["machineNetwork"]}
    for path, item in texts(spec, "additionalNTPSources"):
        try:
            version = ipaddress.ip_address(item).version
        except ValueError:
            continue  # a name, which may have addresses of either family
        if families and version not in families:
            yield Defect(
                path,
                f"{item} is of IPv{version}, and machineNetwork has {_named(families)}: no node reaches it",
                "give a time server of the nodes' family",
            )


def _named(families: object) -> str:
    assert isinstance(families, (set, list))
    return " and ".join(f"IPv{each}" for each in sorted(set(families)))
