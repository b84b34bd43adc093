"""Exclusion patterns as the pre-caching job takes them: ``grep -G``, basic regular expressions.

The job gives them to ``grep -vG -f`` line by line. A pattern that grep refuses is worse than one that matches
nothing: grep then prints no line at all, the job does not look at its exit code, and no image of the release
is pulled. So what grep refuses is refused here.

Source: Topology Aware Lifecycle Manager at dacf199, ``pre-cache/release.sh``; GNU grep 3.6 and 3.8,
``lib/dfa.c`` (``lex``); POSIX.1-2017, "Basic Regular Expressions".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_MOST = 32767  # RE_DUP_MAX
_INTERVAL = re.compile(r"(\d*)(?:(,)(\d*))?\\\}")
_CLASSES = {
    "alnum": "A-Za-z0-9",
    "alpha": "A-Za-z",
    "blank": " \\t",
    "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": "!-/:-@\\[-`{-~",
    "space": " \\t\\n\\r\\f\\v",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}
_WORD = "[A-Za-z0-9_]"
_ESCAPES = {
    "w": _WORD,
    "W": "[^A-Za-z0-9_]",
    "s": "[ \\t\\n\\r\\f\\v]",
    "S": "[^ \\t\\n\\r\\f\\v]",
}
_PLACES = {
    "<": rf"(?:(?<!{_WORD})(?={_WORD}))",
    ">": rf"(?:(?<={_WORD})(?!{_WORD}))",
    "b": rf"(?:(?<!{_WORD})(?={_WORD})|(?<={_WORD})(?!{_WORD}))",
    "B": rf"(?:(?<={_WORD})(?={_WORD})|(?<!{_WORD})(?!{_WORD}))",
    "`": r"\A",
    "'": r"\Z",
}


@dataclass(frozen=True)
class Pattern:
    """One pattern; ``text`` is as the job has it."""

    text: str
    compiled: re.Pattern[str]

    def matches(self, line: str) -> bool:
        """Say whether grep finds it in a line."""
        return self.compiled.search(line) is not None


def read_patterns(texts: Iterable[str]) -> tuple[Pattern, ...]:
    """Return the patterns that the job makes of a list: blank ones are none, spaces around them are dropped.

    Raises:
        ValueError: grep refuses one, or it is beyond what we can judge.
    """
    lines = [line.strip(" \t") for text in texts for line in text.split("\n") if line.strip()]
    return tuple(Pattern(line, _compiled(line)) for line in lines)


def excluded_by(line: str, patterns: Sequence[Pattern]) -> Pattern | None:
    """Return the first pattern that a line matches."""
    return next((each for each in patterns if each.matches(line)), None)


def _compiled(text: str) -> re.Pattern[str]:
    try:
        return re.compile(_Translation(text).whole())
    except ValueError as error:
        raise ValueError(f"{text!r}: {error}") from error
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{text!r}: it cannot be judged ({error})") from error


class _Translation:
    """Goes through a pattern once, and writes it as Python has it."""

    _REPEATS = re.compile(r"\*|\\[+?{]")

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self._open: list[int] = []  # numbers of groups that are open
        self._groups = 0
        self._done: list[str] = []
        self._atom: int | None = None  # where in ``_done`` what a star repeats begins; None where nothing is

    def whole(self) -> str:
        starts: list[int] = []
        while self._at < len(self._text):
            self._step(starts)
        if self._open:
            raise ValueError("Unmatched ( or \\(")
        return "".join(self._done)

    def _step(self, starts: list[int]) -> None:
        if (
            self._done[-1:]
            and self._done[-1] in _PLACES.values()
            and self._REPEATS.match(self._text, self._at)
        ):
            raise ValueError("repeating a place, as after \\b, means one thing here and another there")
        letter = self._text[self._at]
        self._at += 1
        if letter == "\\":
            self._escape(starts)
        elif letter == "[":
            self._add(self._bracket())
        elif letter == "*":
            self._repeat("*") if self._atom is not None else self._add(r"\*")
        elif letter == ".":
            self._add(".")
        elif letter == "^" and self._is_at_start():
            self._place("^")
        elif letter == "$" and self._is_at_end():
            self._place("$")
        else:
            self._add(re.escape(letter))

    def _escape(self, starts: list[int]) -> None:
        if self._at == len(self._text):
            raise ValueError("Trailing backslash")
        letter = self._text[self._at]
        self._at += 1
        if letter == "(":
            self._groups += 1
            self._open.append(self._groups)
            starts.append(len(self._done))
            self._place("(")
        elif letter == ")":
            if not self._open:
                raise ValueError("Unmatched ) or \\)")
            self._open.pop()
            self._done.append(")")
            self._atom = starts.pop()
        elif letter == "|":
            self._place("|")
        elif letter == "{" and self._atom is not None:
            self._interval()
        elif letter in "+?":
            self._repeat(letter) if self._atom is not None else self._add(re.escape(letter))
        elif letter in "123456789":
            self._back(int(letter))
        elif letter in _PLACES:
            self._place(_PLACES[letter])
        else:
            self._add(_ESCAPES.get(letter, re.escape(letter)))

    def _back(self, number: int) -> None:
        if number > self._groups or number in self._open:
            raise ValueError("Invalid back reference")
        self._add(f"(?:\\{number})")

    def _interval(self) -> None:
        found = _INTERVAL.match(self._text, self._at)
        if found is None:
            is_open = "\\}" not in self._text[self._at :]
            raise ValueError("Unmatched \\{" if is_open else "Invalid content of \\{\\}")
        low, comma, high = found.groups()
        if not (low or comma) or (low and high and int(low) > int(high)):
            raise ValueError("Invalid content of \\{\\}")
        if max(int(low or 0), int(high or 0)) > _MOST:
            raise ValueError("Regular expression too big")
        self._at = found.end()
        self._repeat("{" + (low or "0") + (comma or "") + (high or "") + "}")

    def _add(self, text: str) -> None:
        self._atom = len(self._done)
        self._done.append(text)

    def _place(self, text: str) -> None:
        self._atom = None
        self._done.append(text)

    def _repeat(self, how: str) -> None:
        assert self._atom is not None, "there is something to repeat"
        whole = "".join(self._done[self._atom :])
        self._done[self._atom :] = [f"(?:{whole}){how}"]

    def _is_at_start(self) -> bool:
        """Whether a ``^`` just read is an anchor: at the beginning, also of a group or alternative."""
        before = self._text[: self._at - 1]
        return not before or (self._done[-1:] in (["("], ["|"]) and before[-2:] in ("\\(", "\\|"))

    def _is_at_end(self) -> bool:
        rest = self._text[self._at :]
        return not rest or rest.startswith(("\\)", "\\|"))

    def _bracket(self) -> str:
        text, at = self._text, self._at
        is_negated = text[at : at + 1] == "^"
        at += is_negated
        parts: list[str] = []
        first = at
        while at < len(text) and (text[at] != "]" or at == first):
            start, at = self._member(at)
            is_range = text[at : at + 1] == "-" and text[at + 1 : at + 2] not in ("]", "")
            if is_range and len(start) > 1:
                raise ValueError("Invalid range end")
            if not is_range:
                parts.append(start if len(start) > 1 else re.escape(start))
                continue
            end, at = self._member(at + 1)
            if len(end) > 1 or end < start:
                raise ValueError("Invalid range end")
            parts.append(f"{re.escape(start)}-{re.escape(end)}")
        if at >= len(text):
            raise ValueError("Unmatched [, [^, [:, [., or [=")
        inside = text[first:at]
        if len(inside) > 1 and inside[0] == inside[-1] and inside[0] == ":" and not is_negated:
            raise ValueError("character class syntax is [[:space:]], not [:space:]")
        self._at = at + 1
        return f"[{'^' if is_negated else ''}{''.join(parts)}]"

    def _member(self, at: int) -> tuple[str, int]:
        """Return a character, or the content of a class, and where it ends."""
        text = self._text
        kind = text[at + 1 : at + 2] if text[at] == "[" else ""
        if kind not in (":", ".", "="):
            return text[at], at + 1
        end = text.find(f"{kind}]", at + 2)
        if end < 0:
            raise ValueError("Unmatched [, [^, [:, [., or [=")
        name = text[at + 2 : end]
        if kind == ":":
            if name not in _CLASSES:
                raise ValueError("Invalid character class name")
            return _CLASSES[name], end + 2
        if len(name) != 1:
            raise ValueError("it names a collating element of several letters")
        return name, end + 2
