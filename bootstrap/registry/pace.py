"""How many transfers one registry gets at once: fewer when it fails, more again while all goes well.

Additive increase, multiplicative decrease, as TCP finds out what a path carries; steps are counted in
transfers, not in seconds, so that a slow registry is treated as a fast one.
"""

from __future__ import annotations

import contextlib
import threading
from typing import Iterator


class Pace:
    """Of one registry; for many threads.

    Attributes:
        retries: Requests and downloads that were begun again, or gone on with, after a failure.
    """

    def __init__(self, most: int = 64) -> None:
        self._changed = threading.Condition()
        self._most, self._limit = most, float(most)
        self._busy = 0
        self._deaf = 0  # transfers that have to end before a failure counts again: one outage is one step
        self.retries = 0

    @property
    def limit(self) -> int:
        """Most transfers at once, now; between 1 and what ``allow`` was told."""
        return int(self._limit)

    def allow(self, most: int) -> None:
        """Set the upper bound; what is above it now comes down to it, what was at the old one goes up."""
        with self._changed:
            was_full = self._limit >= self._most
            self._most = most
            self._limit = float(most) if was_full else min(self._limit, float(most))
            self._changed.notify_all()

    @contextlib.contextmanager
    def slot(self) -> Iterator[None]:
        """Wait until one more transfer may go on, and be that transfer inside the ``with``."""
        with self._changed:
            while self._busy >= self.limit:
                self._changed.wait()
            self._busy += 1
        is_well = False
        try:
            yield
            is_well = True
        finally:
            with self._changed:
                self._busy -= 1
                if self._deaf:
                    self._deaf -= 1
                elif is_well:
                    self._limit = min(float(self._most), self._limit + 1 / self._limit)
                self._changed.notify_all()

    def failed(self) -> None:
        """Take note of a failure that says "too much" or may do so: 429, 5xx, a reset, a time-out."""
        with self._changed:
            if self._busy and not self._deaf:
                self._limit = max(1.0, self._limit / 2)
                self._deaf = self._busy

    def again(self) -> None:
        """Take note that something is tried once more."""
        with self._changed:
            self.retries += 1
