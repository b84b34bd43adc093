"""How long a run will take, as far as the last ones tell. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Sequence

if TYPE_CHECKING:
    from bootstrap.mirror.ledger import Run

_RUNS = 3
_LEAST_BYTES = 10_000_000  # a run that moved less says more of its requests than of its speed


@dataclass(frozen=True)
class Estimate:
    """The time that moving will take.

    Attributes:
        seconds: None where there is no run to go by.
        bytes_per_second: Of those runs, over all registries.
        runs: How many they are.
    """

    seconds: float | None = None
    bytes_per_second: float | None = None
    runs: int = 0


def estimate(runs: Sequence[Run], engine: str, size: int) -> Estimate:
    """Return how long it takes to move ``size`` bytes, over all registries, at the speed of the last runs."""
    known = [
        run
        for run in runs
        if run.engine == engine and run.bytes_copied >= _LEAST_BYTES and run.seconds_moving > 0
    ][-_RUNS:]
    if not known:
        return Estimate(0.0 if size == 0 else None)
    speed = sum(run.bytes_copied for run in known) / sum(run.seconds_moving for run in known)
    return Estimate(round(size / speed, 1), round(speed, 1), len(known))
