"""Fields that have to be objects or lists before anything can be said of what is in them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

_OBJECT, _LIST, _TEXTS = "an object", "a list", "a list of texts"
# By kind; a field that is missing or null is none of its kind either.
_FIELDS = {
    "ClusterGroupUpgrade": {
        "spec": _OBJECT,
        "spec.clusters": _TEXTS,
        "spec.managedPolicies": _TEXTS,
        "spec.preCachingConfigRef": _OBJECT,
        "spec.remediationStrategy": _OBJECT,
        "spec.remediationStrategy.canaries": _TEXTS,
    },
    "PreCachingConfig": {
        "spec": _OBJECT,
        "spec.overrides": _OBJECT,
        "spec.overrides.operatorsPackagesAndChannels": _LIST,
        "spec.excludePrecachePatterns": _TEXTS,
        "spec.additionalImages": _TEXTS,
    },
    "ConfigMap": {"data": _OBJECT},
    "Policy": {"spec": _OBJECT},
}


def misshapen(item: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each field of an object that is something else than the CRDs have, and why."""
    for field, wanted in _FIELDS[item["kind"]].items():
        found: object = item
        for key in field.split("."):
            found = found.get(key) if isinstance(found, Mapping) else None
        if found is not None and not _is(found, wanted):
            yield field, f"it is {json.dumps(found, default=str)[:60]}, and has to be {wanted}"


def _is(found: object, wanted: str) -> bool:
    if wanted == _OBJECT:
        return isinstance(found, Mapping)
    return isinstance(found, list) and (wanted == _LIST or all(isinstance(each, str) for each in found))
