"""What a SiteConfig has and a ClusterInstance has not, and what does it instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bootstrap.precache.instance.defect import mapping, mappings

_TEMPLATES = "write templates of your own into a ConfigMap, and name it in templateRefs"
_BIOS = "write a node template with HostFirmwareSettings, and name it in templateRefs"
_MANIFESTS = (
    "put the manifests, those that the generator added included, into a ConfigMap of the cluster's "
    "namespace, and name it in extraManifestsRefs"
)
_OF_ALL = {
    "sshPrivateKeySecretRef": "nothing takes it any more",
    "biosConfigRef": _BIOS,
    "crTemplates": _TEMPLATES,
}
_OF_A_CLUSTER = {
    "biosConfigRef": _BIOS,
    "crTemplates": _TEMPLATES,
    "extraManifests": _MANIFESTS,
    "extraManifestPath": _MANIFESTS,
    "extraManifestOnly": _MANIFESTS,
    "mergeDefaultMachineConfigs": "put MachineConfigs that are merged already into that ConfigMap",
    "manifestsConfig": "write a MachineConfig for the time server, or additionalNTPSources",
    "siteConfigMap": "write that ConfigMap, and apply it beside the ClusterInstance",
    "clusterType": "the type is counted from the masters",
    "numMasters": "they are counted",
    "numWorkers": "they are counted",
}
_OF_A_NODE = {
    "biosConfigRef": _BIOS,
    "crTemplates": _TEMPLATES,
    "cpuset": "see workload partitioning: cpuPartitioningMode, and a PerformanceProfile",
    "userData": "write a node template that has it in the BareMetalHost",
    "hardwareProfile": "metal3 has none any more",
    "diskPartition": "write the partitions into the node's ignitionConfigOverride",
}


def lost_of(spec: Mapping[str, Any], cluster: Mapping[str, Any]) -> Iterator[str]:
    """Yield what could not be carried over, as sentences."""
    yield from _lost(spec, _OF_ALL, "")
    yield from _lost(cluster, _OF_A_CLUSTER, "")
    for path, node in mappings(cluster, "nodes"):
        yield from _lost(node, _OF_A_NODE, f"{path}.")
    if (
        mapping(cluster.get("diskEncryption")).get("tpm2")
        or mapping(cluster.get("diskEncryption")).get("type") == "tpm2"
    ):
        yield f"diskEncryption.tpm2 is not carried over: {_MANIFESTS}"
    for key, parent in (("crAnnotations", spec), ("crAnnotations", cluster)):
        for kind, items in mapping(mapping(parent.get(key)).get("add")).items():
            if not isinstance(items, dict):
                yield f"crAnnotations.add.{kind} is not carried over: no kind of object is above it"
    for old, new in (("apiVIP", "apiVIPs"), ("ingressVIP", "ingressVIPs")):
        if cluster.get(old) and not cluster.get(new):
            yield f"{old} became {new}, a list: a running cluster's AgentClusterInstall has to stay as it is"


def _lost(parent: Mapping[str, Any], known: Mapping[str, str], path: str) -> Iterator[str]:
    for key, instead in known.items():
        if parent.get(key) not in (None, "", [], {}, False):
            yield f"{path}{key} is not carried over: {instead}"
