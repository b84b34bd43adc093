"""What a format of a disk can do; one file for each implementation."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bootstrap.oci.digest import Digest
from bootstrap.precache.disk.store import DiskStore
from bootstrap.precache.disk.view import DiskImage

BLOCK = 4096  # bytes: what a small file, a directory or a link takes at most on ext4 and XFS


@dataclass(frozen=True)
class Found:
    """What a directory has of a disk.

    Attributes:
        todo: Images that are not whole.
        present: Blobs that are there and right, as far as anybody looked; of ``todo`` the others are fetched.
        damaged: Files that are not what their names say; they are removed before anything is written.
        files: How many blobs or archives the disk is to have.
        files_there: Of these, how many are there.
        size: Bytes of them.
        size_there: Bytes of those that are there.
        needed: Bytes by which the free space will shrink.
    """

    todo: tuple[DiskImage, ...]
    present: frozenset[Digest]
    damaged: tuple[Path, ...]
    files: int
    files_there: int
    size: int
    size_there: int
    needed: int


class Form(Protocol):
    """A disk in one format, in a directory.

    Attributes:
        store: Where the blobs go that have to be fetched.
        own: Paths below the directory that this disk has; see ``stale``.
    """

    store: DiskStore
    own: frozenset[str]

    def look(self, *, verify: bool, stop: threading.Event) -> Found:
        """Return what is there.

        Args:
            verify: Read and hash all of it; else sizes are looked at.
            stop: Ends it.

        Raises:
            Stopped: ``stop`` was set.
            HostError: The directory cannot be read.
        """

    def finish(self, found: Found, stop: threading.Event, told: Callable[[int], None]) -> Mapping[str, str]:
        """Make what nodes read, once the blobs are there; what is so already is left alone.

        Args:
            found: What there was before.
            stop: Ends it.
            told: Told of bytes as they are written.

        Returns:
            The SHA-256 of every file, in hex, by path.

        Raises:
            OSError: It cannot be written.
            Stopped: ``stop`` was set.
        """

    def written(self) -> list[Path]:
        """Return the files that may not have reached the disk yet."""

    def clean(self) -> None:
        """Remove what was only needed meanwhile."""


def rounded(size: int) -> int:
    """Return what a file of ``size`` bytes takes of the disk."""
    return -(-size // BLOCK) * BLOCK
