"""How far a transfer is: counted by many threads, read by one."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass


@dataclass
class Counts:
    """What one registry got.

    Attributes:
        blobs_copied: Whose bytes were sent.
        bytes_copied: Of those.
        blobs_mounted: Times a blob was taken over from another repository there.
        blobs_skipped: Blobs of the run that were there before, in at least one repository.
    """

    images: int = 0
    blobs_copied: int = 0
    bytes_copied: int = 0
    blobs_mounted: int = 0
    blobs_skipped: int = 0


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
        self.counts = Counts()

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
                "seconds": round(time.monotonic() - self._started, 3),
            }
