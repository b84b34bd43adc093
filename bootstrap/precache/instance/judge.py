"""What is wrong with a ClusterInstance, whoever wrote it: shape, values, what fits together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from bootstrap.precache.instance.defect import Defect, mapping, text
from bootstrap.precache.instance.rules import defects_of
from bootstrap.precache.instance.rules_overrides import about_overrides
from bootstrap.precache.instance.rules_values import about_values
from bootstrap.precache.instance.shape import ANYTHING, TEXT, MapOf, Record, about_shape
from bootstrap.precache.instance.shapes import INSTANCE

API_VERSION, KIND = "siteconfig.open-cluster-management.io/v1alpha1", "ClusterInstance"
_METADATA = Record(
    {
        "name": TEXT,
        "namespace": TEXT,
        "labels": MapOf(TEXT),
        "annotations": MapOf(TEXT),
        **dict.fromkeys(("finalizers", "ownerReferences", "managedFields"), ANYTHING),
        **dict.fromkeys(("creationTimestamp", "generation", "resourceVersion", "uid"), ANYTHING),
    },
    ["name", "namespace"],
)
_WHOLE = Record(
    {"apiVersion": TEXT, "kind": TEXT, "metadata": _METADATA, "spec": ANYTHING, "status": ANYTHING},
    ["apiVersion", "kind", "metadata", "spec"],
)


def judged(item: Mapping[str, Any]) -> tuple[Defect, ...]:
    """Return all defects of a ClusterInstance, each once, with its path from the top."""
    spec = mapping(item.get("spec"))
    below = (*about_shape(spec, INSTANCE, ""), *about_values(spec), *about_overrides(spec), *defects_of(spec))
    found = [
        *about_shape(item, _WHOLE, ""),
        *_about_names(item, spec),
        *(replace(each, path=f"spec.{each.path}") for each in below),
    ]
    return tuple(dict.fromkeys(found))


def _about_names(item: Mapping[str, Any], spec: Mapping[str, Any]) -> Iterator[Defect]:
    if item.get("apiVersion") != API_VERSION:
        yield Defect("apiVersion", f"it is {item.get('apiVersion')!r}", f"write {API_VERSION}")
    metadata, name = mapping(item.get("metadata")), text(spec, "clusterName")
    namespace = text(metadata, "namespace")
    if name and namespace and namespace != name:
        yield Defect(
            "metadata.namespace",
            f"it is {namespace}, and the operator puts what it renders into {name}, the cluster's name, "
            "where the Secrets of this namespace are not",
            f"write {name}",
        )
    if name and text(metadata, "name") not in ("", name):
        why = f"it is {text(metadata, 'name')}, and all that is rendered is called {name}"
        yield Defect("metadata.name", why, f"write {name}", is_error=False)
    if "status" in item:
        yield Defect("status", "it is the operator's", "leave it out", is_error=False)
