"""Will it fit? Asked of every file system that a run writes to, before the first byte."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Mapping, Sequence

from bootstrap.errors import BootstrapError, HostError, Problems
from bootstrap.mirror.disk import gigabytes
from bootstrap.mirror.image import Kind

if TYPE_CHECKING:
    from bootstrap.mirror.disk import Disk
    from bootstrap.mirror.plan import Plan

_MARGIN_SHARE = 0.02  # what the prediction may be wrong by
SPARE_BYTES = 256 * 1024 * 1024  # what the host needs to live
_ROOM_BYTES = 1024 * 1024  # for a run's progress, and what it says of itself
_EVENT_BYTES = 400  # what a run tells of an image
_ENTRY_BYTES = 600  # what the ledger has of an image; there are two of them while one replaces the other
_UNPACKED = 4  # a layer as it came, and what is in it: 3 times as much, as text compresses


@dataclass(frozen=True)
class Place:
    """A directory of this machine where a run writes besides the registries' data.

    Attributes:
        what: What is there: ``the workspace of oc-mirror``.
        path: It need not exist yet.
        size: Bytes of disk.
        spare: Bytes that have to stay free.
    """

    what: str
    path: Path
    size: int
    spare: int = 0


@dataclass(frozen=True)
class Use:
    """What is written to a file system for one purpose.

    Attributes:
        what: A registry's location, or what a :class:`Place` is for.
        path: Of this machine; None on another.
        size: Bytes by which the free space shrinks.
        spare: Bytes that have to stay free.
    """

    what: str
    path: str | None
    size: int
    is_registry: bool
    spare: int


@dataclass(frozen=True)
class FileSystem:
    """A file system, and all that a run writes to it.

    Attributes:
        free: Bytes; None when nobody knows.
    """

    uses: tuple[Use, ...]
    free: int | None

    @property
    def size(self) -> int:
        """Bytes that will be written."""
        return sum(use.size for use in self.uses)

    @property
    def needed(self) -> int:
        """Free bytes to ask for before they are written; 0 for none."""
        return needed(self.size, spare=max(use.spare for use in self.uses))

    @property
    def short(self) -> int:
        """Bytes that are missing."""
        return 0 if self.free is None else max(0, self.needed - self.free)

    def problem(self) -> HostError | None:
        """Return the error that it does not fit; None if it does, or nobody knows."""
        if self.free is None or not self.short:
            return None
        registries = [use.what for use in self.uses if use.is_registry]
        others = [f"{use.what} in {use.path}" for use in self.uses if not use.is_registry]
        whats = [f"the images in {' and '.join(registries)}"] if registries else []
        fix = "free space, or move registry_storage_root to a larger file system"
        if not registries:
            fix = "free space, or move mirror_content_state_dir to a larger file system"
        return HostError(
            f"cannot store {' and '.join([*whats, *others])}",
            why=f"{gigabytes(self.size)} have to be written, {gigabytes(self.needed)} with what has to stay "
            f"free besides, and {gigabytes(self.free)} are free",
            fix=f"{fix}; {gigabytes(self.short)} more are needed",
        )


def needed(size: int, *, spare: int = SPARE_BYTES) -> int:
    """Return the free bytes to ask for before so many are written; 0 for none."""
    return int(size * (1 + _MARGIN_SHARE)) + spare if size else 0


def file_systems(
    plans: Sequence[Plan], disks: Mapping[str, Disk], places: Sequence[Place] = ()
) -> list[FileSystem]:
    """Return every file system that a run writes to; what is on the same one is counted together.

    Args:
        plans: Of all registries.
        disks: By location.
        places: Where else something is written.

    Raises:
        Problems: Some cannot be looked at.
    """
    found: dict[object, FileSystem] = {}
    problems: list[BootstrapError] = []

    def add(system: object, free: int | None, use: Use) -> None:
        before = found.get(system, FileSystem((), free))
        found[system] = replace(before, uses=(*before.uses, use))

    for plan in plans:
        disk, size, measured = disks[plan.registry], 0, None
        try:
            size = disk.footprint(plan)
            measured = disk.measure()
        except HostError as error:
            if plan.todo:
                problems.append(error)
        system, free = measured or (disk.location, None)
        spare = SPARE_BYTES if size else 0
        add(system, free, Use(plan.registry, disk.data_dir, size, is_registry=True, spare=spare))
    for place in places:
        if place.size:
            system, free = _measure(place.path)
            add(
                system,
                free,
                Use(place.what, str(place.path), place.size, is_registry=False, spare=place.spare),
            )
    if problems:
        raise problems[0] if len(problems) == 1 else Problems(problems)
    return list(found.values())


def places(engine: str, plan: Plan, state_dir: Path, registries: int, known: int) -> list[Place]:
    """Return what a run writes on this machine besides the registries' data: its own record, and an engine's.

    Args:
        engine: Its name.
        plan: Of the first registry.
        state_dir: Of the agent.
        registries: How many there are.
        known: Images that the ledger will have.

    Source: oc-mirror v2 at 855b64a, below ``internal/pkg``: ``cli/executor.go`` (``RunMirrorToMirror`` copies
    from registry to registry; "All operator catalogs will be cached"), ``release/local_stored_collector.go``
    and ``operator/`` (release images and catalogs are copied to the workspace, and unpacked there).
    """
    events = _ROOM_BYTES + registries * len(plan.images) * _EVENT_BYTES
    found = [Place("the record of the run", state_dir, events + 2 * known * _ENTRY_BYTES)]
    if engine != "oc-mirror":
        return found
    sizes = {kind: _bytes_of(plan, kind) for kind in (Kind.RELEASE, Kind.CATALOG)}
    workspace = state_dir / "workspace"
    unpacked = _UNPACKED * sum(sizes.values())
    found.append(Place("the workspace of oc-mirror", workspace, unpacked, SPARE_BYTES))
    found.append(Place("the cache of oc-mirror", workspace, sizes[Kind.CATALOG], SPARE_BYTES))
    return found


def _bytes_of(plan: Plan, kind: Kind) -> int:
    """Return the bytes of all blobs of the images of one kind, each once."""
    blobs = {blob for image in plan.images if image.wanted.kind is kind for blob in image.blobs}
    return sum(blob.size for blob in blobs)


def check(plans: Sequence[Plan], disks: Mapping[str, Disk], places: Sequence[Place] = ()) -> list[str]:
    """See that everything fits, on every file system.

    Args:
        plans: Of all registries.
        disks: By location.
        places: Where else something is written.

    Returns:
        Locations of registries about whose disk nothing is known, though there is something to write.

    Raises:
        HostError: It does not fit, or cannot be looked at; ``Problems`` for several file systems.
    """
    systems = file_systems(plans, disks, places)
    problems = [problem for system in systems if (problem := system.problem()) is not None]
    if problems:
        raise problems[0] if len(problems) == 1 else Problems(problems)
    return unknown(systems)


def unknown(systems: Sequence[FileSystem]) -> list[str]:
    """Return the registries about whose disk nothing is known, though there is something to write."""
    return [use.what for system in systems for use in system.uses if system.free is None and use.size]


def _measure(path: Path) -> tuple[object, int | None]:
    """Return the identity and the free bytes of the file system that ``path`` is, or will be, on."""
    for place in (path, *path.parents):
        with contextlib.suppress(OSError):
            found = os.statvfs(place)
            return os.stat(place).st_dev, found.f_bavail * found.f_frsize  # noqa: PTH116  # one call with statvfs
    return str(path), None
