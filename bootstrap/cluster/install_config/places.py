"""Changing places of a YAML file: what is put or dropped is written anew, all else keeps every byte.

A comment inside what is written anew is kept, above it or on its first line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from bootstrap.cluster.install_config.nodes import Document, Node

Entry = Mapping[str, Any]
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9./_:@-]*[A-Za-z0-9_]|[A-Za-z]")
_COMMENT = re.compile(r"(?:^|(?<=[ \t\n]))(#[^\r\n]*)")
_BLOCK_HEAD = re.compile(r"[|>][-+0-9]*[ \t]+(#[^\r\n]*)")
_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


class Places:
    """Collects changes of a document, and makes the new text of them.

    Args:
        document: As it is now; ``Places`` never changes it.
    """

    def __init__(self, document: Document) -> None:
        self._document, self._text, self._root = document, document.text, document.root
        self._edits: list[tuple[int, int, str]] = []
        self._added: list[str] = []

    def text(self) -> str:
        """Return the file with all changes, with the line ends that it has."""
        added = "".join(self._added)
        edits = list(self._edits)
        if added:  # first, so that it comes behind what is put at the same place
            edits.insert(0, self._into_flow(added) if self._root.is_flow else self._behind(added))
        newline = "\r\n" if self._text.count("\r\n") * 2 > self._text.count("\n") else "\n"
        new = self._text
        for start, end, text in sorted(edits, key=lambda each: each[:2], reverse=True):
            new = new[:start] + text.replace("\n", newline) + new[end:]
        return new

    def put_text(self, key: str, value: str) -> None:
        """Let ``key`` have a text; one of several lines is written as a literal block."""
        column = self._column(key)
        if "\n" in value:
            self._put(key, "|", [" " * (column + 2) + line for line in value.splitlines()], value)
        else:
            self._put(key, _inline(value), [], value)

    def put_entries(self, key: str, entries: Sequence[Entry]) -> None:
        """Let ``key`` have a list of mappings."""
        node = self._value(key)
        if node is None or self._root.is_flow or node.kind != "sequence" or node.is_flow:
            indent = " " * self._column(key)
            self._put(key, "", [indent + line for each in entries for line in _item(each)], list(entries))
            return
        lines = [*self._comments(node), *(line for each in entries for line in _item(each))]
        self._edits.append((node.start, node.end, ("\n" + " " * node.column).join(lines)))

    def put_mirrors(self, item: Node, entry: Entry) -> None:
        """Let an item of a list be ``entry``, which differs from it in its ``mirrors`` alone."""
        node = item.get("mirrors")
        assert node is not None, "the caller looked"
        if item.is_flow or node.is_flow or node.kind != "sequence":
            self._edits.append((node.start, node.end, json.dumps(list(entry["mirrors"]))))
            return
        lines = [*self._comments(node), *(f"- {_inline(each)}" for each in entry["mirrors"])]
        self._edits.append((node.start, node.end, ("\n" + " " * node.column).join(lines)))

    def append(self, node: Node, entries: Sequence[Entry]) -> None:
        """Add ``entries`` to a list that is written in lines."""
        at = self._line_end(node.end)
        lines = [" " * node.column + line for each in entries for line in _item(each)]
        self._edits.append((at, at, "".join("\n" + line for line in lines)))

    def rename(self, key: str, new: str) -> None:
        """Call a key otherwise."""
        node = next(name for name, _ in self._root.pairs if name.value == key)
        self._edits.append((node.start, node.end, json.dumps(new) if self._root.is_flow else new))

    def drop(self, key: str) -> None:
        """Take a key away; comments in it stay."""
        place = next(n for n, (name, _) in enumerate(self._root.pairs) if name.value == key)
        name, value = self._root.pairs[place]
        if self._root.is_flow:
            following = self._root.pairs[place + 1 :]
            start = name.start if following or not place else self._root.pairs[place - 1][1].end
            self._edits.append((start, following[0][0].start if following else value.end, ""))
            return
        start = self._text.rfind("\n", 0, name.start) + 1
        end = min(self._line_end(value.end) + 1, len(self._text))
        if self._text[end - 1 : end + 1] == "\r\n":
            end += 1
        kept = [" " * name.column + line + "\n" for line in self._comments(value, name.end, end)]
        self._edits.append((start, end, "".join(kept)))

    def _put(self, key: str, head: str, lines: Sequence[str], value: object) -> None:
        """Write ``head`` behind the key, and ``lines`` below it."""
        node = self._value(key)
        if self._root.is_flow:
            text = json.dumps(value, ensure_ascii=False)
            if node is None:
                self._added.append(f", {json.dumps(key)}: {text}")
            else:
                gap = " " if self._text[node.start - 1] == ":" else ""
                self._edits.append((node.start, node.end, gap + text))
            return
        if node is None:
            below = "".join(f"{line}\n" for line in lines)
            self._added.append(f"{' ' * self._root.column}{key}:{' ' + head if head else ''}\n{below}")
            return
        start, end, is_list = node.start, node.end, not head
        if is_list or self._text[start - 1] == ":":
            start = len(self._text[:start].rstrip())
            head = " " + head if head else ""
        if lines:
            rest = self._text[end : self._line_end(end)].strip()
            kept = self._comments(node)
            if rest:  # a comment: it goes up to the key
                head, end = f"{head} {rest}", self._line_end(end)
            elif kept and not is_list:
                head = f"{head} {kept[0]}"
            above = [" " * self._root.column + line for line in kept] if is_list else []
            head = "\n".join([head, *above, *lines])
        self._edits.append((start, end, head))

    def _behind(self, added: str) -> tuple[int, int, str]:
        """Return the edit that adds lines behind all keys."""
        at = self._document.end
        if at == 0 or self._text[at - 1] in "\r\n":
            return at, at, added
        last = self._root
        while last.children:
            last = last.children[-1]
        if self._text[last.start : last.start + 1] in ("|", ">"):  # a line end would become part of this text
            at = self._text.rfind("\n", 0, self._root.children[-2].start) + 1
            return at, at, added
        return at, at, "\n" + added

    def _into_flow(self, added: str) -> tuple[int, int, str]:
        """Return the edit that adds to ``{…}``."""
        if not self._root.children:
            return self._root.end - 1, self._root.end - 1, added.removeprefix(", ")
        at = self._root.children[-1].end
        return at, at, added

    def _value(self, key: str) -> Node | None:
        return self._root.get(key)

    def _column(self, key: str) -> int:
        return next((name.column for name, _ in self._root.pairs if name.value == key), self._root.column)

    def _line_end(self, at: int) -> int:
        """Return where the line of ``at`` ends, before its line feed."""
        found = re.compile(r"\r?\n|\Z").search(self._text, at)
        assert found is not None, "the text has an end"
        return found.start()

    def _comments(self, node: Node, start: int | None = None, end: int | None = None) -> list[str]:
        """Return the comments inside ``node`` (or from ``start`` to ``end``, where it stands)."""
        first, last = node.start if start is None else start, node.end if end is None else end
        inside = [(each.start, each.end) for each in node.scalars()]
        head = _BLOCK_HEAD.match(self._text, node.start, node.end) if node.kind == "scalar" else None
        if head is not None:
            return [head[1]]
        return [
            match[1]
            for match in _COMMENT.finditer(self._text, first, last)
            if not any(begin <= match.start(1) < over for begin, over in inside)
        ]


def _inline(value: str) -> str:
    """Return a text of one line as YAML: plain where it can be nothing else."""
    if _PLAIN.fullmatch(value) and ": " not in value and value.lower() not in _WORDS:
        return value
    return "'" + value.replace("'", "''") + "'"


def _item(entry: Entry) -> list[str]:
    """Return the lines of one entry of a mirror section, its keys in the order that they have."""
    lines = []
    for name, value in entry.items():
        if isinstance(value, (list, tuple)):
            lines += [f"{name}:", *(f"- {_inline(str(each))}" for each in value)]
        elif value is not None:
            lines.append(f"{name}: {_inline(str(value))}")
    return [f"{'  ' if number else '- '}{line}" for number, line in enumerate(lines)]
