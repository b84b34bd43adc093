"""The ledger without images that a registry has no more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Collection, Mapping, Optional, Tuple

if TYPE_CHECKING:
    from bootstrap.mirror.ledger import Ledger


def without(ledger: Ledger, location: str, gone: Collection[Tuple[str, Optional[str], str]]) -> Ledger:
    """Return ``ledger`` without images that are no more at ``location``, and what was only for them.

    Of entries ``gone`` has destination, tag and digest.
    """
    images = []
    for entry in ledger.images:
        if (entry.destination, entry.tag, entry.digest) in gone and location in entry.registries:
            left = tuple(each for each in entry.registries if each != location)
            images += [replace(entry, registries=left)] if left else []
        else:
            images.append(entry)
    digests = {entry.digest for entry in ledger.images} - {entry.digest for entry in images}
    lost = {f"{entry.destination}:{entry.tag}" for entry in ledger.images} - {
        f"{entry.destination}:{entry.tag}" for entry in images
    }
    return replace(
        ledger,
        images=tuple(images),
        releases=tuple(each for each in ledger.releases if each["digest"] not in digests),
        resources=tuple(each for each in ledger.resources if _catalog(each) not in lost),
    )


def _catalog(resource: Mapping[str, Any]) -> str:
    """Return ``repository:tag`` of the catalog that a CatalogSource or ClusterCatalog is about, or ""."""
    spec = resource.get("spec") or {}
    name = spec.get("image") or ((spec.get("source") or {}).get("image") or {}).get("ref") or ""
    return str(name).partition("/")[2]
