"""Which registries do not answer any more, each by itself: a run against a dead one has to end.

When nothing but silence came from a registry, many times in a row and each time with all patience, it is held
for gone, and what can come from it alone fails without a try. When it is the destination that is gone, or its
disk is full, everything does.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Iterable

from bootstrap.errors import BootstrapError, ConfigError, Denied, RegistryError, TransferError

if TYPE_CHECKING:
    from bootstrap.mirror.origins import Origin


class Absence:
    """Of one transfer; for many threads.

    Args:
        most: How often in a row a registry may be silent.

    Attributes:
        over: Why nothing more can succeed; None while something may.
    """

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, threading.Lock()
        self._silences: dict[str, int] = {}
        self._shunned: set[str] = set()
        self._gone: dict[str, BootstrapError] = {}
        self.over: BootstrapError | None = None

    def gone(self, registry: str) -> BootstrapError | None:
        """Return why ``registry`` is held for gone; None when it is not."""
        return self._gone.get(registry)

    def in_order(self, origins: Iterable[Origin]) -> list[Origin]:
        """Return ``origins``, last those of registries that failed when they were asked last."""
        with self._lock:
            return sorted(origins, key=lambda origin: origin.registry in self._shunned)

    def answered(self, registry: str) -> None:
        """Take note that ``registry`` did what it was asked, or said no."""
        with self._lock:
            self._silences.pop(registry, None)
            self._shunned.discard(registry)

    def failed(self, registry: str, error: BootstrapError) -> None:
        """Take note of one failure: while it is the last word, other registries are asked first."""
        if isinstance(error, RegistryError):
            self.answered(registry)
        with self._lock:
            if isinstance(error, (TransferError, Denied, ConfigError)):  # the rest is of one blob
                self._shunned.add(registry)

    def was_silent(self, registry: str, error: BootstrapError) -> None:
        """Take note of a silence that outlasted all patience."""
        with self._lock:
            self._silences[registry] = self._silences.get(registry, 0) + 1
            if self._silences[registry] >= self._most and registry not in self._gone:
                # Not temporary: nobody is to wait for it any more.
                self._gone[registry] = TransferError(error.what, why=error.why, fix=error.fix)

    def end(self, error: BootstrapError) -> None:
        """Let everything that is left fail with ``error``."""
        with self._lock:
            self.over = self.over or error


def is_silence(error: BootstrapError) -> bool:
    """Return whether ``error`` says that a registry is not there, for the moment at least."""
    return isinstance(error, TransferError) and error.is_temporary
