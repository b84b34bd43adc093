"""JSON inside of YAML: overrides of Ignition and of the install-config."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from bootstrap.precache.ignition.check import defects
from bootstrap.precache.ignition.defect import Defect as IgnitionDefect
from bootstrap.precache.instance.defect import Defect, mappings, text

_QUOTE = (
    "it has a ' in it, and the operator puts it between two of them: what it renders is no YAML",
    "write \\u0027 for it",
)


# What works, and is other than what this version writes, or less than it could be.
_SOFT = ("lines", "other-unit", "other-script", "wanted-twice", "unknown-key")


def about_overrides(spec: Mapping[str, Any]) -> Iterator[Defect]:
    """Yield what is wrong with the overrides of ``spec``, as far as any consumer would say."""
    yield from _about_json("installConfigOverrides", spec, "installConfigOverrides")
    yield from _about_ignition("ignitionConfigOverride", spec)
    for path, node in mappings(spec, "nodes"):
        yield from _about_ignition(f"{path}.ignitionConfigOverride", node)
        if "'" in text(node, "installerArgs"):
            yield Defect(f"{path}.installerArgs", *_QUOTE)


def _about_ignition(path: str, parent: Mapping[str, Any]) -> Iterator[Defect]:
    override = text(parent, "ignitionConfigOverride")
    for each in _defects(override) if override else ():
        where = "" if each.where == "it" else f"{each.where}: "
        yield Defect(path, f"{where}{each.what}", each.fix, each.rule not in _SOFT)


@lru_cache(maxsize=256)
def _defects(override: str) -> tuple[IgnitionDefect, ...]:
    """Return what is wrong with one override; nodes of a cluster, and clusters, mostly have the same."""
    return defects(override)


def _about_json(path: str, parent: Mapping[str, Any], key: str) -> Iterator[Defect]:
    override = text(parent, key)
    if not override:
        return
    if "'" in override:
        yield Defect(path, *_QUOTE)
    try:
        if not isinstance(json.loads(override), dict):
            yield Defect(path, "it is no JSON object", "write { … }")
    except (ValueError, RecursionError) as error:
        yield Defect(path, f"it is no JSON: {error}", "correct it there")
