"""What is left out of a disk: regular expressions over where an image comes from and where it is mirrored."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from bootstrap.cluster.own_file import raise_wrong, read_own_file
from bootstrap.errors import ConfigError, Problems

_FIX = "write it as Python's re does: https://docs.python.org/3/library/re.html"


class Exclude:
    """Patterns, compiled.

    Args:
        patterns: Regular expressions, searched for anywhere in a name.

    Raises:
        ConfigError: (several as ``Problems``) Some are none.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        problems, self._patterns = [], []
        for pattern in patterns:
            try:
                self._patterns.append(re.compile(pattern))
            except re.error as error:
                problems.append(ConfigError(f"cannot exclude {pattern!r}", why=str(error), fix=_FIX))
        if problems:
            raise problems[0] if len(problems) == 1 else Problems(problems)

    def matches(self, *names: str) -> bool:
        """Return whether one of the patterns is in one of the names."""
        return any(pattern.search(name) for pattern in self._patterns for name in names)


def read_filter(path: Path) -> tuple[str, ...]:
    """Return the patterns of a file for ``--filter``: YAML with ``patterns``, a list of regular expressions.

    Raises:
        ConfigError: It cannot be read, or is something else.

    Source: openshift-kni/telco-ran-tools at ecd9e26, ``cmd/download.go`` (``--filter``).
    """
    fields, problems = read_own_file(
        path, "the filter", known=("patterns",), fix="give a YAML file with a list of patterns"
    )
    found = []
    for item, place in fields.items("patterns"):
        if isinstance(item, str):
            found.append(item)
        else:
            problems.add(place, f"it has to be a text, not {item!r}: put it in quotes")
    raise_wrong(path, problems, "docs/precache-disk.md")
    return tuple(found)
