"""The section ``networking`` of ``hosted-cluster.yaml``: families that agree, no overlaps."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from itertools import combinations

from bootstrap.cluster.hosted import values
from bootstrap.cluster.hosted.spec import CLUSTER_NETWORKS, FAMILIES, SERVICE_NETWORKS, Networking
from bootstrap.cluster.hosted.values import Network
from bootstrap.imageset.fields import Fields, Problems

_LISTS = ("clusterNetwork", "serviceNetwork", "machineNetwork", "managementNetworks")
# What a node takes of the cluster network where nothing else is said: as HyperShift has it.
HOST_PREFIXES = {4: 23, 6: 64}
# kubernetes, cmd/kube-apiserver/app/options/validation.go (validateMaxCIDRRange): 20 bits of addresses.
SERVICE_PREFIXES = {4: 12, 6: 108}
# Join, transit and masquerade networks of OVN-Kubernetes on every node: defaults of its ovnKubernetesConfig.
TAKEN = tuple(
    ipaddress.ip_network(each)
    for each in ("100.64.0.0/16", "100.88.0.0/16", "169.254.0.0/17", "fd98::/64", "fd97::/64", "fd69::/112")
)
_MOST = 2  # HostedCluster CRD, maxItems of its networks


def read_networking(value: object, problems: Problems) -> Networking:
    """Read it; what is not there is the default of the family."""
    fields = Fields(value, "networking", problems, known=("family", *_LISTS))
    text = fields.text("family")
    if text is not None and text not in FAMILIES:
        fields.problem("family", f"{text!r} is not one of {', '.join(FAMILIES)}")
    given = {key: read_networks(fields, key) for key in _LISTS}
    families = _families(text, given["clusterNetwork"] or given["serviceNetwork"])
    defaults = {"clusterNetwork": CLUSTER_NETWORKS, "serviceNetwork": SERVICE_NETWORKS}
    for key, by_family in defaults.items():
        if not given[key] and not fields.value(key):
            given[key] = tuple(ipaddress.ip_network(by_family[each]) for each in families)
    for key in ("clusterNetwork", "serviceNetwork", "machineNetwork"):
        versions = {network.version for network in given[key]}
        if versions and versions != set(families):
            fields.problem(
                key,
                f"it has {_named(versions)}, and the cluster {_named(families)}: each family once at least",
            )
    primary = [[each.version for each in given[key][:1]] for key in ("clusterNetwork", "serviceNetwork")]
    if primary[0] != primary[1]:
        fields.problem(
            "serviceNetwork", "its first family has to be that of clusterNetwork: it is the primary"
        )
    for key in _LISTS[:3]:
        if len(given[key]) > _MOST:
            fields.problem(key, f"{len(given[key])} networks, and a HostedCluster takes {_MOST}")
    _check_sizes(fields, given)
    _check_overlaps(fields, given)
    return Networking(*(given[key] for key in _LISTS))


def overlaps(networks: Sequence[tuple[str, Network]]) -> list[tuple[str, Network, str, Network]]:
    """Return each two networks, with their names, that have addresses in common."""
    return [
        (name, one, other_name, other)
        for (name, one), (other_name, other) in combinations(networks, 2)
        if one.version == other.version and one.overlaps(other)
    ]


def read_networks(fields: Fields, key: str) -> tuple[Network, ...]:
    """Return the CIDRs of a list; what is none is noted, and left out."""
    found = []
    for number, (item, _) in enumerate(fields.items(key)):
        try:
            if not isinstance(item, str):
                raise ValueError(f"it has to be a CIDR such as 10.132.0.0/14, not {item!r}")
            found.append(values.network(item))
        except ValueError as error:
            fields.problem(f"{key}[{number}]", str(error))
    return tuple(found)


def _families(text: str | None, given: Sequence[Network]) -> tuple[int, ...]:
    if text in FAMILIES:
        return FAMILIES[text]
    return tuple(dict.fromkeys(network.version for network in given)) or FAMILIES["ipv4"]


def _named(versions: object) -> str:
    assert isinstance(versions, (set, tuple))
    return " and ".join(f"IPv{each}" for each in sorted(versions))


def _check_sizes(fields: Fields, given: dict[str, tuple[Network, ...]]) -> None:
    for number, network in enumerate(given["serviceNetwork"]):
        least = SERVICE_PREFIXES[network.version]
        if network.prefixlen < least:
            fields.problem(
                f"serviceNetwork[{number}]",
                f"{network} is larger than a /{least}, which is the most that an API server takes",
            )
    for number, network in enumerate(given["clusterNetwork"]):
        longest = HOST_PREFIXES[network.version]
        if network.prefixlen > longest:
            fields.problem(
                f"clusterNetwork[{number}]",
                f"{network} is smaller than the /{longest} that each node takes of it",
            )


def _check_overlaps(fields: Fields, given: dict[str, tuple[Network, ...]]) -> None:
    """Note what overlaps; hosts may be in a network that the management cluster's machines are in, too."""
    own = [(f"{key}[{number}]", each) for key in _LISTS[:3] for number, each in enumerate(given[key])]
    found = overlaps(own)
    for number, theirs in enumerate(given["managementNetworks"]):
        name = f"managementNetworks[{number}]"
        found += [
            (name, theirs, other, network)
            for other, network in own
            if overlaps([(name, theirs), (other, network)])
            and not (network == theirs and other.startswith("machineNetwork"))
        ]
    for name, network in own:
        for taken in TAKEN:
            if overlaps([("", taken), (name, network)]):
                fields.problem(
                    name, f"{network} overlaps with {taken}, which OVN-Kubernetes needs on each node"
                )
    for name, one, other_name, other in found:
        fields.problem(other_name, f"{other} overlaps with {one} of {name}")
