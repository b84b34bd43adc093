"""Waiting for a condition, with a deadline: nothing in a sandbox is ever timed by the clock alone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def wait_until(condition: Callable[[], bool], *, timeout_seconds: float, every_seconds: float = 0.05) -> bool:
    """Ask ``condition`` again and again; return True as soon as it holds, False after the deadline."""
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(every_seconds)  # between two looks at a condition
    return True
