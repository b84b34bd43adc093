"""Small files that are replaced as a whole, and what it takes for all that is written to stay."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
from collections.abc import Collection, Iterable
from pathlib import Path

from bootstrap.errors import HostError
from bootstrap.mirror.pool import Stopped
from bootstrap.precache.disk.names import PARTIAL, PROBE

_NONE_OF_THESE = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS)


class Files:
    """Writes files that are other than before.

    Attributes:
        written: Those that may not have reached the disk yet.
    """

    def __init__(self) -> None:
        self.written: list[Path] = []

    def put(self, path: Path, content: bytes) -> str:
        """Have ``path`` hold ``content``, whole; returns its SHA-256 in hex.

        Raises:
            OSError: It cannot be written.
        """
        if not path.is_file() or path.is_symlink() or path.read_bytes() != content:
            partial = path.with_name(f".{path.name}{PARTIAL}")
            partial.unlink(missing_ok=True)
            try:
                partial.write_bytes(content)
                partial.chmod(0o644)
                with partial.open("rb") as file:
                    os.fsync(file.fileno())
                partial.replace(path)
            except BaseException:
                partial.unlink(missing_ok=True)
                raise
            self.written.append(path)
        return hashlib.sha256(content).hexdigest()


def refuse_poor(directory: Path, *, needs_links: bool) -> None:
    """See that a file system can hold a disk before anything is fetched for it.

    Raises:
        HostError: It has no links, or no rights of files.
        OSError: It cannot be written at all.
    """
    probe = directory / PROBE
    probe.unlink(missing_ok=True)
    lacks = "rights of files"
    try:
        probe.write_bytes(b"")
        probe.chmod(0o644)
        probe.unlink()
        if needs_links:
            lacks = "symbolic links"
            probe.symlink_to("nowhere")
    except OSError as error:
        if error.errno not in _NONE_OF_THESE:
            raise
        raise HostError(
            f"cannot write a disk to {directory}",
            why=f"its file system has no {lacks} ({error.strerror}), as FAT and exFAT have none",
            fix="make it XFS or ext4; `precache partition` makes the partition that nodes find",
        ) from error
    finally:
        probe.unlink(missing_ok=True)


def sync(paths: Collection[Path], stop: threading.Event) -> None:
    """Return when these files, and their names, have reached the disk.

    Raises:
        OSError: They cannot.
        Stopped: ``stop`` was set.
    """
    for path in [*paths, *_directories(paths)]:
        if stop.is_set():
            raise Stopped
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _directories(paths: Iterable[Path]) -> list[Path]:
    return sorted({path.parent for path in paths})
