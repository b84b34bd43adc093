"""Faults on demand: what a test asks the fake registry to do wrong, where and how often."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["status", "reset", "truncate", "corrupt", "stall", "deaf", "lost", "revoke", "slow", "pause"]

_STALL_LIMIT_SECONDS = 30.0  # a test that forgets to release must fail, not hang


@dataclass
class Fault:
    """One fault.

    Args:
        kind: ``status`` answers with it instead; ``reset`` breaks the connection after ``after`` bytes of the
            request's body; ``truncate`` does so after ``after`` bytes of the answer's body; ``corrupt`` flips
            a bit in the middle of the answer's body; ``stall`` waits before answering until released, and
            ``deaf`` before reading the request's body; ``lost`` does what was asked, and resets then;
            ``revoke`` makes all tokens void: a 401 in the middle; ``slow`` drips the answer; ``pause`` waits
            after ``after`` bytes of the answer's body until released.
        route: A regular expression, searched in ``METHOD /path``.
        times: How many requests it hits; None for all.
        skip: How many it lets pass before.
    """

    kind: Kind
    route: re.Pattern[str]
    times: int | None
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    after: int = 0
    skip: int = 0
    hits: int = 0
    reached: threading.Event = field(default_factory=threading.Event)
    _released: threading.Event = field(default_factory=threading.Event)

    def release(self) -> None:
        """Let stalled requests go on, and those that come."""
        self._released.set()

    def wait(self) -> None:
        """Stall the caller."""
        self.reached.set()
        assert self._released.wait(_STALL_LIMIT_SECONDS), f"nobody released {self.route.pattern}"


class Faults:
    """The faults of one registry; for many threads."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, kind: Kind, route: str, *, times: int | None = 1, **options: object) -> Fault:
        fault = Fault(kind, re.compile(route), times, **options)
        with self._lock:
            self._faults.append(fault)
        return fault

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault that hits this request, and count it."""
        with self._lock:
            for fault in self._faults:
                if fault.times != 0 and fault.route.search(f"{method} {path}"):
                    if fault.skip:
                        fault.skip -= 1
                        continue
                    fault.times = None if fault.times is None else fault.times - 1
                    fault.hits += 1
                    return fault
        return None

    def quiet(self) -> None:
        """Let no fault hit any more; what stalls goes on stalling."""
        with self._lock:
            for fault in self._faults:
                fault.times = 0

    def clear(self) -> None:
        """Forget all faults, and release what stalls."""
        with self._lock:
            faults, self._faults = self._faults, []
        for fault in faults:
            fault.release()
