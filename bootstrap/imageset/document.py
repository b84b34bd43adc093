"""YAML as its author meant it: a key given twice is a mistake, not a way to overrule the first."""

from __future__ import annotations

from typing import Any, Hashable, NamedTuple

import yaml


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
        yaml.YAMLError: The text is not YAML, or has more than one document.
    """
    loader = _Loader(text)
    try:
        return loader.get_single_data(), tuple(sorted(set(loader.duplicates), key=lambda found: found.line))
    finally:
        loader.dispose()
