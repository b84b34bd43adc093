"""Files of the site state: private from the first byte, whole or not there, made by one process at a time."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bootstrap.errors import HostError

PRIVATE_FILE = 0o600
PRIVATE_DIRECTORY = 0o700
_LOCK = "lock"


def read(path: Path) -> bytes | None:
    """Return the file's bytes, or None where there is none.

    Raises:
        HostError: It is there and cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise HostError(
            f"cannot read {path} on the controller",
            why=error.strerror or str(error),
            fix="make it readable for the user that runs this, or run as its owner",
        ) from error


def replace(
    path: Path, content: bytes, mode: int = PRIVATE_FILE, *, owner: tuple[int, int] | None = None
) -> bool:
    """Make ``path`` hold exactly ``content`` with ``mode``; its directory is made 0700 when missing.

    The file is created under another name with no more rights than ``mode``, synced, then renamed: who
    reads it sees the old bytes or the new ones.

    Args:
        path: Where to write.
        content: All of it.
        mode: Its permissions.
        owner: User and group that a changed file is to have, where we may give it to them.

    Returns:
        Whether anything was changed.

    Raises:
        HostError: The file system refuses.
    """
    try:
        if _is_so(path, content, mode):
            return False
        _make_private(path.parent)
        # mkstemp creates with O_EXCL and 0600.
        descriptor, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                os.fchmod(file.fileno(), mode)
                if owner is not None:
                    with suppress(PermissionError):
                        os.fchown(file.fileno(), *owner)
                file.flush()
                os.fsync(file.fileno())
            Path(partial).replace(path)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(partial).unlink()
            raise
        _sync_directory(path.parent)
    except OSError as error:
        raise HostError(
            f"cannot write {path} on the controller",
            why=error.strerror or str(error),
            fix="make its directory writable for the user that runs this, and see that the disk is not full",
        ) from error
    return True


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold the one lock of the state ``directory`` (made 0700 when missing), waiting for other processes.

    What is made once is made under this lock: Ansible works on several hosts in several processes.
    """
    try:
        _make_private(directory)
        descriptor = os.open(directory / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
    except OSError as error:
        raise HostError(
            f"cannot write {directory} on the controller",
            why=error.strerror or str(error),
            fix="make it writable for the user that runs this; it is the site's own state",
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _is_so(path: Path, content: bytes, mode: int) -> bool:
    try:
        return path.read_bytes() == content and path.stat().st_mode & 0o7777 == mode
    except FileNotFoundError:
        return False


def _make_private(directory: Path) -> None:
    """Make a directory and its missing parents, all 0700: ``mkdir(parents=True)`` asks the umask."""
    missing = [one for one in (directory, *directory.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
