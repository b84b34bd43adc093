"""Reading one mapping of a document: typed values out, every problem noted with its path, nothing guessed."""

from __future__ import annotations

import difflib
from typing import Callable, Iterator, Mapping, Sequence, TypeVar

T = TypeVar("T")


class Problems:
    """The problems found so far, in the order found."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, path: str, why: str) -> None:
        """Note what is wrong at ``path`` (``mirror.platform.channels[0].minVersion``)."""
        self.lines.append(f"{path}: {why}")


class Fields:
    """One mapping of the document; whatever is not a mapping is noted and reads as an empty one.

    Args:
        known: Keys that may be there.
        refused: Keys of the format that we do not take, with what to say.
    """

    def __init__(
        self,
        value: object,
        path: str,
        problems: Problems,
        *,
        known: Sequence[str],
        refused: Mapping[str, str] | None = None,
    ) -> None:
        self.path, self._problems = path, problems
        self._refused = refused or {}
        self._value: Mapping[object, object] = {}
        self._is_readable = isinstance(value, dict) or value is None
        if isinstance(value, dict):
            self._value = value
        elif not self._is_readable:
            problems.add(path or "the document", f"it has to be a mapping, not {_kind(value)}")
        for key in self._value:
            self._check_key(key, known)

    def has(self, key: str) -> bool:
        """Is ``key`` there with a value?"""
        return self._value.get(key) is not None

    def value(self, key: str) -> object:
        """Return what is there, unread; None when nothing is."""
        return self._value.get(key)

    def text(self, key: str, *, required: bool = False) -> str | None:
        """Return a text that is not empty, or None."""
        value = self._value.get(key)
        if value is None or value == "":
            if required and self._is_readable:
                self.problem(key, "it is missing")
            return None
        if not isinstance(value, str):
            self.problem(key, f"it has to be a text, not {_kind(value)} {value!r}: put it in quotes")
            return None
        return value

    def parsed(self, key: str, parse: Callable[[str], T], *, required: bool = False) -> T | None:
        """Return a text after ``parse``; the message of its ValueError becomes a problem."""
        text = self.text(key, required=required)
        if text is None:
            return None
        try:
            return parse(text)
        except ValueError as error:
            self.problem(key, str(error))
            return None

    def boolean(self, key: str) -> bool:
        """Return a boolean; false when it is not there."""
        value = self._value.get(key)
        if value is not None and not isinstance(value, bool):
            self.problem(key, f"it has to be true or false, not {_kind(value)} {value!r}")
        return value is True

    def items(self, key: str) -> Iterator[tuple[object, str]]:
        """Yield the entries of a list, each with its path."""
        value = self._value.get(key)
        if value is None:
            return
        if not isinstance(value, list):
            self.problem(key, f"it has to be a list, not {_kind(value)}")
            return
        for number, item in enumerate(value):
            yield item, f"{self._at(key)}[{number}]"

    def problem(self, key: str, why: str) -> None:
        """Note what is wrong with ``key``."""
        self._problems.add(self._at(key), why)

    def _check_key(self, key: object, known: Sequence[str]) -> None:
        if not isinstance(key, str):
            self._problems.add(self.path or "the document", f"the key {key!r} is {_kind(key)}, not a text")
        elif key in self._refused:
            self.problem(key, self._refused[key])
        elif key not in known:
            near = difflib.get_close_matches(key, [*known, *self._refused], n=1, cutoff=0.6)
            hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"
            self.problem(key, f"there is no such key; {hint}")

    def _at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key


_KINDS = {
    bool: "the boolean",
    int: "the number",
    float: "the number",
    str: "the text",
    list: "a list",
    dict: "a mapping",
}


def _kind(value: object) -> str:
    return _KINDS.get(type(value), f"a {type(value).__name__}")
