"""SiteConfigs: judged, and converted to ClusterInstances.

Source: openshift-kni/cnf-features-deploy at ea1961c, ``ztp/tools/siteconfig-converter``: what becomes what.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bootstrap.cluster.hosted.objects import Object, named
from bootstrap.cluster.install_config.nodes import Node
from bootstrap.precache.instance.base import to_json
from bootstrap.precache.instance.defect import Defect, mapping, mappings, text
from bootstrap.precache.instance.judge import API_VERSION, KIND
from bootstrap.precache.instance.lost import lost_of
from bootstrap.precache.instance.rules import defects_of
from bootstrap.precache.instance.rules_overrides import about_overrides
from bootstrap.precache.instance.rules_values import about_values
from bootstrap.precache.instance.shape import about_shape
from bootstrap.precache.instance.shapes import SITE_CONFIG
from bootstrap.precache.spec import Templates

API_VERSIONS = ("ran.openshift.io/v1", "ran.openshift.io/v2")
_AS_IT_IS = (
    *("networkType", "clusterNetwork", "machineNetwork", "additionalNTPSources", "holdInstallation"),
    *("proxy", "cpuPartitioningMode", "cpuArchitecture", "platformType"),
)
_OVERRIDES = ("installConfigOverrides", "ignitionConfigOverride")
_NODE_AS_IT_IS = (
    *("hostName", "role", "bmcAddress", "bmcCredentialsName", "bootMACAddress", "bootMode"),
    *("automatedCleaningMode", "rootDeviceHints", "nodeNetwork"),
)
_SAME_FOR_ALL = ("sshPublicKey", "pullSecretRef")


@dataclass(frozen=True)
class Converted:
    """One cluster of a SiteConfig.

    Attributes:
        instance: The ClusterInstance.
        notes: What became something else, or could not be carried over.
    """

    instance: Object
    notes: tuple[str, ...]


def judged_site_config(item: Mapping[str, Any]) -> tuple[Defect, ...]:
    """Return all defects of a SiteConfig, each once, with its path from the top."""
    found = []
    if item.get("apiVersion") not in API_VERSIONS:
        found.append(Defect("apiVersion", f"it is {item.get('apiVersion')!r}", f"write {API_VERSIONS[1]}"))
    spec = mapping(item.get("spec"))
    found += [replace(each, path=f"spec.{each.path}") for each in about_shape(spec, SITE_CONFIG, "")]
    seen: set[str] = set()
    for number, (_, cluster) in enumerate(mappings(spec, "clusters")):
        below = _spec_of(spec, cluster, None, Templates(), [])
        every = (*about_values(below), *about_overrides(below), *defects_of(below))
        found += [replace(each, path=_path(each.path, number)) for each in every]
        name = text(cluster, "clusterName")
        if name in seen:
            found.append(Defect(_path("clusterName", number), f"{name} is there twice", "give each its own"))
        seen.add(name)
    return tuple(dict.fromkeys(found))


def converted(item: Mapping[str, Any], root: Node | None, templates: Templates) -> Iterator[Converted]:
    """Yield a ClusterInstance for each cluster of a SiteConfig, whatever defects it has.

    Args:
        item: The SiteConfig.
        root: Where it stands in its file: texts that YAML took for something else are read there.
        templates: What renders the ClusterInstances.
    """
    spec = mapping(item.get("spec"))
    clusters = _child(_child(root, "spec"), "clusters")
    for number, (_, cluster) in enumerate(mappings(spec, "clusters")):
        notes = list(lost_of(spec, cluster))
        node = clusters.children[number] if clusters and number < len(clusters.children) else None
        body = _spec_of(spec, cluster, node, templates, notes)
        name = text(cluster, "clusterName")
        yield Converted({**named(API_VERSION, KIND, name, name), "spec": body}, tuple(notes))


def _path(path: str, number: int) -> str:
    """Return where a field of a ClusterInstance's ``spec`` is in its SiteConfig."""
    if path.partition(".")[0] in _SAME_FOR_ALL:
        return f"spec.{path}"
    path = path.replace("extraLabels.ManagedCluster.", "clusterLabels.")
    if path.startswith("serviceNetwork"):
        path = path.removesuffix(".cidr")
    return f"spec.clusters[{number}].{path}"


def _spec_of(
    spec: Mapping[str, Any],
    cluster: Mapping[str, Any],
    place: Node | None,
    templates: Templates,
    notes: list[str],
) -> Object:
    """Return ``spec`` of a ClusterInstance; what a SiteConfig does not say stays away."""
    nodes = [
        _node_of(node, _item(_child(place, "nodes"), number), templates, f"nodes[{number}].", notes)
        for number, (_, node) in enumerate(mappings(cluster, "nodes"))
    ]
    labels = _texts(cluster.get("clusterLabels"), _child(place, "clusterLabels"), "clusterLabels", notes)
    kinds = _annotations(spec, cluster)
    found = {
        "clusterName": cluster.get("clusterName"),
        "baseDomain": cluster.get("baseDomain") or spec.get("baseDomain"),
        "clusterType": "SNO" if _masters(nodes) == 1 else "HighlyAvailable",
        "clusterImageSetNameRef": cluster.get("clusterImageSetNameRef") or spec.get("clusterImageSetNameRef"),
        **{key: spec.get(key) for key in _SAME_FOR_ALL},
        **{key: cluster.get(key) for key in _AS_IT_IS},
        "serviceNetwork": [{"cidr": each} for each in _list(cluster, "serviceNetwork")],
        "apiVIPs": _list(cluster, "apiVIPs") or _one(cluster, "apiVIP"),
        "ingressVIPs": _list(cluster, "ingressVIPs") or _one(cluster, "ingressVIP"),
        "diskEncryption": _disk_encryption(mapping(cluster.get("diskEncryption"))),
        "extraLabels": {"ManagedCluster": labels} if labels else None,
        "extraAnnotations": kinds,
        "extraManifestsRefs": [
            {"name": text(each, "name")} for _, each in mappings(cluster, "manifestsConfigMapRefs")
        ],
        "suppressedManifests": _list(cluster, "crSuppression"),
        **{key: cluster.get(key) for key in _OVERRIDES},
        "templateRefs": [{"name": templates.cluster, "namespace": templates.namespace}],
        "nodes": nodes,
    }
    return _without_empty(found)


def _node_of(
    node: Mapping[str, Any], place: Node | None, templates: Templates, path: str, notes: list[str]
) -> Object:
    args = node.get("installerArgs")
    inspect = node.get("ironicInspect", "disabled")  # a SiteConfig's default, and no ClusterInstance's
    found = {
        **{key: node.get(key) for key in _NODE_AS_IT_IS},
        "ignitionConfigOverride": node.get("ignitionConfigOverride"),
        "installerArgs": to_json(args) if isinstance(args, list) else args,
        "nodeLabels": _texts(node.get("nodeLabels"), _child(place, "nodeLabels"), f"{path}nodeLabels", notes),
        "extraAnnotations": _annotations({}, node),
        "suppressedManifests": _list(node, "crSuppression"),
        "templateRefs": [{"name": templates.node, "namespace": templates.namespace}],
    }
    return {**_without_empty(found), "ironicInspect": "" if inspect == "enabled" else inspect}


def _masters(nodes: list[Object]) -> int:
    return sum(text(node, "role") in ("", "master") for node in nodes)


def _texts(value: object, place: Node | None, path: str, notes: list[str]) -> dict[str, str]:
    """Return labels, whose values are texts in a ClusterInstance, as they stand in the file."""
    found = {}
    for key, item in mapping(value).items():
        if isinstance(item, str):
            found[str(key)] = item
            continue
        node = _child(place, str(key))
        as_written = node.value if node is not None and node.kind == "scalar" else None
        found[str(key)] = as_written or ("" if item is None else str(item).lower())
        notes.append(f"{path}.{key}: {item!r} became the text {found[str(key)]!r}")
    return found


def _annotations(spec: Mapping[str, Any], parent: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return annotations by kind; those of a cluster go before those of all."""
    found: dict[str, dict[str, str]] = {}
    for each in (spec, parent):
        for kind, items in mapping(mapping(each.get("crAnnotations")).get("add")).items():
            if isinstance(items, dict):
                found.setdefault(str(kind), {}).update({str(key): str(value) for key, value in items.items()})
    return found


def _disk_encryption(value: Mapping[str, Any]) -> Object:
    return (
        {}
        if value.get("type") == "tpm2"
        else _without_empty({key: value.get(key) for key in ("type", "tang")})
    )


def _list(parent: Mapping[str, Any], key: str) -> list[Any]:
    value = parent.get(key)
    return value if isinstance(value, list) else []


def _one(parent: Mapping[str, Any], key: str) -> list[str]:
    return [text(parent, key)] if text(parent, key) else []


def _without_empty(fields: Mapping[str, Any]) -> Object:
    return {key: value for key, value in fields.items() if value not in (None, "", [], {})}


def _child(node: Node | None, key: str) -> Node | None:
    return node.get(key) if node is not None and node.kind == "mapping" else None


def _item(node: Node | None, number: int) -> Node | None:
    return node.children[number] if node is not None and number < len(node.children) else None
