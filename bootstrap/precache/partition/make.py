"""Making the partition: the whole way from looking to a file system that can be filled."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bootstrap.errors import HostError
from bootstrap.precache.partition import attach, tools
from bootstrap.precache.partition.device import MIB, Device, Partition, content_of, look
from bootstrap.precache.partition.plan import Plan, Wanted, file_system_label, plan, there

LINUX = "8300"  # sgdisk's word for 0FC63DAF-8483-4772-8E79-3D69D8477DE4, "Linux filesystem"
_HEAD = 8 * MIB  # blkid looks for LUKS2's second header up to 4 MiB
# A node's kernel may be older than ours: without these, where this mkfs knows them, RHEL 8.4's can mount it.
_FEATURES = {
    "-m": ("bigtime", "inobtcount", "rmapbt"),
    "-i": ("nrext64", "exchange"),
    "-n": ("parent",),
}


@dataclass(frozen=True)
class Made:
    """What was made, or was there.

    Attributes:
        steps: What was done for it, or would be; a phrase each.
        changed: False when everything was there.
    """

    device: Device
    partition: Partition
    steps: tuple[str, ...]
    changed: bool


def survey(path: Path, wanted: Wanted) -> Plan:
    """Return what has to be done to a disk; nothing is done.

    Raises:
        BootstrapError: See :func:`look` and :func:`plan`.
    """
    device = look(path)
    found = plan(device, wanted)
    if found.is_making and not found.is_erasing:
        where = found.partition
        if content := content_of(device.path, where.start, where.size)[0]:
            old = f"{content}, where the partition goes"
            found = plan(replace(device, is_blank=False, signatures=(old,)), wanted)
    return found


def make(path: Path, wanted: Wanted, confirm: Callable[[Plan], None]) -> Made:
    """Make the partition and its file system as far as they are not there.

    Args:
        path: A disk, or an image of one.
        wanted: What is asked for.
        confirm: Shown what will be done, before anything is; raises to have nothing done.

    Raises:
        BootstrapError: It is refused, or a step failed; the same again goes on from there.
    """
    tools.require()
    real = look(path).path
    with attach.held(real):
        attach.sweep(real)
        found = survey(path, wanted)
        if found.is_nothing:
            return Made(found.device, found.partition, (), False)
        confirm(found)
        _carry_out(_unchanged(path, wanted, found))
        return Made(*_made(path, wanted), found.steps, True)


@contextmanager
def filled(path: Path, wanted: Wanted) -> Iterator[Path]:
    """Mount a disk's partition for as long as it is filled; it has to be there.

    Args:
        path: A disk, or an image of one.
        wanted: By which label, and how much has to go on it.

    Raises:
        ConfigError: It is not there.
        HostError: It is too small, in use, or cannot be mounted.
    """
    tools.require()
    real = look(path).path
    with attach.held(real):
        attach.sweep(real)
        device = look(path)
        partition = there(device, wanted)
        if device.uses:
            raise HostError(
                f"will not write to {path}",
                why="it is in use: " + "; ".join(device.uses),
                fix="end that first (umount …), or give the directory where it is mounted",
            )
        with attach.mounted(device, partition) as place:
            yield place


def _unchanged(path: Path, wanted: Wanted, found: Plan) -> Plan:
    """Return the plan once more; the user may have taken an hour to say yes.

    Raises:
        HostError: It is not what was shown.
    """
    again = survey(path, wanted)
    if again != found:
        raise HostError(
            f"will not write to {path}",
            why="it is not as it was when it was shown",
            fix="type the same again, and look at what is shown then",
        )
    return again


def _carry_out(found: Plan) -> None:
    device, made = found.device, found.partition
    if found.is_erasing:
        tools.run(["wipefs", "--all", str(device.path)], f"erase {device.path}")
        _zero(device, [0, device.size - MIB])
    # So that whoever finds the partition without a file system knows that nobody has anything in it.
    _zero(device, [*range(made.start, made.start + _HEAD, MIB), made.start + made.size - MIB])
    if found.is_making:
        _add(device, made)
    with attach.attached(device, made) as node:
        tools.run(
            ["mkfs.xfs", "-q", *_features(), "-L", file_system_label(made.name), str(node)],
            f"make a file system in partition {made.number} of {device.path}",
        )
        tools.run(["sync", str(node)], f"write everything out to {device.path}")


def _zero(device: Device, places: Iterable[int]) -> None:
    """Overwrite a MiB at each of these bytes."""
    blank = bytes(MIB)
    try:
        file = os.open(device.path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            for place in places:
                os.pwrite(file, blank, place)
            os.fsync(file)
        finally:
            os.close(file)
    except OSError as error:
        raise HostError(
            f"cannot erase {device.path}",
            why=error.strerror or str(error),
            fix="see the kernel's messages (dmesg), and whether the disk is well",
        ) from error


def _add(device: Device, made: Partition) -> None:
    number, first = made.number, made.start // device.sector
    last = (made.start + made.size) // device.sector - 1
    asked = [
        f"--new={number}:{first}:{last}",
        f"--typecode={number}:{LINUX}",
        f"--change-name={number}:{made.name}",
    ]
    tools.run(["sgdisk", *asked, str(device.path)], f"make a partition on {device.path}")
    if not device.is_file:  # a kernel that has not noticed by itself; where it cannot, a loop device does
        tools.run(["partx", "--update", str(device.path)], f"look at {device.path}", good=(0, 1))


def _features() -> list[str]:
    """Return mkfs's options that leave features out."""
    usage = tools.run(["mkfs.xfs"], "make a file system", good=(0, 1, 2)).stderr
    found = []
    for option, names in _FEATURES.items():
        if known := [f"{name}=0" for name in names if f"{name}=" in usage]:
            found += [option, ",".join(known)]
    return found


def _made(path: Path, wanted: Wanted) -> tuple[Device, Partition]:
    """Return what is there now, which is what was to be made.

    Raises:
        HostError: It is not.
    """
    found = survey(path, replace(wanted, erase=None))
    if not found.is_nothing:
        raise HostError(
            f"cannot find the partition that was made on {path}",
            why="the disk does not give back what was written to it",
            fix="see the kernel's messages (dmesg), and whether the disk is well",
        )
    return found.device, found.partition
