"""What a disk, or an image of one, has on it now: looked at, never changed."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shlex
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bootstrap.errors import ConfigError, HostError
from bootstrap.precache.partition import tools
from bootstrap.precache.partition.sizes import gib

MIB = 1024**2
# Of what wipefs names: what is a partition table, and what only stands beside one.
_TABLES = ("gpt", "dos", "sun", "sgi", "bsd", "mac", "atari")
_BESIDE_GPT = "PMBR"
_FLUSH = 0x1261  # BLKFLSBUF (linux/fs.h)
_IMAGE_SECTOR = 512  # bytes; what disks and USB sticks say that they have
_PARTX_SECTOR = 512  # what partx counts in, whatever the disk's sectors are
# Of a superblock of xfs, which mkfs writes first: here it says that it is not done yet (`sb_inprogress`).
_XFS_IN_PROGRESS = 126
_UNKNOWN = "data of no known kind"
_COLUMNS = "NAME,KNAME,PATH,TYPE,SIZE,MODEL,SERIAL,WWN,RO,LOG-SEC,MOUNTPOINTS"
_PAIR = re.compile(r'([A-Z-]+)="([^"]*)"')
# Disks by their type, and none at all.
_MEMORY = ("zram", "ram")


@dataclass(frozen=True)
class Partition:
    """One partition.

    Attributes:
        start: First byte.
        size: Bytes.
        name: In the GPT; "" where there is none.
        content: What blkid finds in it (``xfs``, ``LVM2_member`` …); "" for zeros in its first MiB, and for
            an xfs that mkfs had no time to complete.
        label: Of the file system in it.
    """

    number: int
    start: int
    size: int
    name: str = ""
    content: str = ""
    label: str = ""


@dataclass(frozen=True)
class Device:
    """A disk, or a file that is an image of one.

    Attributes:
        path: Its own, no link's.
        sector: Bytes of a logical sector.
        model: "" for a file.
        serial: Serial number; "" where it has none.
        wwn: World Wide Name, likewise.
        table: Type of the partition table, "" where there is none.
        partitions: By number.
        signatures: What else wipefs finds on the whole of it.
        is_blank: No signature, no table, and nothing but zeros in its first and last MiB.
        uses: Who uses it or a part of it now, a phrase each.
    """

    path: Path
    is_file: bool
    size: int
    sector: int = _IMAGE_SECTOR
    model: str = ""
    serial: str = ""
    wwn: str = ""
    table: str = ""
    partitions: tuple[Partition, ...] = ()
    signatures: tuple[str, ...] = ()
    is_blank: bool = True
    uses: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """What it can be named by where it must be no other: serial number, WWN; else its path."""
        return tuple(filter(None, (self.serial, self.wwn))) or (str(self.path),)

    @property
    def contents(self) -> tuple[str, ...]:
        """What is on it, a phrase each; empty when it is blank."""
        found = [f"a partition table ({self.table})"] if self.table else []
        for each in self.partitions:
            name = f" {each.name!r}" if each.name else ""
            inside = each.content or "nothing known"
            found += [f"partition {each.number}{name} of {gib(each.size)} with {inside}"]
        found += [f"a signature ({each})" for each in self.signatures]
        return tuple(found) or ("data in its first or last MiB",) * (not self.is_blank)


def look(path: Path) -> Device:
    """Return what is there; as root, with the tools installed.

    Raises:
        ConfigError: It is no disk and no image of one.
        HostError: It cannot be read.
    """
    real = path.resolve()
    try:
        mode = real.stat().st_mode
    except OSError as error:
        file = shlex.quote(str(path))
        raise ConfigError(
            f"cannot use {path} as a disk",
            why=f"it cannot be looked at: {error.strerror}",
            fix=f"see `lsblk`; an image of a disk is made by `truncate --size 300G {file}`",
        ) from error
    if stat.S_ISREG(mode):
        return _with_content(Device(real, True, real.stat().st_size, uses=tuple(_loops(real))))
    if not stat.S_ISBLK(mode):
        raise ConfigError(
            f"cannot use {path} as a disk",
            why="it is no block device, and no file either",
            fix="give a disk (see `lsblk`), or a file that is to become an image of one",
        )
    _forget_cached(real)
    return _with_content(_disk(path, real))


def loops(path: Path) -> list[str]:
    """Return the loop devices that a disk or an image is attached as.

    Raises:
        HostError: It cannot be told.
    """
    found = tools.read_json(["losetup", "--list", "--json", "--associated", str(path)], f"look at {path}")
    return [str(loop["name"]) for loop in found.get("loopdevices", ())]


def content_of(path: Path, start: int, size: int) -> tuple[str, str]:
    """Return what blkid finds in these bytes, and its label; ``("", "")`` for nothing.

    Raises:
        HostError: It cannot be read.
    """
    where = ["--offset", str(start), "--size", str(size)]
    done = tools.run(
        ["blkid", "--probe", "--output", "export", *where, str(path)], f"look at {path}", good=(0, 2, 8)
    )
    if done.returncode == 8:
        return "signatures of several", ""
    found = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    return found.get("TYPE") or found.get("PTTYPE") or "", found.get("LABEL", "")


def _disk(path: Path, real: Path) -> Device:
    found = tools.read_json(
        ["lsblk", "--json", "--bytes", "--output", _COLUMNS, str(real)], f"look at {real}"
    )
    (this,) = found["blockdevices"]
    kind = str(this["type"])
    is_memory = str(this["kname"]).startswith(_MEMORY)
    if kind not in ("disk", "loop") or is_memory:
        raise ConfigError(
            f"cannot use {path} as a disk",
            why="it is memory" if is_memory else f"lsblk calls it a {kind}",
            fix="give the whole disk; `lsblk` has them as TYPE disk",
        )
    if this["ro"] and int(this["size"]):
        raise HostError(
            f"cannot use {path} as a disk", why="it is read-only", fix="see its switch, or `blockdev --setrw`"
        )
    model, serial, wwn = (" ".join(str(this[key] or "").split()) for key in ("model", "serial", "wwn"))
    uses = (*_uses(this), *_loops(real)) or tuple(_claimed(real))
    return Device(real, False, int(this["size"]), int(this["log-sec"]), model, serial, wwn, uses=uses)


def _uses(node: Mapping[str, Any]) -> Iterator[str]:
    """Yield where a device and what is made of it is mounted, and what is made of it beside partitions."""
    for place in node.get("mountpoints") or ():
        if place:
            yield f"{node['path']} is " + ("swap" if place == "[SWAP]" else f"mounted at {place}")
    for child in node.get("children") or ():
        if child["type"] != "part":
            yield f"{child['path']} ({child['type']}) is made of it"
        yield from _uses(child)


def _claimed(real: Path) -> Iterator[str]:
    """Yield the kernel's own word: it may be mounted in a container, or a member of a running array."""
    try:
        os.close(os.open(real, os.O_RDONLY | os.O_EXCL))
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise _unreadable(real, error) from error
        yield "the kernel says that it is in use"


def _forget_cached(real: Path) -> None:
    """Have the disk read anew: what was written to its partitions the kernel keeps apart from it."""
    try:
        file = os.open(real, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.ioctl(file, _FLUSH)
        finally:
            os.close(file)
    except OSError as error:
        raise _unreadable(real, error) from error


def _loops(path: Path) -> Iterator[str]:
    for name in loops(path):
        yield f"it is attached as {name}"


def _with_content(device: Device) -> Device:
    """Return it with tables, partitions and signatures."""
    what = f"look at {device.path}"
    found = tools.read_json(["wipefs", "--json", str(device.path)], what)
    kinds = [str(each["type"]) for each in found.get("signatures", ())]
    table = next((kind for kind in kinds if kind in _TABLES), "")
    others = dict.fromkeys(kind for kind in kinds if kind not in (*_TABLES, _BESIDE_GPT))
    partitions = tuple(_partitions(device)) if table else ()
    is_blank = not kinds and _ends_are_zeros(device)
    return replace(device, table=table, partitions=partitions, signatures=tuple(others), is_blank=is_blank)


def _partitions(device: Device) -> Iterator[Partition]:
    columns = "NR,START,SIZE,NAME"
    done = tools.run(
        ["partx", "--bytes", "--pairs", "--output", columns, str(device.path)],
        f"read the partitions of {device.path}",
        good=(0, 1),  # 1: a table without any
    )
    for line in done.stdout.splitlines():
        values = dict(_PAIR.findall(line))
        start, length = int(values["START"]) * _PARTX_SECTOR, int(values["SIZE"])
        content, label = content_of(device.path, start, length)
        if content == "xfs" and _is_in_progress(device.path, start):
            content, label = "", ""
        elif not content and _read(device.path, start, min(MIB, length)).strip(b"\0"):
            content = _UNKNOWN
        yield Partition(int(values["NR"]), start, length, _unescaped(values["NAME"]), content, label)


def _unescaped(name: str) -> str:
    r"""Return a name without partx's ``\xNN``."""
    raw = re.sub(rb"\\x([0-9a-f]{2})", lambda match: bytes([int(match[1], 16)]), name.encode())
    return raw.decode(errors="replace")


def _ends_are_zeros(device: Device) -> bool:
    ends = (_read(device.path, 0, MIB), _read(device.path, max(0, device.size - MIB), MIB))
    return not any(part.strip(b"\0") for part in ends)


def _is_in_progress(path: Path, start: int) -> bool:
    """Return whether mkfs was ended before it had made the xfs that begins here; no kernel mounts that."""
    return _read(path, start + _XFS_IN_PROGRESS, 1) == b"\1"


def _read(path: Path, start: int, size: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(start)
            return file.read(size)
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> HostError:
    return HostError(
        f"cannot look at {path}",
        why=error.strerror or str(error),
        fix="see the kernel's messages (dmesg), and whether the disk is well",
    )
