"""The one lock of a mirror host: whoever holds it is the run that is going on. The kernel frees it."""

from __future__ import annotations

import fcntl
import json
import os
import time
from typing import TYPE_CHECKING

from bootstrap.errors import Busy, HostError

if TYPE_CHECKING:
    from pathlib import Path

_PATIENCE_SECONDS = 2.0  # a look by somebody else holds the lock for an instant
_PAUSE_SECONDS = 0.02


class Lock:
    """A file that at most one process has locked; used in a ``with``, and freed when the process ends.

    Args:
        path: Of the file; it is made, and never removed, for that would make two locks of one.
        patience_seconds: How long to wait for it.
    """

    def __init__(self, path: Path, *, patience_seconds: float = _PATIENCE_SECONDS) -> None:
        self._path, self._patience_seconds = path, patience_seconds
        self._file = -1

    def acquire(self, holder: str) -> None:
        """Take it, and say who has it.

        Raises:
            Busy: Another process has it.
            HostError: The file cannot be opened.
        """
        self._file = _open(self._path, os.O_RDWR | os.O_CREAT)
        deadline = time.monotonic() + self._patience_seconds
        while not _try(self._file, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                other = _content(self._file)
                self.release()
                raise Busy(
                    "cannot begin",
                    why=f"run {other or 'unknown'} is going on",
                    fix="wait for it, or stop it: systemctl stop 'bootstrap-registry-mirror@*'",
                )
            time.sleep(_PAUSE_SECONDS)
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, json.dumps(holder).encode(), 0)

    def release(self) -> None:
        """Free it; may be called again."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> Lock:  # noqa: PYI034  # typing.Self is not in 3.9
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def holder(path: Path) -> str | None:
    """Return who holds the lock ``path``; None when it is free. An empty text: somebody, for an instant."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return None if _try(file, fcntl.LOCK_SH) else _content(file)
    finally:
        os.close(file)


def _open(path: Path, flags: int) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, flags | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise HostError(
            f"cannot open the lock {path}", why=str(error), fix="run as root; see the mode of its directory"
        ) from error


def _try(file: int, how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _content(file: int) -> str:
    try:
        return str(json.loads(os.pread(file, 4096, 0)))
    except ValueError:
        return ""
