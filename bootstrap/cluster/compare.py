"""What changes for a cluster: objects and their entries, before and after.

An entry is what a person means by it: a source of a mirror set, a signature, else a field of ``spec``.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bootstrap.cluster.drains import Effect, Forecast, forecast
from bootstrap.cluster.registries_conf import MIRROR_SETS

Object = Mapping[str, Any]
_Key = tuple[str, str, str]
_OURS = (*MIRROR_SETS, "ConfigMap", "CatalogSource", "ClusterCatalog", "UpdateService")


@dataclass(frozen=True)
class EntryChange:
    """One entry; ``before`` is None for a new one, ``after`` for one that is gone."""

    entry: str
    before: Any
    after: Any


@dataclass(frozen=True)
class ObjectChange:
    """One object.

    Attributes:
        namespace: None for what is in none.
        change: ``"added"``, ``"changed"``, ``"removed"``, ``"unchanged"``, or ``"kept"``: a mirror set that a
            cluster has beside ours, and that stays.
    """

    kind: str
    namespace: str | None
    name: str
    change: str
    entries: tuple[EntryChange, ...]


@dataclass(frozen=True)
class Comparison:
    """All objects, the order of ``after`` first, and what their change does to nodes.

    Attributes:
        is_gentle_without_tags: Whether nodes drain for ImageTagMirrorSets alone; all else drains none.
    """

    objects: tuple[ObjectChange, ...]
    nodes: Forecast
    is_gentle_without_tags: bool

    @property
    def is_different(self) -> bool:
        """Whether there is anything to apply, or to remove."""
        return any(each.change not in ("unchanged", "kept") for each in self.objects)


def compare(before: Iterable[Object], after: Iterable[Object]) -> Comparison:
    """Return what changes from ``before`` to ``after``.

    Objects that came from a cluster (they have a ``uid``) are compared as after ``oc apply``: what the
    cluster added to ours, and what is not ours, stays.
    """
    old = {_key(item): item for item in before}
    new = {_key(item): _applied(old.get(_key(item)), item) for item in after}
    changes = [_change(key, old.get(key), item) for key, item in new.items()]
    stays = []
    for key, item in old.items():
        if key in new:
            continue
        if not _is_live(item) and item["kind"] in _OURS:
            changes.append(_change(key, item, None))
        elif item["kind"] in MIRROR_SETS:
            stays.append(item)
            changes.append(ObjectChange(key[0], key[1] or None, key[2], "kept", ()))
    nodes = forecast(old.values(), [*new.values(), *stays])
    rest = [each for each in (*new.values(), *stays) if each["kind"] != "ImageTagMirrorSet"]
    rest += [each for each in old.values() if each["kind"] == "ImageTagMirrorSet"]
    without_tags = forecast(old.values(), rest).effect
    is_gentle = nodes.effect == Effect.DRAIN and without_tags in (Effect.NOTHING, Effect.RELOAD)
    return Comparison(tuple(changes), nodes, is_gentle)


def _change(key: _Key, old: Object | None, new: Object | None) -> ObjectChange:
    before, after = _entries(old), _entries(new)
    entries = tuple(
        EntryChange(name, before.get(name), after.get(name))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    )
    if old is None:
        change = "added"
    elif new is None:
        change = "removed"
    else:
        change = "changed" if entries else "unchanged"
    return ObjectChange(key[0], key[1] or None, key[2], change, entries)


def _entries(item: Object | None) -> dict[str, Any]:
    if item is None:
        return {}
    if item["kind"] in MIRROR_SETS:
        found: dict[str, list[str]] = {}
        for each in (item.get("spec") or {}).get(MIRROR_SETS[item["kind"]][0]) or ():
            policy = [f"({each['mirrorSourcePolicy']})"] if each.get("mirrorSourcePolicy") else []
            found.setdefault(each["source"], []).extend([*(each.get("mirrors") or ()), *policy])
        return dict(found)
    if item["kind"] == "ConfigMap":
        return {**(item.get("data") or {}), **(item.get("binaryData") or {})}
    return _flat(item.get("spec") or {}, "spec")


def _flat(value: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, each in value.items():
        path = f"{prefix}.{name}"
        found.update(_flat(each, path) if isinstance(each, Mapping) and each else {path: each})
    return found


def _applied(old: Object | None, new: Object) -> Object:
    return new if old is None or not _is_live(old) else _merged(old, new)


def _merged(old: Object, new: Object) -> Object:
    """Return ``old`` with the fields of ``new``; lists are replaced, as the API server does here."""
    merged = dict(copy.copy(old))
    for name, value in new.items():
        before = merged.get(name)
        both = isinstance(value, Mapping) and isinstance(before, Mapping)
        merged[name] = _merged(before, value) if both else value  # type: ignore[arg-type]  # both says so
    return merged


def _is_live(item: Object) -> bool:
    return "uid" in item["metadata"]


def _key(item: Object) -> _Key:
    metadata = item["metadata"]
    return str(item["kind"]), str(metadata.get("namespace") or ""), str(metadata["name"])


def names(objects: Sequence[Object]) -> tuple[str, ...]:
    """Return ``Kind name`` of each object, with its namespace where it has one."""
    return tuple(
        f"{kind} {space}/{name}" if space else f"{kind} {name}" for kind, space, name in map(_key, objects)
    )
