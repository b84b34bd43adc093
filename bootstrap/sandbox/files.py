"""Files that others may read or write at the same time: locks, whole-file replacement, marked blocks."""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path


@contextmanager
def locked(path: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold an exclusive lock on ``path``, made with its directory when missing, removable by its holder.

    ``waiting`` is called once if another holds it.
    """
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                waiting()
                fcntl.flock(lock, fcntl.LOCK_EX)
            if path.exists() and os.fstat(lock.fileno()).st_ino == path.stat().st_ino:
                yield
                return  # else its last holder removed it, and what we hold guards nothing


def replace(path: Path, content: str, *, mode: int) -> None:
    """Give ``path`` new content at once: readers see the old or the new, and never wider open than ``mode``.

    What something is mounted on (``/etc/hosts`` in a container) cannot be replaced and is written over.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as out:
            os.fchmod(out.fileno(), mode)  # the umask must not make it narrower either
            out.write(content)
        partial.replace(path)
    except OSError as error:
        if error.errno not in (errno.EBUSY, errno.EXDEV):
            raise
        path.write_text(content)
    finally:
        partial.unlink(missing_ok=True)


def set_block(path: Path, name: str, lines: Sequence[str]) -> None:
    """Put ``lines`` between two marks of ours in ``path``, or remove them and the marks when there are none.

    The rest of the file and its mode stay. Nothing is written when nothing would change.
    """
    begin, end = f"# BEGIN {name}", f"# END {name}"
    before = path.read_text() if path.exists() else ""
    kept, inside = [], False
    for line in before.splitlines():
        if line in (begin, end):
            inside = line == begin
        elif not inside:
            kept.append(line)
    block = [begin, *lines, end] if lines else []
    after = "".join(f"{line}\n" for line in [*kept, *block])
    if after != before:
        replace(path, after, mode=path.stat().st_mode & 0o7777 if path.exists() else 0o644)
