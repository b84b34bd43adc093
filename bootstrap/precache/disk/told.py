"""What became of a disk, for people and for ``--json``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap.errors import BootstrapError, Problems
from bootstrap.mirror.disk import DiskFull
from bootstrap.mirror.image import Failure
from bootstrap.precache.disk.form import Found
from bootstrap.precache.disk.stale import Stale
from bootstrap.precache.disk.view import DiskImage
from bootstrap.precache.images.chosen import Choice

if TYPE_CHECKING:
    from bootstrap.precache.disk.build import Options

_MOST_NAMED = 10  # images that one message lists


@dataclass(frozen=True)
class Built:
    """A disk, or what would become of it.

    Attributes:
        directory: Where it is.
        release: Version; None where a list was taken.
        architecture: Of the nodes, in Go's words.
        format: ``layout`` or ``tgz``.
        images: Pull specs on it.
        discovery: Of these, how many are for the discovery of hosts.
        install: Likewise for the installation.
        files: Blobs, or archives.
        files_there: Of these, how many were there.
        bytes: Of them.
        bytes_there: Of those that were there.
        bytes_needed: By which the free space shrinks.
        bytes_free: On its file system, before.
        blobs_copied: That were fetched.
        bytes_copied: Of those.
        damaged: Paths of files that were not what their names say, and are fetched again.
        excluded: Pull specs that a pattern leaves out.
        stale: Paths of what no list names.
        bytes_stale: Of those.
        is_removed: Whether these were removed.
        was_unfinished: An earlier run had been ended before its end.
        is_changed: Whether anything is other than before.
        is_written: False for a dry run.
        problems: Why a dry run would fail.
    """

    directory: Path
    release: str | None
    architecture: str
    format: str
    images: int
    discovery: int
    install: int
    files: int
    files_there: int
    bytes: int
    bytes_there: int
    bytes_needed: int
    bytes_free: int
    damaged: tuple[Path, ...]
    excluded: tuple[str, ...]
    stale: tuple[str, ...]
    bytes_stale: int
    blobs_copied: int = 0
    bytes_copied: int = 0
    is_removed: bool = False
    was_unfinished: bool = False
    is_changed: bool = False
    is_written: bool = False
    problems: tuple[BootstrapError, ...] = ()

    @classmethod
    def of(
        cls,
        directory: Path,
        choice: Choice,
        options: Options,
        images: Sequence[DiskImage],
        found: Found,
        stale: Stale,
        free: int,
    ) -> Built:
        """Return what would become of a disk."""
        stages = [image.chosen.stages for image in images]
        return cls(
            directory=directory,
            release=choice.release[0] if choice.release else None,
            architecture=choice.architecture,
            format=str(options.form),
            images=len(images),
            discovery=sum(each.is_discovery for each in stages),
            install=sum(each.is_install for each in stages),
            files=found.files,
            files_there=found.files_there,
            bytes=found.size,
            bytes_there=found.size_there,
            bytes_needed=found.needed,
            bytes_free=free,
            damaged=found.damaged,
            excluded=choice.excluded,
            stale=stale.paths,
            bytes_stale=stale.size,
        )

    def done(self, blobs: int, size: int, *, removed: bool, is_changed: bool) -> Built:
        """Return what became of it."""
        is_removed = removed and bool(self.stale)
        return replace(
            self,
            blobs_copied=blobs,
            bytes_copied=size,
            is_removed=is_removed,
            is_changed=is_changed or is_removed,
            is_written=True,
        )


def failed(failures: Sequence[Failure], directory: Path) -> BootstrapError:
    """Return one error for images that are not whole; those with the same reason are told together."""
    groups: dict[tuple[type, str, str], list[Failure]] = {}
    for failure in failures:
        if isinstance(failure.error, DiskFull):
            return failure.error
        error = failure.error
        groups.setdefault((type(error), error.why, error.fix), []).append(failure)
    errors = []
    for group in groups.values():
        error, named = group[0].error, [str(failure.wanted) for failure in group]
        more = f" and {len(named) - _MOST_NAMED} more images" if len(named) > _MOST_NAMED else ""
        errors.append(
            type(error)(
                f"cannot put {', '.join(named[:_MOST_NAMED])}{more} into {directory}",
                why=f"{error.what}: {error.why}",
                fix=error.fix,
            )
        )
    return errors[0] if len(errors) == 1 else Problems(errors)
