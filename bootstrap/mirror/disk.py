"""The disk under one registry: what is free, what a plan takes there, and whether it is full."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bootstrap.errors import HostError
from bootstrap.mirror.footprint import Grain, footprint

if TYPE_CHECKING:
    from bootstrap.mirror.plan import Plan

_LEAST_BYTES = 1024 * 1024  # with less, a registry cannot even write a manifest and its links


class DiskFull(HostError):
    """There is no room for what is being written."""


@dataclass(frozen=True)
class Disk:
    """The disk under one registry.

    Attributes:
        location: Of the registry.
        data_dir: Where it keeps its data on this machine; None when it is on another one.
        free: Free bytes as told by who can see that machine; None to measure ``data_dir``.
    """

    location: str
    data_dir: str | None = None
    free: int | None = None

    def measure(self) -> tuple[object, int] | None:
        """Return the file system's identity and its free bytes, or None when nobody knows.

        Raises:
            HostError: ``data_dir`` cannot be looked at.
        """
        if self.free is not None:
            return self.location, self.free
        if self.data_dir is None:
            return None
        try:
            statistics = os.statvfs(self.data_dir)
            return os.stat(self.data_dir).st_dev, statistics.f_bavail * statistics.f_frsize  # noqa: PTH116  # one call with statvfs
        except OSError as error:
            raise self._unseen(error) from error

    def footprint(self, plan: Plan) -> int:
        """Return the bytes by which carrying out ``plan`` shrinks the free space of this disk.

        Raises:
            HostError: ``data_dir`` cannot be looked at.
        """
        if not plan.todo:
            return 0
        shelves: list[str] = []
        if self.data_dir is not None:
            with contextlib.suppress(OSError):
                shelves = os.listdir(f"{self.data_dir}/docker/registry/v2/blobs/sha256")  # noqa: PTH208  # names
        return footprint(plan, self._grain(), shelves)

    def _grain(self) -> Grain:
        """Return what small files take; that of ext4 where nobody knows."""
        if self.data_dir is None:
            return Grain()
        try:
            found = os.stat(self.data_dir)  # noqa: PTH116  # likewise
            block = os.statvfs(self.data_dir).f_frsize
        except OSError as error:
            raise self._unseen(error) from error
        # XFS, btrfs and tmpfs keep a small directory in the inode.
        return Grain(block, min(block, found.st_blocks * 512))

    def _unseen(self, error: OSError) -> HostError:
        return HostError(
            f"cannot see the disk of {self.location}",
            why=f"{self.data_dir}: {error.strerror}",
            fix="run `bootstrap-registry up`, which makes the directory",
        )

    def full(self, size: int) -> DiskFull | None:
        """Return the error that ``size`` more bytes have no room; None if they have, or nobody knows."""
        if self.data_dir is None:
            return None
        try:
            found = os.statvfs(self.data_dir)
        except OSError:
            return None
        free = found.f_bavail * found.f_frsize
        if free >= max(size, _LEAST_BYTES):
            return None
        return DiskFull(
            f"the disk of {self.location} is full",
            why=f"{gigabytes(free)} are free under {self.data_dir}",
            fix="free space there, and run the same command again: it moves only what is missing",
        )


def gigabytes(size: int) -> str:
    """Return bytes for a person: ``25.3 GB``, or ``0.4 MB`` below a tenth of one."""
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.1f} MB"
