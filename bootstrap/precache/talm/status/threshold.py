"""How many clusters have to be pre-cached before a group goes on without the others."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bootstrap.errors import ConfigError

_FORM = re.compile(r"([0-9]{1,6})(%?)")


@dataclass(frozen=True)
class Threshold:
    """A number of clusters, or a part of all in percent."""

    number: int
    is_percent: bool

    @classmethod
    def parse(cls, text: str) -> Threshold:
        """Read ``9`` or ``90%``.

        Raises:
            ConfigError: It is neither, or none or more than all.
        """
        found = _FORM.fullmatch(text.strip())
        number = int(found[1]) if found else 0
        is_percent = bool(found and found[2])
        if number < 1 or (is_percent and number > 100):
            raise ConfigError(
                f"cannot use the threshold {text!r}",
                why="it is a number of clusters, at least 1, or a part of them, 1% to 100%",
                fix="give --threshold 9 or --threshold 90%",
            )
        return cls(number, is_percent)

    def of(self, clusters: int) -> int:
        """Return how many of so many it is, rounded up."""
        return -(-self.number * clusters // 100) if self.is_percent else self.number

    def __str__(self) -> str:
        return f"{self.number}{'%' if self.is_percent else ''}"
