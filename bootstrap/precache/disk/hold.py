"""One builder at a time, and a mark of what is not finished.

The mark is there from before the first byte until after the last: who finds it knows that the lists may not
say what is on the disk. When the machine went down in between, it says so, too: bytes may be missing then in
files that have their names.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bootstrap.credentials import files
from bootstrap.errors import Busy
from bootstrap.precache.disk.names import UNFINISHED

_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Unfinished:
    """What an earlier run has left.

    Attributes:
        archives: Names of files that it was to write.
        has_restarted: The machine has been down since, or it was another one.
    """

    archives: tuple[str, ...]
    has_restarted: bool


@contextmanager
def alone(directory: Path) -> Iterator[None]:
    """Be the only one who writes to ``directory``, inside the ``with``.

    Raises:
        Busy: Somebody else does.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(
                f"cannot write to {directory}",
                why="another `precache disk` is writing there",
                fix="wait for it to end, and run this again",
            ) from None
        yield
    finally:
        os.close(descriptor)


def unfinished(directory: Path) -> Unfinished | None:
    """Return what an earlier run has left; None where there is nothing to finish."""
    content = files.read(directory / UNFINISHED)
    if content is None:
        return None
    boot, archives = "", tuple[str, ...]()
    with suppress(ValueError, KeyError, TypeError):
        value = json.loads(content)
        boot, archives = value["boot"], tuple(map(str, value["archives"]))
    return Unfinished(archives, not boot or boot != _boot())


def begin(directory: Path, archives: Sequence[str]) -> None:
    """Mark the disk as unfinished."""
    value = {"schema": 1, "boot": _boot(), "archives": sorted(archives)}
    files.replace(directory / UNFINISHED, (json.dumps(value, indent=1) + "\n").encode(), 0o644)


def end(directory: Path) -> None:
    """Take the mark away; all else has reached the disk."""
    if (directory / UNFINISHED).exists():  # one that is mounted for reading can be looked at, too
        (directory / UNFINISHED).unlink()


def _boot() -> str:
    try:
        return _BOOT.read_text().strip()
    except OSError:
        return ""
