"""Will it fit? Asked of every file system before the first byte is written."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Mapping, Sequence

from bootstrap.errors import HostError, Problems

if TYPE_CHECKING:
    from bootstrap.mirror.plan import Plan

# What a registry writes besides blobs (manifests, links, directories), and what the host needs to live.
_MARGIN_SHARE = 0.05
_MARGIN_BYTES = 256 * 1024 * 1024
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
            raise HostError(
                f"cannot see the disk of {self.location}",
                why=f"{self.data_dir}: {error.strerror}",
                fix="run `bootstrap-registry up`, which makes the directory",
            ) from error

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


def needed(bytes_missing: int) -> int:
    """Return the free bytes to ask for before so many are written; 0 for none."""
    return int(bytes_missing * (1 + _MARGIN_SHARE)) + _MARGIN_BYTES if bytes_missing else 0


def check(plans: Sequence[Plan], disks: Mapping[str, Disk]) -> list[str]:
    """See that every plan fits, registries on one file system counted together.

    Args:
        plans: Of all registries.
        disks: By location.

    Returns:
        Locations of registries about whose disk nothing is known, though there is something to write.

    Raises:
        HostError: It does not fit, or cannot be looked at.
    """
    unknown: list[str] = []
    wanted: dict[object, tuple[int, int, list[str]]] = {}
    for plan in plans:
        if not plan.bytes_missing:
            continue
        measured = disks[plan.registry].measure()
        if measured is None:
            unknown.append(plan.registry)
            continue
        system, free = measured
        before, _, names = wanted.get(system, (0, free, []))
        wanted[system] = (before + plan.bytes_missing, free, [*names, plan.registry])
    problems = [
        HostError(
            f"cannot store the images in {' and '.join(names)}",
            why=f"{gigabytes(size)} have to be written, {gigabytes(needed(size))} with what a registry needs "
            f"besides, and {gigabytes(free)} are free",
            fix="free space, or move registry_storage_root to a larger file system; "
            f"{gigabytes(needed(size) - free)} more are needed",
        )
        for size, free, names in wanted.values()
        if needed(size) > free
    ]
    if problems:
        raise problems[0] if len(problems) == 1 else Problems(problems)
    return unknown


def gigabytes(size: int) -> str:
    """Return bytes for a person: ``25.3 GB``, or ``0.4 MB`` below a tenth of one."""
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.1f} MB"
