"""What is wrong with a ClusterInstance, and reading one of which nothing is known yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Defect:
    """One thing that is wrong.

    Attributes:
        path: Of the field below ``spec``: ``nodes[0].bootMACAddress``; ``metadata.…`` is from the top.
        why: What is there, and why it does not do.
        fix: What to write there.
        is_error: False for what works and should not be so.
    """

    path: str
    why: str
    fix: str
    is_error: bool = True


def mapping(value: object) -> Mapping[str, Any]:
    """Return ``value`` when it is a mapping, else an empty one: its shape is judged elsewhere."""
    return value if isinstance(value, dict) else {}


def mappings(parent: Mapping[str, Any], key: str, path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the mappings of a list, each with its path; whatever else is in it is left out."""
    value = parent.get(key)
    for number, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, dict):
            yield f"{path}{key}[{number}]", item


def texts(parent: Mapping[str, Any], key: str, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the texts of a list, each with its path; whatever else is in it is left out."""
    value = parent.get(key)
    for number, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, str):
            yield f"{path}{key}[{number}]", item


def text(parent: Mapping[str, Any], key: str) -> str:
    """Return a text; empty when there is none."""
    value = parent.get(key)
    return value if isinstance(value, str) else ""
