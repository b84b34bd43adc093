"""What a node's ``registries.conf`` comes to, given the mirror sets of its cluster.

Source: openshift/runtime-utils ``pkg/registries/registries.go`` (``EditRegistriesConfig``), which the Machine
Config Operator uses; containers-registries.conf(5) for what a node then makes of it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bootstrap.oci.reference import Reference

# Kind, the list in its spec, and how images are asked for that it is about.
MIRROR_SETS = {
    "ImageDigestMirrorSet": ("imageDigestMirrors", "digest"),
    "ImageContentSourcePolicy": ("repositoryDigestMirrors", "digest"),
    "ImageTagMirrorSet": ("imageTagMirrors", "tag"),
}


@dataclass(frozen=True)
class Endpoint:
    """A mirror of an entry, and whether it is for pulls by ``"digest"`` or by ``"tag"``."""

    location: str
    by: str


@dataclass(frozen=True)
class Entry:
    """One ``[[registry]]``.

    Attributes:
        is_blocked: Whether a node never goes to the source itself.
        mirrors: In the order in which a node tries them; those for digests first.
    """

    scope: str
    is_blocked: bool
    mirrors: tuple[Endpoint, ...]


def registries_conf(objects: Iterable[Mapping[str, Any]]) -> dict[str, Entry]:
    """Return the entries by scope that the mirror sets among ``objects`` make on every node."""
    known = list(objects)
    blocked: set[str] = set()
    merged: dict[str, list[Endpoint]] = {}
    for wanted in ("digest", "tag"):
        lists: dict[str, list[Sequence[str]]] = {}
        for source, mirrors, policy in _sets(known, wanted):
            if all(mirror == source for mirror in mirrors):
                continue  # as upstream: no mirror at all, and its policy does not count either
            if policy == "NeverContactSource":
                blocked.add(source)
            lists.setdefault(source, []).append(mirrors)
        for source in sorted(lists):
            ordered = _in_order(source, lists[source])
            merged.setdefault(source, []).extend(Endpoint(mirror, wanted) for mirror in ordered)
    return {scope: Entry(scope, scope in blocked, tuple(mirrors)) for scope, mirrors in merged.items()}


def places(conf: Mapping[str, Entry], reference: Reference) -> tuple[str, ...]:
    """Return the repositories a node asks for ``reference``, in its order; the source may be the last."""
    scope = reference.name
    while scope and scope not in conf:
        scope = scope.rpartition("/")[0]
    if not scope:
        return (reference.name,)
    entry, rest = conf[scope], reference.name[len(scope) :]
    by = "digest" if reference.digest is not None else "tag"
    found = [mirror.location + rest for mirror in entry.mirrors if mirror.by == by]
    return tuple(dict.fromkeys(found if entry.is_blocked else [*found, reference.name]))


def _sets(objects: Iterable[Mapping[str, Any]], wanted: str) -> Iterable[tuple[str, Sequence[str], str]]:
    for kind, (field, by) in MIRROR_SETS.items():
        for item in objects:
            if by == wanted and item.get("kind") == kind:
                for each in (item.get("spec") or {}).get(field) or ():
                    mirrors = [str(mirror) for mirror in each.get("mirrors") or ()]
                    yield str(each["source"]), mirrors, str(each.get("mirrorSourcePolicy") or "")


def _in_order(source: str, lists: Sequence[Sequence[str]]) -> list[str]:
    """Return all mirrors, each once, each list's order kept where they do not contradict each other.

    The source is last, and then not named: it is where a node goes after all mirrors anyhow.

    Source: openshift/runtime-utils ``pkg/registries/topo.go``, ``Sorted``: first come, first served, those
    that come at the same time by name; where lists contradict each other, the first by name goes on.
    """
    before: dict[str, set[str]] = {}
    for mirrors in lists:
        chain = [*mirrors, *(() if source in mirrors else (source,))]
        for place in chain:
            before.setdefault(place, set())
        for first, second in itertools.pairwise(chain):
            before[second].add(first)
    ordered: list[str] = []
    ready = sorted(place for place in before if not before[place])
    while len(ordered) < len(before):
        place = ready.pop(0) if ready else min(before.keys() - set(ordered))
        ordered.append(place)
        freed = [each for each in before if place in before[each] and before[each] <= set(ordered)]
        ready += sorted(each for each in freed if each not in ordered)
    return ordered[:-1] if ordered[-1] == source else ordered
