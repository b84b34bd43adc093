"""Blobs by digest below a directory: one that has its name is whole, whatever ended us before."""

from __future__ import annotations

import errno
import os
import re
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path

from bootstrap.errors import BootstrapError, DigestMismatch
from bootstrap.mirror.checksums import sum_of
from bootstrap.mirror.disk import Disk, DiskFull, gigabytes
from bootstrap.oci.descriptor import Descriptor
from bootstrap.oci.digest import Digest
from bootstrap.oci.manifest import AnyManifest
from bootstrap.precache.disk import direct
from bootstrap.precache.disk.names import BLOBS, PARTIAL
from bootstrap.store.layout import LayoutStore, unwritable

_FULL = (errno.ENOSPC, errno.EDQUOT)
_HEX = re.compile(r"[0-9a-f]{64}")


class DiskStore(LayoutStore):
    """The blobs of a disk; nothing but what is written has names, no index is kept.

    Args:
        path: Has, or will have, ``blobs/sha256``.
        top: The disk's directory, for messages and free space.

    Attributes:
        written: Files that may not have reached the disk yet; see :func:`synced`.
    """

    def __init__(self, path: Path, top: Path | None = None) -> None:
        super().__init__(path)
        self._top = top or path
        self.blobs = path / BLOBS
        self.written: list[Path] = []
        self._gate = threading.Lock()
        self._is_made = False

    def sizes(self) -> dict[str, int]:
        """Return the bytes of each blob that is there, by the hex of its digest."""
        try:
            with os.scandir(self.blobs) as entries:
                return {
                    each.name: each.stat(follow_symlinks=False).st_size
                    for each in entries
                    if _HEX.fullmatch(each.name) and each.is_file(follow_symlinks=False)
                }
        except FileNotFoundError:
            return {}

    def is_right(self, digest: Digest, stop: threading.Event) -> bool:
        """Return whether a blob has the bytes that its name stands for; reads it.

        Raises:
            Stopped: ``stop`` was set.
        """
        try:
            return sum_of(self._file(digest), stop) == digest.hex
        except OSError:  # a bad sector is no content either
            return False

    def near(self, digest: Digest) -> AnyManifest | None:
        """Return a manifest that is there and right; None for any other."""
        try:
            return self._manifest(digest)
        except (BootstrapError, DigestMismatch):
            return None

    def tidy(self) -> None:
        """Remove what a killed run had begun to write."""
        for left in self.blobs.glob(f"*{PARTIAL}"):
            left.unlink(missing_ok=True)

    def remove(self, digests: Iterable[str]) -> None:
        """Remove blobs by the hex of their digests."""
        for name in digests:
            (self.blobs / name).unlink(missing_ok=True)

    def push_manifest(self, repository: str, content: bytes, media_type: str, *, tag: str | None) -> Digest:  # noqa: ARG002  # one place for all
        """See ``Destination``; what it names is not looked for, for it is here as far as nodes want it."""
        digest = Digest.of(content)
        self._write(self._file(digest), [content])
        return digest

    def put(self, content: bytes) -> None:
        """Have a blob of these bytes."""
        path = self._file(Digest.of(content))
        if not path.is_file() or path.read_bytes() != content:
            self._write(path, [content])

    def full(self, size: int) -> BootstrapError | None:
        """Return the error that ``size`` more bytes have no room; None if they have."""
        return Disk(str(self._top), str(self._top)).full(size)

    def _write(self, path: Path, chunks: Iterable[bytes]) -> None:
        partial = ""
        try:
            if not self._is_made:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._is_made = True
            handle, partial = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name[:16]}.", suffix=PARTIAL)
            try:
                direct.write(handle, chunks)
                os.fchmod(handle, 0o644)
            finally:
                os.close(handle)
            os.replace(partial, path)  # noqa: PTH105  # partial is the text that mkstemp gives
        except BaseException as error:
            if partial:
                Path(partial).unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise as_full(self._top, error) or unwritable(path, error) from error
            raise
        with self._gate:
            self.written.append(path)


def as_full(top: Path, error: OSError) -> DiskFull | None:
    """Return the error that there is no room any more; None when ``error`` says something else."""
    if error.errno not in _FULL:
        return None
    found = os.statvfs(top)
    return DiskFull(
        f"the disk {top} is full",
        why=f"{gigabytes(found.f_bavail * found.f_frsize)} are free, and {os.strerror(error.errno)}",
        fix="free space there (of an image of a disk: where the image is), or give a larger one, and run the "
        "same command again: what is whole is kept",
    )


def descriptor_of(content: bytes) -> Descriptor:
    """Describe bytes that are no image's."""
    return Descriptor.of(content, "application/octet-stream")
