"""Kubernetes objects from files: what was published, and what ``oc get … -o yaml`` printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from bootstrap.errors import ConfigError
from bootstrap.imageset.document import UNREADABLE, why_unreadable

_SUFFIXES = (".yaml", ".yml", ".json")


def read_objects(path: Path) -> tuple[dict[str, Any], ...]:
    """Return the objects in a file, in all YAML and JSON files of a directory, or (``-``) on standard input.

    Raises:
        ConfigError: It cannot be read, or holds something else.
    """
    try:
        if str(path) == "-":
            return parse_objects(sys.stdin.read(), "standard input")
        files = _files_of(path) if path.is_dir() else [path]
        return tuple(item for each in files for item in parse_objects(each.read_text("utf-8"), str(each)))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"cannot read {path}",
            why=getattr(error, "strerror", None) or str(error),
            fix="name a file or directory of Kubernetes objects",
        ) from error


def _files_of(directory: Path) -> list[Path]:
    """Return its YAML and JSON files; what kustomize reads is no object of a cluster."""
    found = sorted(each for each in directory.iterdir() if each.suffix in _SUFFIXES)
    return [each for each in found if each.stem != "kustomization"]


def read_text(path: Path) -> str:
    """Return the text of a file, or (``-``) of standard input.

    Raises:
        ConfigError: It cannot be read.
    """
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"cannot read {path}",
            why=getattr(error, "strerror", None) or str(error),
            fix="name a file of Kubernetes objects; - is standard input",
        ) from error


def parse_objects(text: str, name: str) -> tuple[dict[str, Any], ...]:
    """Return the objects of a YAML stream; those of a ``List`` one by one.

    Raises:
        ConfigError: It is no YAML, or not of Kubernetes objects; ``name`` says where it came from.
    """
    try:
        documents = _documents(text)
    except UNREADABLE as error:
        raise ConfigError(
            f"cannot read {name}",
            why=f"it is not YAML: {why_unreadable(error)}",
            fix="give it as `oc get … -o yaml` prints it",
        ) from None
    found = tuple(_members(documents))
    wrong = [number for number, item in enumerate(found, 1) if not _is_object(item)]
    if wrong:
        raise ConfigError(
            f"cannot use {name}",
            why=f"item {wrong[0]} of it is no Kubernetes object: it has no kind, or no metadata.name",
            fix="give it as `oc get … -o yaml` prints it",
        )
    return found


def _documents(text: str) -> list[Any]:
    """Return the documents of ``text``; JSON is YAML, too, but a hundred times as fast when read as JSON."""
    if text.lstrip().startswith("{"):
        with suppress(ValueError):
            return [json.loads(text)]
    return [each for each in yaml.safe_load_all(text) if each is not None]


def _members(documents: Iterable[Any]) -> Iterable[Any]:
    for each in documents:
        is_list = isinstance(each, dict) and str(each.get("kind", "")).endswith("List")
        if is_list and isinstance(each.get("items"), list):
            yield from each["items"]
        else:
            yield each


def _is_object(item: object) -> bool:
    return (
        isinstance(item, dict)
        and isinstance(item.get("kind"), str)
        and isinstance(item.get("metadata"), dict)
        and "name" in item["metadata"]
    )
