"""CatalogSource and ClusterCatalog: as the engine made them, kept over runs, and checked.

oc-mirror dates each of them anew with every run; a date is no change for a cluster, so it is taken out.

Source: oc-mirror v2 at 855b64a, ``internal/pkg/clusterresources/clusterresources.go``
(``generateCatalogSource``, ``generateClusterCatalog``, ``generateOcMirrorAnnotations``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from bootstrap.errors import BootstrapError, ConfigError
from bootstrap.oci.reference import Reference

KINDS = ("CatalogSource", "ClusterCatalog")
_DATED = ("createdAt", "createdBy", "oc-mirror_version")


def catalogs(
    ledger: Mapping[str, Any], kind: str, registries: Collection[str]
) -> tuple[list[dict[str, Any]], list[BootstrapError]]:
    """Return the ledger's objects of ``kind`` by name, and why others were left out.

    Args:
        ledger: As the agent tells it.
        kind: One of ``KINDS``.
        registries: Locations of the site's registries; an image elsewhere is nothing for a cluster of ours.
    """
    found, problems = [], []
    for item in sorted(ledger.get("resources", ()), key=lambda each: str(each["metadata"]["name"])):
        if item["kind"] != kind:
            continue
        problem = _problem(item, registries)
        if problem is None:
            found.append(_undated(item))
        else:
            problems.append(problem)
    return found, problems


def image_of(item: Mapping[str, Any]) -> str:
    """Return the image that a CatalogSource or ClusterCatalog names; empty for none."""
    spec = item.get("spec") or {}
    if item["kind"] == "CatalogSource":
        return str(spec.get("image") or "")
    return str(((spec.get("source") or {}).get("image") or {}).get("ref") or "")


def _problem(item: Mapping[str, Any], registries: Collection[str]) -> BootstrapError | None:
    name, image = f"{item['kind']} {item['metadata']['name']}", image_of(item)
    try:
        registry = Reference.parse(image).registry
    except ConfigError as error:
        return ConfigError(f"{name} is left out of the cluster resources", why=error.why, fix=error.fix)
    if registry in registries:
        return None
    return ConfigError(
        f"{name} is left out of the cluster resources",
        why=f"its image is {image}, and the registries of this site are {', '.join(registries)}",
        fix="mirror its catalog again, so that it is made anew; a cluster keeps what it has until then",
    )


def _undated(item: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {
        key: value
        for key, value in item["metadata"].items()
        if key not in ("creationTimestamp", "annotations")
    }
    annotations = item["metadata"].get("annotations") or {}
    kept = {key: value for key, value in annotations.items() if key not in _DATED}
    if kept:
        metadata["annotations"] = kept
    rest = {key: value for key, value in item.items() if key not in ("metadata", "status")}
    return {"apiVersion": item["apiVersion"], "kind": item["kind"], "metadata": metadata, **rest}
