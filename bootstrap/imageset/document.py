"""YAML as its author meant it: a key given twice is a mistake, not a way to overrule the first."""

from __future__ import annotations

import re
from typing import Any, Hashable, NamedTuple

import yaml

# What reading YAML raises; ValueError for a date such as 2026-99-99, RecursionError for what is too deep.
UNREADABLE = (yaml.YAMLError, ValueError, TypeError, RecursionError)
_TOKEN = re.compile(r"'(?:[-?:,\[\]{}]|<[a-z ]+>)'$")


class Duplicate(NamedTuple):
    """A key that a mapping has twice; ``line`` counts from 1 and is the second one's."""

    key: str
    line: int


class _Loader(yaml.SafeLoader):
    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.duplicates: list[Duplicate] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    self.duplicates.append(Duplicate(key.value, key.start_mark.line + 1))
                seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def load(text: str) -> tuple[object, tuple[Duplicate, ...]]:
    """Return the one document of ``text`` (None when it is empty) and the keys given twice.

    Raises:
        yaml.YAMLError: The text is not YAML, or has more than one document; or another of ``UNREADABLE``.
    """
    loader = _Loader(text)
    try:
        return loader.get_single_data(), tuple(sorted(set(loader.duplicates), key=lambda found: found.line))
    finally:
        loader.dispose()


def why_unreadable(error: BaseException) -> str:
    """Return why a text is no YAML: where, and never what is there, for that may be a secret.

    Args:
        error: One of ``UNREADABLE``.
    """
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark is not None else ""
        return where + _told(error)
    if isinstance(error, yaml.reader.ReaderError):
        return f"character {error.position} of it is not printable"
    return f"a value in it cannot be read ({type(error).__name__})"


def _told(error: yaml.MarkedYAMLError) -> str:
    """Return what is wrong in PyYAML's words, but for names out of the file: an alias may be a password."""
    told = str(error.problem or error.context or "")
    if told.endswith("that cannot start any token"):
        return "a tab cannot indent" if r"'\t'" in told else "a value that begins so has to be in quotes"
    return (told if _TOKEN.search(told) else told.partition("'")[0]).strip(" ,") or "it cannot be read"
