"""Shapes of YAML: which keys there may be, and what they hold. An API server says the same, one at a time."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bootstrap.precache.instance.defect import Defect

TEXT, WHOLE, BOOLEAN, ANYTHING = "a text", "a whole number", "true or false", "anything"
_TYPES = {TEXT: str, WHOLE: int, BOOLEAN: bool}


@dataclass(frozen=True)
class ListOf:
    """A list."""

    item: Shape


@dataclass(frozen=True)
class MapOf:
    """A mapping with keys of any name."""

    value: Shape


@dataclass(frozen=True)
class OneOf:
    """One of these texts."""

    known: tuple[str, ...]


@dataclass(frozen=True)
class Record:
    """A mapping with these keys and no others.

    Attributes:
        refused: Keys of another kind or time, with what to write instead.
    """

    fields: Mapping[str, Shape]
    required: Sequence[str] = ()
    refused: Mapping[str, str] | None = None


Shape = str | ListOf | MapOf | OneOf | Record


def about_shape(value: object, shape: Shape, path: str) -> Iterator[Defect]:
    """Yield where ``value`` has another shape; ``path`` is empty for the whole of it."""
    if isinstance(shape, Record):
        yield from _about_record(value, shape, path)
    elif isinstance(shape, ListOf):
        if not isinstance(value, list):
            yield _wrong(path, "a list", value)
        for number, item in enumerate(value if isinstance(value, list) else ()):
            yield from about_shape(item, shape.item, f"{path}[{number}]")
    elif isinstance(shape, MapOf):
        if not isinstance(value, dict):
            yield _wrong(path, "a mapping", value)
        for key, item in value.items() if isinstance(value, dict) else ():
            if not isinstance(key, str):
                yield Defect(path, f"the key {key!r} is no text", "put it in quotes")
            yield from about_shape(item, shape.value, f"{path}.{key}")
    elif isinstance(shape, OneOf):
        if not isinstance(value, str) or value not in shape.known:
            known = ", ".join(each or "an empty text" for each in shape.known)
            yield Defect(path, f"it is {value!r}", f"write one of {known}")
    elif shape != ANYTHING and type(value) is not _TYPES[shape]:
        yield _wrong(path, shape, value)


def _about_record(value: object, shape: Record, path: str) -> Iterator[Defect]:
    if not isinstance(value, dict):
        yield _wrong(path, f"a mapping with {', '.join(shape.required or list(shape.fields)[:3])}", value)
        return
    for key, item in value.items():
        at = f"{path}.{key}".lstrip(".")
        if key in shape.fields:
            if item is not None:
                yield from about_shape(item, shape.fields[key], at)
            elif key not in shape.required:
                yield Defect(at, "there is nothing behind it", "leave the key out", is_error=False)
        elif key in (refused := shape.refused or {}):
            yield Defect(at, "there is no such key here", refused[key])
        else:
            near = difflib.get_close_matches(str(key), shape.fields, n=1)
            hint = f"write {near[0]}" if near else f"leave it out; known here: {', '.join(shape.fields)}"
            yield Defect(at, "there is no such key", hint)
    for key in shape.required:
        if value.get(key) in (None, "", [], {}):
            yield Defect(f"{path}.{key}".lstrip("."), "it is missing", "write it")


def _wrong(path: str, wanted: str, value: object) -> Defect:
    if value is None and wanted == TEXT:
        return Defect(path, "there is nothing behind it", 'write "" for an empty text')
    quotes = wanted == TEXT and not isinstance(value, (dict, list))
    return Defect(path, f"it is {_told(value)}", "put it in quotes" if quotes else f"it has to be {wanted}")


def _told(value: object) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return "empty" if value is None else f"{value!r}"
