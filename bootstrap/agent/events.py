"""A run's events: numbered lines of JSON in a file, which followers read as it grows.

The kinds and their fields are the agent's protocol; a reader skips kinds it does not know.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import json
import os
import threading
import time
from typing import TYPE_CHECKING, Any, Callable, Iterator

from bootstrap.errors import BootstrapError, ExitCode, HostError, Problems

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = 1
_POLL_SECONDS = 0.2
_ROOM_FOR_EVENTS = 64 * 1024  # bytes; a run tells less in its last words


class EventLog:
    """The events of one run, written by that run alone; for many threads.

    Args:
        path: Of the file; made readable for everyone, as there is no secret in any event.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._number, self._lock = path, 0, threading.Lock()
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)

    def emit(self, kind: str, **fields: object) -> None:
        """Write one event, at once.

        Raises:
            HostError: The file cannot be written.
        """
        with self._lock:
            self._number += 1
            line = render(self._number, kind, fields)
            try:
                self._write(line.encode())
                if kind == "run_finished":
                    os.fsync(self._file)
            except OSError as error:
                raise HostError(
                    f"cannot write {self._path}", why=str(error), fix="see the free space of its file system"
                ) from error

    def _write(self, line: bytes) -> None:
        """Write all of a line or, where the disk is full, nothing."""
        size = os.fstat(self._file).st_size
        if os.write(self._file, line) < len(line):
            os.ftruncate(self._file, size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def failed(self, error: BootstrapError) -> None:
        """Write one event ``failed`` for each problem of ``error``."""
        for problem in error.problems if isinstance(error, Problems) else (error,):
            self.emit("failed", **as_fields(problem))

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def render(number: int, kind: str, fields: dict[str, Any]) -> str:
    """Return an event's line, with its newline."""
    event = {"n": number, "schema": SCHEMA, "time": now(), "event": kind, **fields}
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")) + "\n"


def as_fields(error: BootstrapError) -> dict[str, object]:
    """Return an error as events and answers tell it."""
    return {"what": error.what, "why": error.why, "fix": error.fix, "exit_code": int(error.exit_code)}


def now() -> str:
    """Return the time as RFC 3339 in UTC: ``2026-11-21T04:00:00Z``."""
    return dt.datetime.now(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def follow(path: Path, first: int, is_alive: Callable[[], bool]) -> Iterator[str]:
    """Yield the lines of a run's events from number ``first`` on, as they come, to the one that ends it.

    Args:
        path: Of the events.
        first: 1 for all of them.
        is_alive: Whether the run goes on. When it does not and has not said its end, an event of ours does.
    """
    number, rest = 0, b""
    with path.open("rb") as file:
        while True:
            alive = is_alive()  # asked before reading: what a run writes before it ends is seen
            *lines, rest = (rest + file.read()).split(b"\n")
            for line in lines:
                event = _parsed(line)
                if event is None:
                    continue
                number = int(event["n"])
                if number >= first:
                    yield line.decode() + "\n"
                if event["event"] == "run_finished":
                    return
            if not alive:
                if is_full(path):
                    number += 1
                    yield render(number, "failed", as_fields(_no_space(path)))
                yield render(number + 1, "run_finished", _died())
                return
            if not lines:
                time.sleep(_POLL_SECONDS)


def last_outcome(path: Path) -> str | None:
    """Return how the run of these events ended; None when it was cut off."""
    with contextlib.suppress(OSError):
        last = _parsed(path.read_bytes().rstrip(b"\n").rpartition(b"\n")[2])
        if last is not None and last["event"] == "run_finished":
            return str(last["outcome"])
    return None


def _parsed(line: bytes) -> dict[str, Any] | None:
    """Return an event, or None for what a power cut made of one: ext4 and XFS may leave zeros there."""
    with contextlib.suppress(ValueError, KeyError, TypeError):
        event = json.loads(line)
        if isinstance(event["event"], str) and isinstance(event["n"], int):
            return dict(event)
    return None


def is_full(path: Path) -> bool:
    """Say whether there is no room for anything on the file system of ``path``."""
    found = os.statvfs(path)
    return found.f_bavail * found.f_frsize < _ROOM_FOR_EVENTS


def _no_space(path: Path) -> HostError:
    return HostError(
        "the run ended without a word",
        why=f"the disk is full: nothing can be written to {path.parent}",
        fix="free space there, and run the same command again: it moves only what is missing",
    )


def _died() -> dict[str, Any]:
    return {"outcome": "died", "exit_code": int(ExitCode.TRANSFER), "registries": [], "seconds": 0.0}
