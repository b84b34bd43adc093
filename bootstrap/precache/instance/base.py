"""What a ClusterInstance says of a site by itself: no reference to another object, no override."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bootstrap.cluster.hosted.values import Network
from bootstrap.precache.spec import EdgeSite, Node
from bootstrap.release.architecture import SUFFIXES

Spec = dict[str, Any]


def base_of(site: EdgeSite) -> Spec:
    """Return the part of ``spec``, its keys in the order in which people read them.

    Source: stolostron/siteconfig at ecff291, ``api/v1alpha1/clusterinstance_types.go``.
    """
    network = site.networking
    return _without_empty(
        {
            "clusterName": site.name,
            "baseDomain": site.base_domain,
            "clusterType": site.kind,
            "cpuArchitecture": SUFFIXES[site.architecture],
            "sshPublicKey": site.ssh_key,
            "networkType": "OVNKubernetes",
            "clusterNetwork": [{"cidr": str(each), "hostPrefix": prefix} for each, prefix in network.cluster],
            "machineNetwork": _cidrs(network.machine),
            "serviceNetwork": _cidrs(network.service),
            "apiVIPs": list(network.api_vips),
            "ingressVIPs": list(network.ingress_vips),
            "additionalNTPSources": list(site.ntp),
            "cpuPartitioningMode": "AllNodes" if site.is_partitioned else "",
            "extraLabels": {"ManagedCluster": dict(site.labels)} if site.labels else {},
            "nodes": [_node(each) for each in site.nodes],
        }
    )


def to_json(value: object) -> str:
    """Return ``value`` as JSON that survives the operator's templates, which put it between single quotes.

    Source: stolostron/siteconfig at ecff291, ``internal/templates/assisted-installer/template.go``:
    ``ignitionConfigOverride: '{{ … }}'``.
    """
    return json.dumps(value, separators=(",", ":")).replace("'", "\\u0027")


def _node(node: Node) -> Spec:
    interfaces = [{"name": each.name, "macAddress": each.mac} for each in node.interfaces]
    network = _without_empty({"interfaces": interfaces, "config": dict(node.nmstate)})
    return _without_empty(
        {
            "hostName": node.host_name,
            "role": node.role,
            "bmcAddress": node.bmc.address,
            "bootMACAddress": node.boot_mac,
            "bootMode": node.boot_mode,
            "rootDeviceHints": dict(node.root_device),
            "installerArgs": to_json(list(node.installer_args)) if node.installer_args else "",
            "nodeNetwork": network,
        }
    )


def _without_empty(fields: Mapping[str, Any]) -> Spec:
    return {key: value for key, value in fields.items() if value not in ("", [], {})}


def _cidrs(networks: Sequence[Network]) -> list[dict[str, str]]:
    return [{"cidr": str(each)} for each in networks]
