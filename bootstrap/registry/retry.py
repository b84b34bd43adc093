"""When and how long to wait before the same request is sent again.

Only what is marked temporary is repeated. All waiting of this package happens in ``wait``, so that tests can
switch it off.
"""

from __future__ import annotations

import contextlib
import email.utils
import random
import threading
import time
from dataclasses import dataclass
from typing import Callable, Iterator, TypeVar

from bootstrap.errors import BootstrapError, TransferError
from bootstrap.registry.errors import ServerFault

T = TypeVar("T")

_SLICE_SECONDS = 0.1
RETRY_AFTER_LIMIT_SECONDS = 300.0  # a registry that asks for more is obeyed this far, then asked again
FAULT_ATTEMPTS = (
    3  # for a 500, which may be a moment's, or a full disk or damaged storage that no patience mends
)

_recorded: list[float] | None = None


class Stopped(Exception):
    """We were asked to stop (SIGTERM); not a failure of anything."""


@dataclass(frozen=True)
class RetryPolicy:
    """How often to try, and the waits between: doubled each time, with jitter.

    Args:
        attempts: Requests in all, >= 1; 1 never repeats.
        first_seconds: Longest wait before the second attempt.
        longest_seconds: Longest wait before any.
        stop: Ends every wait once it is set.
    """

    attempts: int = 5
    first_seconds: float = 0.5
    longest_seconds: float = 20.0
    stop: threading.Event | None = None

    def delay_seconds(self, attempt: int) -> float:
        """Return how long to wait after failed attempt number ``attempt``, the first being 1.

        Between half of the bound and all of it, so that many workers do not come back at the same moment.
        """
        bound = min(self.longest_seconds, self.first_seconds * 2.0 ** (attempt - 1))
        return bound * random.uniform(0.5, 1.0)  # noqa: S311  # jitter, not a secret

    def wait(self, attempt: int) -> None:
        """Wait after failed attempt number ``attempt``.

        Raises:
            Stopped: ``stop`` is set.
        """
        wait(self.delay_seconds(attempt), self.stop)

    def run(self, attempt: Callable[[], T], again: Callable[[], None] = lambda: None) -> T:
        """Call ``attempt`` until it returns, fails for good, or was tried often enough.

        Args:
            attempt: Raises an error that is marked temporary when another try may help.
            again: Called before each try but the first.

        Raises:
            Stopped: ``stop`` is set, and it would have been tried again.
        """
        number = 1
        while True:
            try:
                return attempt()
            except BootstrapError as error:
                most = self._most(error)
                if number >= most:
                    if not isinstance(error, TransferError) or most == 1 or "(tried " in error.why:
                        raise
                    why = f"{error.why} (tried {number} times)"
                    raise TransferError(error.what, why=why, fix=error.fix, is_temporary=True) from error
            again()
            self.wait(number)
            number += 1

    def _most(self, error: BootstrapError) -> int:
        """Return how often to try in all what failed with ``error``."""
        if isinstance(error, ServerFault):
            return min(self.attempts, FAULT_ATTEMPTS)
        return self.attempts if may_pass(error) else 1


def may_pass(error: BootstrapError) -> bool:
    """Return whether what failed with ``error`` may well succeed a moment later."""
    return isinstance(error, ServerFault) or (isinstance(error, TransferError) and error.is_temporary)


class Gate:
    """Holds all requests to one registry back while it asks for patience (``Retry-After``).

    Args:
        stop: Ends the wait.
    """

    def __init__(self, stop: threading.Event | None = None) -> None:
        self._stop = stop
        self._lock = threading.Lock()
        self._opens_at = 0.0

    def close_for(self, seconds: float) -> None:
        """Let nobody pass for ``seconds``; never shortens what was asked for before."""
        opens_at = time.monotonic() + min(seconds, RETRY_AFTER_LIMIT_SECONDS)
        with self._lock:
            self._opens_at = max(self._opens_at, opens_at)

    def pass_through(self) -> None:
        """Wait until the gate is open."""
        with self._lock:
            seconds = self._opens_at - time.monotonic()
        if seconds > 0:
            wait(seconds, self._stop)
            if _recorded is not None:
                self._opens_at = 0.0


def retry_after_seconds(value: str | None) -> float | None:
    """Read a ``Retry-After`` header: seconds or an HTTP date; None when absent or unreadable.

    Source: RFC 9110, 10.2.3.
    """
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        then = email.utils.parsedate_to_datetime(value).timestamp()
    except (TypeError, ValueError):
        return None
    return max(0.0, then - time.time())


def wait(seconds: float, stop: threading.Event | None = None) -> None:
    """Sleep, unless a test is recording.

    Raises:
        Stopped: ``stop`` is set, or was so in the meantime.
    """
    if _recorded is not None:
        _recorded.append(seconds)
        seconds = 0.0
    # Not Event.wait: this may be the main thread, and the signal's handler, which runs on it and sets the
    # event, would wait for ever for the lock that an interrupted Event.wait holds.
    ends_at = time.monotonic() + seconds
    while not (stop is not None and stop.is_set()):
        left = ends_at - time.monotonic()
        if left <= 0:
            return
        time.sleep(left if stop is None else min(left, _SLICE_SECONDS))
    raise Stopped


@contextlib.contextmanager
def testing() -> Iterator[list[float]]:
    """Switch all waiting off while inside; gives the list of what would have been waited, in seconds."""
    global _recorded  # noqa: PLW0603  # one switch for the process is the point
    before, _recorded = _recorded, []
    try:
        yield _recorded
    finally:
        _recorded = before
