"""Threads that work off tasks; a task may add tasks, and none ever waits for another."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Callable, Iterable, TypeVar, Union

from bootstrap.errors import BootstrapError
from bootstrap.registry.retry import Stopped

__all__ = ["Stopped", "WorkPool", "each"]

T = TypeVar("T")
R = TypeVar("R")

TICK_SECONDS = 0.5
_GRACE_SECONDS = 10.0  # for tasks under way when we are stopped; one may hang in a silent connection

Task = Callable[[], object]


class WorkPool:
    """Works off tasks by priority, the lowest number first, then in the order added.

    Args:
        workers: Threads, >= 1.
        stop: Set by who wants everything to end.
    """

    def __init__(self, workers: int, stop: threading.Event) -> None:
        self._stop = stop
        lock = threading.Lock()
        self._ready = threading.Condition(lock)  # a worker waits here for a task
        self._over = threading.Condition(lock)  # and who called run() here for the end
        self._tasks: list[tuple[int, int, Task]] = []
        self._numbers = itertools.count()
        self._active = 0
        self._broken: BaseException | None = None
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(workers)]

    def add(self, priority: int, task: Task) -> None:
        """Add a task; also from within one. Whatever it raises ends the pool: it is a bug, or ``Stopped``."""
        with self._ready:
            heapq.heappush(self._tasks, (priority, next(self._numbers), task))
            self._ready.notify()

    def run(self, tick: Callable[[], None]) -> None:
        """Work until no task is left; ``tick`` is called twice a second meanwhile, on this thread.

        Raises:
            Stopped: ``stop`` was set; tasks not yet begun are not done.
        """
        for thread in self._threads:
            thread.start()
        while True:
            with self._over:
                if self._over.wait_for(self._is_over, TICK_SECONDS) or self._stop.is_set():
                    self._ready.notify_all()
                    break
            tick()
        deadline = time.monotonic() + _GRACE_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if self._broken is not None:
            raise self._broken
        if self._stop.is_set():
            raise Stopped

    def _is_over(self) -> bool:
        return self._stop.is_set() or self._broken is not None or not (self._tasks or self._active)

    def _work(self) -> None:
        while True:
            with self._ready:
                self._ready.wait_for(lambda: self._tasks or self._is_over())
                if self._is_over():
                    self._over.notify_all()
                    self._ready.notify_all()
                    return
                _, _, task = heapq.heappop(self._tasks)
                self._active += 1
            try:
                task()
            except BaseException as error:  # noqa: BLE001  # handed on by run(), on the caller's thread
                with self._ready:
                    self._broken = self._broken or error
            finally:
                with self._ready:
                    self._active -= 1


def each(
    function: Callable[[T], R], items: Iterable[T], *, workers: int, stop: threading.Event
) -> list[Union[R, BootstrapError]]:
    """Return what ``function`` gives for every item, in their order, or the error it raised.

    Raises:
        Stopped: ``stop`` was set in the meantime.
    """

    def guarded(item: T) -> Union[R, BootstrapError]:
        if stop.is_set():
            raise Stopped
        try:
            return function(item)
        except BootstrapError as error:
            return error

    with ThreadPoolExecutor(max_workers=workers) as executor:
        return list(executor.map(guarded, items))
