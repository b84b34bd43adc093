"""Documents out of the files of a catalog, one at a time: JSON or YAML, one after the other in one file.

Most of a catalog is about packages that nobody asked for, and reading YAML is slow; so what a document is
about is seen from its first column where that can be, and only what is wanted is read.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import Any, Callable, Iterator, Mapping

import yaml

_PIECE = 1024 * 1024  # bytes
LIMIT = 64 * 1024 * 1024  # characters of one document; a bundle with everything in it has some 2 MiB

_SPACE = re.compile(r"\s*")
_MARK = re.compile(r"^---(?=[ \t\r\n])", re.MULTILINE)
_KEY = re.compile(r"""^["']?(schema|package|name)["']?[ \t]*:(.*)$""", re.MULTILINE)
_PLAIN = re.compile(r"""[ \t]+(["']?)([A-Za-z0-9][A-Za-z0-9._+/-]*)\1[ \t]*(?:[ \t]#.*)?\r?""")
_BLOCK = re.compile(r"(?:---[ \t]*(?:#.*)?\r?\n)?(?:[ \t]*(?:#.*)?\r?\n)*[A-Za-z]")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's is ten times as fast

Glance = Mapping[str, str]


def documents(
    read: Callable[[int], bytes], is_wanted: Callable[[Glance], bool]
) -> Iterator[Mapping[str, Any]]:
    """Yield the documents of a file that are objects.

    Args:
        read: Returns up to so many bytes of the file, and none at its end.
        is_wanted: Gets ``schema``, ``package`` and ``name`` of a document, those that it has; what it says no
            to is not yielded. A document whose keys cannot be seen without reading all of it is yielded.

    Raises:
        ValueError: The file is neither, or a document is too large.
        yaml.YAMLError: Likewise.
        RecursionError: A document is nested too deeply.
    """
    text = _Text(read)
    text.more()
    text.left = text.left.lstrip("\ufeff")
    yield from _json(text) if text.left.lstrip().startswith("{") else _yaml(text, is_wanted)


class _Text:
    """A file's text that was not used yet."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read, self._decode = read, codecs.getincrementaldecoder("utf-8")().decode
        self.left, self.is_ended = "", False

    def more(self) -> None:
        """Read on; as much again as there is, so that a long document is looked at a few times only."""
        size = max(_PIECE, len(self.left))
        if size > LIMIT:
            raise ValueError(f"a document in it has more than {LIMIT} characters")
        piece = self._read(size)
        self.is_ended = not piece
        self.left += self._decode(piece, final=self.is_ended)


def _json(text: _Text) -> Iterator[Mapping[str, Any]]:
    decode, at = json.JSONDecoder().raw_decode, 0
    while True:
        space = _SPACE.match(text.left, at)
        assert space is not None, "it matches nothing, too"
        at = space.end()
        try:
            value, at = decode(text.left, at)
        except ValueError:
            if text.is_ended and at == len(text.left):
                return
            if text.is_ended:
                raise
            text.left, at = text.left[at:], 0
            text.more()
            continue
        yield _object(value)


def _yaml(text: _Text, is_wanted: Callable[[Glance], bool]) -> Iterator[Mapping[str, Any]]:
    at = 0
    while True:
        mark = _MARK.search(text.left, at + 1)
        if mark is None and not text.is_ended:
            text.left, at = text.left[at:], 0
            text.more()
            continue
        document = text.left[at : None if mark is None else mark.start()]
        seen = _glance(document)
        if seen is None or is_wanted(seen):
            value = yaml.load(document, _LOADER)  # noqa: S506  # a safe one, both of them
            if value is not None:
                yield _object(value)
        if mark is None:
            return
        at = mark.start()


def _glance(document: str) -> Glance | None:
    """Return the keys that say what a document is about; None when that cannot be seen.

    What begins in the first column is a key of the mapping itself: everything in it stands further right.
    """
    if not _BLOCK.match(document):
        return None
    found: dict[str, str] = {}
    for key, text in _KEY.findall(document):
        plain = _PLAIN.fullmatch(text)
        if plain is None or key in found:
            return None
        found[key] = plain.group(2)
    return found if "schema" in found else None


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"a document in it is a {type(value).__name__}, not an object")
    return value
