"""A partition as a block device, and mounted to be filled; nothing of either stays when we are done."""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bootstrap.errors import Busy, HostError
from bootstrap.precache.partition import tools
from bootstrap.precache.partition.device import Device, Partition, loops

_PREFIX = "bootstrap-registry-partition-"
_RUN = Path("/run")
_NO_SURPRISES = "nosuid,nodev,noexec"
_SECTOR = 512  # what sysfs counts in, and what a loop device has
_PATIENCE_SECONDS, _LOOK_SECONDS = 5.0, 0.1


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Keep others of us, and udev, off a disk: udev asks for the same lock (systemd, BLOCK_DEVICE_LOCKING).

    Raises:
        Busy: Another run has it.
    """
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        deadline = time.monotonic() + _PATIENCE_SECONDS  # udev has it for a moment after every change
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Busy(
                        f"cannot use {path} now",
                        why="another run of ours writes to it",
                        fix="wait until that has ended, and type the same again",
                    ) from None
                time.sleep(_LOOK_SECONDS)
        yield
    finally:
        os.close(file)


@contextmanager
def attached(device: Device, partition: Partition) -> Iterator[Path]:
    """Give a partition as a block device: the kernel's own, or else a loop device for as long as that.

    Raises:
        HostError: There can be none.
    """
    node = node_of(device, partition)
    if node is not None:
        yield node
        return
    _require_loop(device)
    where = ["--offset", str(partition.start), "--sizelimit", str(partition.size)]
    what = f"attach partition {partition.number} of {device.path}"
    try:
        yield Path(tools.run(["losetup", "--find", "--show", *where, str(device.path)], what).stdout.strip())
    finally:
        for name in loops(device.path):  # whoever holds the disk saw none before
            tools.run(["losetup", "--detach", name], f"detach {name}", good=(0, 1))


@contextmanager
def mounted(device: Device, partition: Partition) -> Iterator[Path]:
    """Mount a partition where nobody else comes across it, and unmount it whatever happens.

    What was written is on the disk when this ends without an error.

    Raises:
        HostError: It cannot be mounted, written out, or unmounted.
    """
    place = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_RUN)) / "mnt"
    place.mkdir()
    try:
        _mount(device, partition, place)
        try:
            yield place
            tools.run(["sync", "--file-system", str(place)], f"write everything out to {device.path}")
        finally:
            _unmount(place, device.path)
        _flush(device.path)
    finally:
        _remove(place)


def sweep(path: Path) -> None:
    """Unmount what a run of ours left mounted of a disk when it was killed; the disk is :func:`held`."""
    nodes = [*loops(path), *([] if path.is_file() else [str(path)])]
    if not nodes:
        return
    columns = ["--noheadings", "--list", "--output", "MOUNTPOINTS"]
    for place in tools.run(["lsblk", *columns, *nodes], f"look at {path}").stdout.split():
        if place.startswith(f"{_RUN}/{_PREFIX}"):
            _unmount(Path(place), path)
            _remove(Path(place))


def node_of(device: Device, partition: Partition) -> Path | None:
    """Return the kernel's block device of a partition, None where it makes none."""
    if device.is_file:
        return None
    for entry in Path("/sys/class/block", device.path.name).glob("*/partition"):
        start = int((entry.parent / "start").read_text())
        node = Path("/dev") / entry.parent.name
        if int(entry.read_text()) == partition.number and start * _SECTOR == partition.start:
            return node if node.is_block_device() else None
    return None


def _mount(device: Device, partition: Partition, place: Path) -> None:
    node = node_of(device, partition)
    options = [_NO_SURPRISES]
    if node is None:  # mount's own loop device goes when it is unmounted, also after we were killed
        _require_loop(device)
        options += ["loop", f"offset={partition.start}", f"sizelimit={partition.size}"]
    source = str(node or device.path)
    tools.run(
        ["mount", "--types", "xfs", "--options", ",".join(options), source, str(place)],
        f"mount partition {partition.number} of {device.path}",
    )


def _unmount(place: Path, path: Path) -> None:
    """Unmount; somebody may look at it for a moment (a desktop, an indexer)."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while place.is_mount():
        done = tools.run(["umount", str(place)], "unmount", good=range(256))
        if done.returncode != 0 and time.monotonic() > deadline:
            raise HostError(
                f"cannot unmount the partition of {path}",
                why=done.stderr.strip() or f"umount ended with {done.returncode}",
                fix=f"end what uses {place} (see `fuser --mount {place}`), then: umount {place}",
            )
        if done.returncode != 0:
            time.sleep(_LOOK_SECONDS)


def _remove(place: Path) -> None:
    with suppress(OSError):  # what could not be unmounted stays
        place.rmdir()
        place.parent.rmdir()


def _flush(path: Path) -> None:
    """Have a disk, or the file that is one, written out."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(file)
        finally:
            os.close(file)
    except OSError as error:
        raise HostError(
            f"cannot write everything out to {path}",
            why=error.strerror or str(error),
            fix="see the kernel's messages (dmesg), and whether the disk is well",
        ) from error


def _require_loop(device: Device) -> None:
    if device.sector != _SECTOR:
        raise HostError(
            f"cannot use the partitions of {device.path}",
            why="the kernel does not show them, and its sectors are not of 512 bytes",
            fix=f"partprobe {device.path}; or plug it in again, and type the same again",
        )
