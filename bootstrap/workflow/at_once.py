"""Several things at once, in threads that nobody has to wait for: Ctrl-C ends the wait at once."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class _Done(Generic[T]):
    number: int
    answer: T | None
    error: BaseException | None


def at_once(works: Sequence[Callable[[], T]], *, most: int) -> list[T]:
    """Do all of ``works``, ``most`` of them at a time, and return their answers in the order given.

    The threads are daemons: when the wait is interrupted, they keep neither us nor the interpreter. What they
    hold open is for whoever interrupts to close.

    Raises:
        BaseException: What the first work that failed raised; the others are not waited for.
    """
    pending: queue.SimpleQueue[tuple[int, Callable[[], T]]] = queue.SimpleQueue()
    done: queue.SimpleQueue[_Done[T]] = queue.SimpleQueue()
    for number, work in enumerate(works):
        pending.put((number, work))

    def run() -> None:
        while True:
            try:
                number, work = pending.get_nowait()
            except queue.Empty:
                return
            try:
                done.put(_Done(number, work(), None))
            except BaseException as error:  # noqa: BLE001  # handed to the one who waits
                done.put(_Done(number, None, error))

    for _ in range(min(most, len(works))):
        threading.Thread(target=run, daemon=True).start()
    answers: dict[int, T] = {}
    for _ in works:
        each = done.get()
        if each.error is not None:
            raise each.error
        answers[each.number] = each.answer  # type: ignore[assignment]  # no error: it is the answer
    return [answers[number] for number in range(len(works))]
