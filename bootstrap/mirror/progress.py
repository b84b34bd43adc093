"""How far a transfer is: counted by many threads, read by one."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bootstrap.registry.pace import Pace


@dataclass
class Counts:
    """What one registry got.

    Attributes:
        blobs_copied: Whose bytes were sent.
        bytes_copied: Of those.
        blobs_mounted: Times a blob was taken over from another repository there.
        blobs_skipped: Blobs of the run that were there before, in at least one repository.
        retries: Requests and transfers that were begun again.
    """

    images: int = 0
    blobs_copied: int = 0
    bytes_copied: int = 0
    blobs_mounted: int = 0
    blobs_skipped: int = 0
    retries: int = 0


class Progress:
    """Of one transfer.

    Args:
        bytes_total: To be sent.
        blobs_total: Likewise.
        images_total: All of the plan.
        images_done: Of those, what was there before.
    """

    def __init__(self, *, bytes_total: int, blobs_total: int, images_total: int, images_done: int) -> None:
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self._bytes_total, self._blobs_total, self._images_total = bytes_total, blobs_total, images_total
        self._images_before = images_done
        self._in_flight = 0
        self._paces: dict[Pace, tuple[str, int]] = {}
        self.counts = Counts()

    def watch(self, registry: str, pace: Pace) -> bool:
        """Tell of ``pace``, too, from now on; returns whether it is new to us."""
        with self._lock:
            is_new = pace not in self._paces
            if is_new:
                self._paces[pace] = (registry, pace.retries)
            return is_new

    def again(self) -> None:
        """A transfer begins again."""
        with self._lock:
            self.counts.retries += 1

    def end(self) -> Counts:
        """Return the counts, with the retries of the registries in them; called once."""
        self.counts.retries = self._retries()
        self._paces.clear()
        return self.counts

    def _retries(self) -> int:
        return self.counts.retries + sum(pace.retries - before for pace, (_, before) in self._paces.items())

    def _parallel(self) -> dict[str, int]:
        """Return the transfers at once by registry; one with several logins has as many paces."""
        found: dict[str, int] = {}
        for pace, (registry, _) in self._paces.items():
            found[registry] = min(pace.limit, found.get(registry, pace.limit))
        return found

    def moving(self, size: int) -> None:
        """``size`` more bytes of an unfinished blob went out; negative when it begins again."""
        with self._lock:
            self._in_flight += size

    def copied(self, size: int) -> None:
        """A blob of ``size`` bytes, told by ``moving`` before, has arrived."""
        with self._lock:
            self._in_flight -= size
            self.counts.blobs_copied += 1
            self.counts.bytes_copied += size

    def mounted(self) -> None:
        """A blob was taken over from another repository."""
        with self._lock:
            self.counts.blobs_mounted += 1

    def image_done(self) -> None:
        """An image is whole now."""
        with self._lock:
            self.counts.images += 1

    def numbers(self) -> dict[str, object]:
        """Return it as the event ``progress`` tells it."""
        with self._lock:
            return {
                "bytes_done": self.counts.bytes_copied + self._in_flight,
                "bytes_total": self._bytes_total,
                "blobs_done": self.counts.blobs_copied,
                "blobs_total": self._blobs_total,
                "images_done": self._images_before + self.counts.images,
                "images_total": self._images_total,
                "parallel": self._parallel(),
                "retries": self._retries(),
                "seconds": round(time.monotonic() - self._started, 3),
            }
