"""What making the partition on a disk would come to, or why it is refused: decided on values alone."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace

from bootstrap.errors import BootstrapError, ConfigError, HostError, Problems
from bootstrap.precache.ignition.stages import partition_label
from bootstrap.precache.partition.device import MIB, Device, Partition
from bootstrap.precache.partition.sizes import GIB, gib
from bootstrap.precache.spec import LABEL

DEFAULT_SIZE = 250 * GIB  # what a release and the operators of a DU take, with room for the next
XFS = "xfs"
_LEAST_SIZE = 512 * MIB  # mkfs.xfs refuses less than 300 MiB
_ROOM_AT_EITHER_END = MIB  # of a disk: its two tables, and where partitions may begin
_HIGHEST_NUMBER = 128
# What xfs keeps for itself: its log, and about a hundredth of the rest.
_XFS_LOG, _XFS_PART = 128 * MIB, 64


@dataclass(frozen=True)
class Wanted:
    """What the user asks for.

    Attributes:
        label: Name of the partition.
        size: Bytes, 0 for all of the disk, None for what is there, or else :data:`DEFAULT_SIZE`.
        number: Of the partition.
        erase: The disk whose content may go, by one of :attr:`Device.names`.
        needed: Bytes that have to go on it; 0 when that is not known.
    """

    label: str = LABEL
    size: int | None = None
    number: int = 1
    erase: str | None = None
    needed: int = 0


@dataclass(frozen=True)
class Plan:
    """What will be done to a disk, in this order.

    Attributes:
        partition: As it will be.
        is_erasing: Everything that is on the disk goes.
        is_making: The partition is made; False when it is there.
        is_formatting: The file system is made; False when it is there.
    """

    device: Device
    partition: Partition
    is_erasing: bool = False
    is_making: bool = False
    is_formatting: bool = False

    @property
    def is_nothing(self) -> bool:
        """Everything is there."""
        return not self.is_formatting

    @property
    def steps(self) -> tuple[str, ...]:
        """Return what will be done, a phrase each."""
        it, disk = self.partition, self.device.path
        steps = [f"erase everything that is on {disk}: {', '.join(self.device.contents)}"] * self.is_erasing
        if self.is_making:
            where = f"the last {gib(it.size)} of {disk}, from byte {it.start}"
            steps += [f"make partition {it.number}, called {it.name}: {where} (GPT)"]
        if self.is_formatting:
            steps += [f"make an xfs file system in partition {it.number}, labelled {it.label}"]
        return tuple(steps)


def plan(device: Device, wanted: Wanted) -> Plan:
    """Return what has to be done; a partition with the label and xfs in it is used as it is.

    Raises:
        ConfigError: What is asked for cannot be.
        HostError: The disk cannot take it, or has something on it.
        Problems: Several of these.
    """
    problems = list(_wrong(wanted, device))
    named = _named(device, wanted.label)
    if len(named) > 1:
        problems += [_ambiguous(device, wanted.label, named)]
    if problems:
        raise problems[0] if len(problems) == 1 else Problems(problems)
    if named and named[0].content == XFS:
        _refuse_small(device, named[0], wanted)
        return Plan(device, named[0])
    if device.uses:
        raise _in_use(device)
    if named and not named[0].content:  # an earlier run was ended in between, or somebody made it for us
        _refuse_small(device, named[0], wanted)
        return Plan(device, _formatted(named[0], wanted.label), is_formatting=True)
    is_full = not device.is_blank
    if is_full and wanted.erase is None:
        raise _not_empty(device)
    made = _placed(device, wanted)
    return Plan(device, made, is_erasing=is_full, is_making=True, is_formatting=True)


def there(device: Device, wanted: Wanted) -> Partition:
    """Return the partition that is there to be filled.

    Raises:
        ConfigError: There is none.
        HostError: There are several, or it is too small.
    """
    named = _named(device, wanted.label)
    if len(named) > 1:
        raise _ambiguous(device, wanted.label, named)
    if not named or named[0].content != XFS:
        path = shlex.quote(str(device.path))
        raise ConfigError(
            f"{device.path} has no partition to fill",
            why=f"none is called {wanted.label} and has xfs in it",
            fix=f"make it: `bootstrap-registry precache partition {path} --label {wanted.label}`",
        )
    _refuse_small(device, named[0], wanted)
    return named[0]


def room(size: int) -> int:
    """Return how many bytes of files a partition of ``size`` bytes takes at least."""
    return max(0, size - _XFS_LOG - size // _XFS_PART)


def file_system_label(label: str) -> str:
    """Return the file system's own label: xfs has room for 12 letters, and nodes go by the partition's."""
    return label[:12]


def _wrong(wanted: Wanted, device: Device) -> list[BootstrapError]:
    problems: list[BootstrapError] = []
    try:
        partition_label(wanted.label)
    except ValueError as error:
        problems += [ConfigError("cannot call a partition so", why=str(error), fix="choose another --label")]
    if not 1 <= wanted.number <= _HIGHEST_NUMBER:
        why = f"a GPT has numbers from 1 to {_HIGHEST_NUMBER}"
        problems += [
            ConfigError(f"cannot make a partition {wanted.number}", why=why, fix="leave out --number")
        ]
    if wanted.size and wanted.size < _LEAST_SIZE:
        problems += [
            ConfigError(
                f"cannot make a partition of {gib(wanted.size)}",
                why=f"xfs takes no less than {gib(_LEAST_SIZE)}",
                fix="give a larger --size",
            )
        ]
    if wanted.erase is not None and wanted.erase not in device.names:
        names = " or ".join(device.names)
        problems += [
            ConfigError(
                f"will not erase {device.path}",
                why=f"--erase names {wanted.erase}, and this one is {names}",
                fix="see `lsblk --output NAME,SIZE,MODEL,SERIAL,WWN` for which is which",
            )
        ]
    return problems


def _named(device: Device, label: str) -> list[Partition]:
    return [each for each in device.partitions if each.name == label]


def _ambiguous(device: Device, label: str, named: list[Partition]) -> HostError:
    path = shlex.quote(str(device.path))
    numbers = " and ".join(str(each.number) for each in named)
    return HostError(
        f"cannot tell which partition of {device.path} is meant",
        why=f"{numbers} are both called {label}",
        fix=f"give one another name: sgdisk --change-name={named[-1].number}:other {path}",
    )


def _in_use(device: Device) -> HostError:
    return HostError(
        f"will not write to {device.path}",
        why="it is in use: " + "; ".join(device.uses),
        fix="give another disk, or end that first: umount, swapoff, vgchange --activate n, mdadm --stop, "
        "losetup --detach …",
    )


def _not_empty(device: Device) -> HostError:
    name = shlex.quote(device.names[0])
    return HostError(
        f"will not write to {device.path}",
        why=f"it is not empty: {', '.join(device.contents)}",
        fix=f"give another disk; or, when all of that may go for good, say so by its own name: "
        f"--erase {name}",
    )


def _placed(device: Device, wanted: Wanted) -> Partition:
    """Return the partition at the end of the disk."""
    size = DEFAULT_SIZE if wanted.size is None else wanted.size
    end = (device.size - _ROOM_AT_EITHER_END) // MIB * MIB
    start = (end - size) // MIB * MIB if size else _ROOM_AT_EITHER_END
    if start < _ROOM_AT_EITHER_END or end - start < _LEAST_SIZE:
        most = max(0, end - _ROOM_AT_EITHER_END)
        raise HostError(
            f"{device.path} is too small",
            why=f"it has room for a partition of {gib(most)}, and {gib(max(size, _LEAST_SIZE))} are wanted",
            fix="give a larger disk, or a smaller --size",
        )
    made = Partition(wanted.number, start, end - start, wanted.label)
    _refuse_small(device, made, wanted)
    return _formatted(made, wanted.label)


def _formatted(made: Partition, label: str) -> Partition:
    return replace(made, content=XFS, label=file_system_label(label))


def _refuse_small(device: Device, found: Partition, wanted: Wanted) -> None:
    """Raise when a partition is smaller than what was asked for, or than what has to go on it."""
    if wanted.size and found.size < wanted.size:
        raise HostError(
            f"partition {found.number} of {device.path} is too small",
            why=f"it is called {wanted.label} and has {gib(found.size)}; {gib(wanted.size)} are wanted",
            fix="leave out --size to use it as it is; or erase the disk yourself, when nothing on it is "
            f"needed any more: sgdisk --zap-all {device.path}",
        )
    if room(found.size) < wanted.needed:
        raise HostError(
            f"partition {found.number} of {device.path} is too small",
            why=f"{gib(wanted.needed)} have to go on it, and of its {gib(found.size)} xfs leaves "
            f"{gib(room(found.size))}",
            fix="give a larger --size, or a larger disk; or leave images out: the site's `exclude`",
        )
