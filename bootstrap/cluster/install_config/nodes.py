"""A YAML file and where in its text each node stands, so that one can change a place and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from bootstrap.errors import ConfigError
from bootstrap.imageset.document import UNREADABLE, why_unreadable

_DEEPEST = 100  # nodes inside each other; an install-config has fewer than ten
_FIX = "mend the file by hand: nothing was changed in it"


@dataclass(frozen=True)
class Node:
    """One node, with its place in the text.

    Attributes:
        kind: ``scalar``, ``sequence``, ``mapping`` or ``alias``.
        start: Index of its first character; of a value that is not there, where it would stand.
        end: Index after its last character: blank lines and comments that follow are not its own.
        column: Where it begins in its line, from 0.
        is_flow: Whether it is written as ``[…]`` or ``{…}``.
        children: Of a mapping: key, value, key, value.
        value: Of a scalar; else empty.
        said: What it says, without places and styles; equal for two nodes that say the same.
    """

    kind: str
    start: int
    end: int
    column: int
    is_flow: bool
    children: tuple[Node, ...]
    value: str | None
    said: tuple[object, ...]

    @property
    def pairs(self) -> tuple[tuple[Node, Node], ...]:
        """Keys and values of a mapping."""
        return tuple(zip(self.children[::2], self.children[1::2], strict=True))

    def get(self, key: str) -> Node | None:
        """Return the value of a mapping's ``key``."""
        return next(
            (value for name, value in self.pairs if name.kind == "scalar" and name.value == key), None
        )

    def scalars(self) -> Iterator[Node]:
        """Yield the scalars in it, itself included."""
        if self.kind == "scalar":
            yield self
        for child in self.children:
            yield from child.scalars()


@dataclass(frozen=True)
class Document:
    """A file of one YAML document, a mapping.

    Attributes:
        root: The mapping.
        end: Where a key can be added behind all others: before ``...`` and what follows it.
        data: What a program that loads the file gets.
    """

    text: str
    root: Node
    end: int
    data: dict[str, Any]


def read_document(text: str, name: str) -> Document:
    """Read ``text``; no message quotes from it, for it holds secrets.

    Args:
        text: Of the file, decoded.
        name: The file, for messages.

    Raises:
        ConfigError: It is not YAML, has a key twice or more documents than one, or is no mapping.
    """
    found = read_documents(text, name)
    if len(found) > 1:
        raise _unreadable(name, f"it has {len(found)} YAML documents, and the installer reads one")
    return found[0]


def read_documents(text: str, name: str) -> tuple[Document, ...]:
    """Read all documents of ``text``, one or more, but for empty ones; else as :func:`read_document`.

    Raises:
        ConfigError: It is not YAML, has a key twice or nothing in it, or one is no mapping.
    """
    try:
        events = list(yaml.parse(text, Loader=yaml.SafeLoader))
        roots = _Builder(events, text).documents()
        loaded = list(yaml.load_all(text, Loader=yaml.SafeLoader))
    except UNREADABLE as error:
        raise _unreadable(name, f"it is not valid YAML: {why_unreadable(error)}") from None
    if all(value is None for value in loaded):
        raise _unreadable(name, "it is empty")
    pairs = [pair for pair in zip(roots, loaded, strict=True) if pair[1] is not None]
    roots, values = [root for root, _ in pairs], [value for _, value in pairs]
    if any(root.kind != "mapping" for root, _ in roots) or not all(isinstance(each, dict) for each in values):
        raise _unreadable(name, "it is not a mapping of keys to values")
    doubles = [
        f"{key} (line {text.count(chr(10), 0, at) + 1})" for root, _ in roots for key, at in _doubles(root)
    ]
    if doubles:
        raise _unreadable(name, f"it has a key twice in one place: {', '.join(doubles)}")
    return tuple(Document(text, root, end, value) for (root, end), value in zip(roots, values, strict=True))


class _Builder:
    """Makes nodes of events."""

    def __init__(self, events: Sequence[Any], text: str) -> None:
        self._events, self._text, self._at = events, text, 0

    def documents(self) -> list[tuple[Node, int]]:
        found = []
        while self._at < len(self._events):
            event = self._next()
            if isinstance(event, yaml.DocumentStartEvent):
                root = self._node()
                found.append((root, self._next().start_mark.index))
        return found

    def _next(self) -> Any:  # noqa: ANN401  # PyYAML's events
        self._at += 1
        return self._events[self._at - 1]

    def _node(self, depth: int = 0) -> Node:
        if depth > _DEEPEST:
            raise ValueError("too deep")
        event = self._next()
        start, end, column = event.start_mark.index, event.end_mark.index, event.start_mark.column
        if isinstance(event, yaml.AliasEvent):
            return Node("alias", start, end, column, False, (), "", ("alias", event.anchor))
        if isinstance(event, yaml.ScalarEvent):
            if event.style in ("|", ">"):  # its mark is behind the blank lines that follow
                end = start + len(self._text[start:end].rstrip())
            said = ("scalar", event.anchor, event.tag, event.implicit[0], event.value)
            return Node("scalar", start, end, column, False, (), event.value, said)
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        children = []
        while not isinstance(self._events[self._at], (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            children.append(self._node(depth + 1))
        closed = self._next()
        end = closed.end_mark.index if event.flow_style else children[-1].end
        kind = "mapping" if is_mapping else "sequence"
        said = (kind, event.anchor, event.tag, *(child.said for child in children))
        return Node(kind, start, end, column, bool(event.flow_style), tuple(children), "", said)


def _doubles(node: Node) -> Iterator[tuple[str, int]]:
    """Yield each key that stands a second time in its mapping, and where."""
    seen = set()
    for key, _ in node.pairs if node.kind == "mapping" else ():
        if key.value is not None and key.value in seen:
            yield key.value, key.start
        seen.add(key.value)
    for child in node.children:
        yield from _doubles(child)


def _unreadable(name: str, why: str) -> ConfigError:
    return ConfigError(f"cannot edit {name}", why=why, fix=_FIX)
