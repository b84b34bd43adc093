"""The networks of an edge site, in the shapes that a ClusterInstance has for them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from bootstrap.cluster.hosted import values
from bootstrap.cluster.hosted.read import texts
from bootstrap.cluster.hosted.read_networking import HOST_PREFIXES
from bootstrap.cluster.hosted.values import Network
from bootstrap.imageset.fields import Fields, Problems
from bootstrap.precache.spec import Networking

# What OpenShift's installer has where nothing is said, by IP family.
CLUSTER_NETWORKS = {4: "10.128.0.0/14", 6: "fd01::/48"}
SERVICE_NETWORKS = {4: "172.30.0.0/16", 6: "fd02::/112"}


def read_networks(top: Fields, problems: Problems) -> Networking:
    """Read them; pods and services have the installer's own networks, of the machines' families."""
    machine = tuple(network for network, _ in _networks(top, "machineNetwork", problems))
    if not top.value("machineNetwork"):
        top.problem("machineNetwork", "it is missing: the networks that the nodes are in")
    families = tuple(dict.fromkeys(network.version for network in machine))
    cluster = tuple(_networks(top, "clusterNetwork", problems))
    service = tuple(network for network, _ in _networks(top, "serviceNetwork", problems))
    if not top.has("clusterNetwork"):
        cluster = tuple(
            (ipaddress.ip_network(CLUSTER_NETWORKS[each]), HOST_PREFIXES[each]) for each in families
        )
    if not top.has("serviceNetwork"):
        service = tuple(ipaddress.ip_network(SERVICE_NETWORKS[each]) for each in families)
    return Networking(
        cluster=cluster,
        machine=machine,
        service=service,
        api_vips=texts(top, "apiVIPs", _address),
        ingress_vips=texts(top, "ingressVIPs", _address),
    )


def _networks(top: Fields, key: str, problems: Problems) -> Iterator[tuple[Network, int]]:
    """Yield networks with the prefix length of a host's part; each is ``cidr: CIDR``, or the CIDR itself."""
    is_cluster = key == "clusterNetwork"
    for item, place in top.items(key):
        known = ("cidr", "hostPrefix") if is_cluster else ("cidr",)
        entry = Fields(item if isinstance(item, dict) else {"cidr": item}, place, problems, known=known)
        network = entry.parsed("cidr", values.network, required=True)
        if network is None:
            continue
        prefix = entry.value("hostPrefix")
        if prefix is None:
            prefix = HOST_PREFIXES[network.version]
        elif isinstance(prefix, bool) or not isinstance(prefix, int):
            entry.problem("hostPrefix", f"it has to be a whole number, not {prefix!r}")
            prefix = HOST_PREFIXES[network.version]
        yield network, prefix


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError(f"{text!r} is no IP address") from None
