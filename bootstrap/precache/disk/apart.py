"""Long work beside the main thread, which hears Ctrl-C meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_TICK_SECONDS = 0.5
_GRACE_SECONDS = 15.0  # for what is under way when we are stopped; one may hang in a silent connection


def apart(work: Callable[[], T], stop: threading.Event, tick: Callable[[], None] = lambda: None) -> T:
    """Return what ``work`` gives, done on another thread; ``tick`` is called twice a second on this one.

    Args:
        work: Ends soon once ``stop`` is set.
        stop: Set by us when this thread is interrupted.
        tick: Tells how far it is.

    Raises:
        BaseException: What ``work`` raised; or what interrupted this thread, once ``work`` has ended.
    """
    given: list[T] = []
    raised: list[BaseException] = []
    # Not Thread.join: interrupted, it takes the thread for ended (CPython before 3.13, bpo-45274).
    over = threading.Event()

    def do() -> None:
        try:
            given.append(work())
        except BaseException as error:  # noqa: BLE001  # raised again, on the caller's thread
            raised.append(error)
        finally:
            over.set()

    thread = threading.Thread(target=do, daemon=True)
    try:
        thread.start()
        while not over.wait(_TICK_SECONDS):
            tick()
        tick()
    except BaseException:
        stop.set()
        if thread.ident is not None:
            over.wait(_GRACE_SECONDS)
        raise
    if raised:
        raise raised[0]
    return given[0]
