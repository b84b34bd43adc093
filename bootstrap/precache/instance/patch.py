"""Putting overrides and installerArgs into a user's own file: all else keeps every byte, twice is as once."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bootstrap.cluster.install_config.nodes import Document, Node, read_documents
from bootstrap.cluster.install_config.places import Places
from bootstrap.errors import BootstrapError, ConfigError, Problems
from bootstrap.precache.ignition.check import defects
from bootstrap.precache.ignition.overrides import Overrides, merge
from bootstrap.precache.instance.base import to_json
from bootstrap.precache.instance.installer_args import merged_args, words_of

KINDS = ("ClusterInstance", "SiteConfig")
OVERRIDE, ARGS = "ignitionConfigOverride", "installerArgs"
Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Change:
    """One field that is set.

    Attributes:
        document: Number of the YAML document in the file.
        path: Of the mapping that has it.
        before: None when it was not there.
    """

    document: int
    path: Place
    key: str
    before: object
    after: str

    @property
    def place(self) -> str:
        """The field as people write it."""
        return written((*self.path, self.key))


@dataclass(frozen=True)
class Patched:
    """A patched file.

    Attributes:
        text: As it is to be.
        changes: What is other than before.
        items: All objects in it, as they are to be.
    """

    text: str = field(repr=False)
    changes: tuple[Change, ...]
    items: tuple[Mapping[str, Any], ...]


def patched(text: str, ours: Overrides, name: str) -> Patched:
    """Return ``text`` with overrides and installerArgs in every cluster and node; foreign ones stay in them.

    Args:
        text: Of a file with ClusterInstances or SiteConfigs, beside other objects maybe.
        ours: What is put.
        name: The file, for messages.

    Raises:
        ConfigError: (several as ``Problems``) It cannot be read, has none of them, or what is there cannot be
            merged with.
    """
    documents = read_documents(text, name)
    found = [number for number, each in enumerate(documents) if each.data.get("kind") in KINDS]
    if not found:
        raise ConfigError(
            f"cannot put overrides into {name}",
            why="no ClusterInstance is in it, and no SiteConfig",
            fix="give the file that has one",
        )
    changes = _changes([(number, documents[number].data) for number in found], ours, name)
    after_text = _edited(text, documents, changes)
    after = _checked(documents, changes, after_text, name)
    return Patched(after_text, tuple(changes), tuple(each.data for each in after))


def put(item: Mapping[str, Any], ours: Overrides, name: str) -> tuple[Mapping[str, Any], tuple[Change, ...]]:
    """Return a ClusterInstance or SiteConfig with overrides and installerArgs, and what that changed.

    Raises:
        ConfigError: (several as ``Problems``) What is there cannot be merged with.
    """
    changes = _changes([(0, item)], ours, name)
    (after,) = _with([item], changes)
    return after, tuple(changes)


def corrected(changes: Sequence[Change]) -> tuple[str, ...]:
    """Return what was wrong with overrides before, and is right after, as sentences."""
    found = []
    for change in changes:
        if change.key != OVERRIDE or not isinstance(change.before, str) or not change.before:
            continue
        left = {(each.rule, each.where) for each in defects(change.after)}
        found += [
            f"{change.place}: {each.where}: {each.what} (corrected)"
            for each in defects(change.before)
            if (each.rule, each.where) not in left
        ]
    return tuple(dict.fromkeys(found))


def _changes(items: Sequence[tuple[int, Mapping[str, Any]]], ours: Overrides, name: str) -> list[Change]:
    """Return what is to be set in objects, each with the number of its document.

    Raises:
        ConfigError: (several as ``Problems``) What is there cannot be merged with.
    """
    changes, problems = list[Change](), list[BootstrapError]()
    for number, item in items:
        for path, mapping in _places(item, name):
            for key, stage in _fields(path):
                try:
                    value = _wanted(mapping.get(key), key, stage, ours)
                except ConfigError as error:
                    place = written((*path, key))
                    problems.append(
                        ConfigError(f"{name}: {place}: {error.what}", why=error.why, fix=error.fix)
                    )
                    continue
                if value != mapping.get(key):
                    changes.append(Change(number, path, key, mapping.get(key), value))
    if problems:
        raise problems[0] if len(problems) == 1 else Problems(problems)
    return changes


def _with(items: Sequence[Mapping[str, Any]], changes: Sequence[Change]) -> list[Mapping[str, Any]]:
    """Return copies of ``items`` with the changes."""
    found = copy.deepcopy(list(items))
    for change in changes:
        value: Any = found[change.document]
        for each in change.path:
            value = value[each]
        value[change.key] = change.after
    return found


def written(path: Sequence[str | int]) -> str:
    """Return a path as people write it: ``spec.nodes[0].installerArgs``."""
    return "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in path).lstrip(".")


def _places(data: Mapping[str, Any], name: str) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    """Yield each cluster and each node, with its path.

    Raises:
        ConfigError: There is something else in its place.
    """
    clusters: list[tuple[Place, Any]] = [(("spec",), data.get("spec"))]
    if data["kind"] == "SiteConfig":
        clusters = list(_members(clusters[0], "clusters", name))
    for cluster in clusters:
        _refuse_other(cluster, name)
        yield cluster
        yield from _members(cluster, "nodes", name)


def _members(parent: tuple[Place, Any], key: str, name: str) -> Iterator[tuple[Place, Any]]:
    _refuse_other(parent, name)
    path, value = parent
    if not isinstance(value.get(key), list):
        raise _no_place(name, (*path, key), "a list")
    for number, item in enumerate(value[key]):
        member = ((*path, key, number), item)
        _refuse_other(member, name)
        yield member


def _refuse_other(place: tuple[Place, Any], name: str) -> None:
    if not isinstance(place[1], dict):
        raise _no_place(name, place[0], "a mapping")


def _no_place(name: str, path: Place, kind: str) -> ConfigError:
    return ConfigError(
        f"cannot put overrides into {name}",
        why=f"{written(path)} is no {kind.rsplit(maxsplit=1)[-1]}",
        fix=f"let it be {kind}, as in docs/precache-instance.md",
    )


def _fields(path: Place) -> tuple[tuple[str, str], ...]:
    is_node = "nodes" in path
    return ((OVERRIDE, "install"), (ARGS, "")) if is_node else ((OVERRIDE, "discovery"),)


def _wanted(now: object, key: str, stage: str, ours: Overrides) -> str:
    """Return what a field is to say.

    Raises:
        ConfigError: What is there cannot be read.
    """
    if key == ARGS:
        return _args(now, ours.installer_args)
    mine = ours.discovery if stage == "discovery" else ours.install
    if now in (None, ""):
        return mine
    if isinstance(now, Mapping):  # written without quotes: JSON is YAML
        now = json.dumps(now)
    if not isinstance(now, str):
        raise ConfigError(
            "it is no Ignition", why=f"it is {now!r}", fix="write JSON in a text, or take it out"
        )
    return merge(now, mine)


def _args(now: object, ours: Sequence[str]) -> str:
    if now in (None, ""):
        return to_json(list(ours))
    try:
        words = words_of(json.dumps(now) if isinstance(now, list) else now)
    except ValueError as error:
        raise ConfigError(
            "it cannot be read", why=str(error), fix="""write it so: '["--copy-network"]', or take it out"""
        ) from None
    merged = merged_args(words, ours)
    if isinstance(now, str) and merged == words and "'" not in now:
        return now
    return to_json(list(merged))


def _edited(text: str, documents: Sequence[Document], changes: Sequence[Change]) -> str:
    """Return the text with all changes, made from its end to its beginning, so that places stay as they are.

    At one place what is further out goes first, and so comes to stand behind.
    """
    found: dict[tuple[int, int, int], tuple[Node, list[Change]]] = {}  # new keys of one mapping go together
    for change in changes:
        node = documents[change.document].root
        for each in change.path:
            inner = node.children[each] if isinstance(each, int) else node.get(each)
            assert inner is not None, change.place
            node = inner
        value = node.get(change.key)
        start = _behind(text, node) if value is None else value.start
        found.setdefault((-start, len(change.path), node.start), (node, []))[1].append(change)
    for (start, _, _), (node, together) in sorted(found.items(), key=lambda each: each[0]):
        value = node.get(together[0].key)
        if value is not None and value.kind != "scalar" and not value.is_flow and value.children:
            # Below its key, maybe no further in: a text goes behind the key.
            text = f"{text[:-start].rstrip()} '{together[0].after}'{text[value.end :]}"
            continue
        places = Places(Document(text, node, _behind(text, node), {}))
        for change in together:
            places.put_text(change.key, change.after)
        text = places.text()
    return text


def _behind(text: str, node: Node) -> int:
    """Return where a key can be added to a mapping: behind its last one, or on the line after that."""
    if node.is_flow:
        return node.children[-1].end if node.children else node.end - 1
    end = text.find("\n", node.end)
    return len(text) if end < 0 else end + 1


def _checked(
    before: Sequence[Document], changes: Sequence[Change], text: str, name: str
) -> tuple[Document, ...]:
    """Return the new documents once it is sure that nothing else differs.

    Raises:
        ConfigError: Something does: an alias leads from one place to another.
    """
    wanted = _with([each.data for each in before], changes)
    try:
        after = read_documents(text, name)
        is_safe = [each.data for each in after] == wanted
    except ConfigError:
        is_safe = False
    if not is_safe:
        raise ConfigError(
            f"cannot edit {name} without changing more than overrides and installerArgs",
            why="an anchor or alias connects them with the rest of it",
            fix="write those fields out, without & and *, and run it again",
        )
    return after
