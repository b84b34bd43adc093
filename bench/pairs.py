"""Who is how fast, measured by turns: what else the machine does then falls on all alike."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Mover(Protocol):
    """Something that is measured."""

    name: str

    def seconds(self) -> float:
        """Do it once, and return how long that took."""


@dataclass
class Measured:
    """Seconds by who took them."""

    seconds: dict[str, list[float]] = field(default_factory=dict)

    def median(self, name: str) -> float:
        """Return the median of one."""
        return statistics.median(self.seconds[name])

    def ratio(self, slow: str, fast: str) -> str:
        """Say how many times as long ``slow`` takes: by the medians, and from pair to pair."""
        pairs = [a / b for a, b in zip(self.seconds[slow], self.seconds[fast], strict=True)]
        return f"{self.median(slow) / self.median(fast):.2f} (pairs {min(pairs):.2f} to {max(pairs):.2f})"

    def tell(self, name: str) -> str:
        """Return median and spread of one as a line."""
        found = sorted(self.seconds[name])
        return f"{name}: median {self.median(name):.2f} s of {len(found)} ({found[0]:.2f} to {found[-1]:.2f})"


def by_turns(
    movers: Sequence[Mover], count: int, reset: Callable[[], None], check: Callable[[], None]
) -> Measured:
    """Let each do it once, ``count`` times over; ``reset`` goes before every one, ``check`` after it."""
    measured = Measured({mover.name: [] for mover in movers})
    for _ in range(count):
        for mover in movers:
            reset()
            measured.seconds[mover.name].append(mover.seconds())
            check()
    return measured
