"""oc-mirror to disk and from disk: it keeps the storage of a registry in ``mirror_*.tar``."""

from __future__ import annotations

import shutil
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Dict, List, Tuple

from bootstrap.errors import ConfigError, HostError
from bootstrap.mirror.engines.classes import tool_error
from bootstrap.mirror.engines.interface import Archived, ArchiveJob
from bootstrap.mirror.engines.oc_mirror import archives
from bootstrap.mirror.engines.oc_mirror.engine import (
    MADE_ANEW,
    OcMirrorEngine,
    failures_of,
    has_signatures,
    reason,
)
from bootstrap.mirror.image import Image
from bootstrap.mirror.progress import Counts
from bootstrap.oci.digest import Digest

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Set

    from bootstrap.mirror.engines.oc_mirror.command import Parallel
    from bootstrap.mirror.engines.oc_mirror.running import Ended
    from bootstrap.mirror.engines.surroundings import Surroundings

# oc-mirror refuses a path with any of these. Source: internal/pkg/cli/executor.go (Validate).
_REFUSED = (
    "cluster-resources",
    "dry-run",
    "graph-preparation",
    "helm",
    "hold-operator",
    "hold-release",
    "delete",
    "logs",
    "operator-catalogs",
    "release-images",
    "signatures",
)


class OcMirrorArchiver(OcMirrorEngine):
    """An ``Archiver``.

    Args:
        surroundings: The mirror host.
        program: Its path.
        directory: Of the archives that it writes, or fills the registry from instead of the sources.
        is_writer: Whether it writes them.
    """

    keeps_cache = True

    def __init__(self, surroundings: Surroundings, program: str, directory: Path, *, is_writer: bool) -> None:
        super().__init__(surroundings, program, archive=directory, is_writer=is_writer)

    @staticmethod
    def refuse(directory: Path) -> None:
        """See that oc-mirror takes the name of ``directory``.

        Raises:
            ConfigError: It does not.
        """
        refused = [word for word in _REFUSED if word in str(directory)]
        if refused:
            raise ConfigError(
                f"cannot keep archives in {directory}",
                why=f"oc-mirror refuses every path with {', '.join(refused)} in it",
                fix="give another name",
            )

    def files(self, directory: Path) -> List[str]:
        """See ``Archiver``."""
        return [path.name for path in archives.found(directory)]

    def held(self, directory: Path, stop: threading.Event) -> Dict[Tuple[str, str], str]:
        """See ``Archiver``: of the tags in the archives, those whose image is there, or is in the cache.

        The cache's tags of all earlier runs are in every archive (``internal/pkg/archive/archive.go``,
        ``BuildArchive``), and their images are not.
        """
        found = archives.index(directory, stop)
        cached = self._commands.directory / "cache" / "docker" / "registry" / "v2" / "blobs" / "sha256"
        return {
            place: digest
            for place, digest in found.tags.items()
            if digest in found.blobs or (cached / digest[:2] / digest / "data").exists()
        }

    def write(self, job: ArchiveJob) -> Archived:
        """See ``Archiver``; how oc-mirror ended is only its word."""
        started = time.monotonic()
        ended = self._write(job)
        seconds = time.monotonic() - started
        job.tell("what is in the archives, and their checksums")
        try:
            found = archives.read(job.directory, job.stop)
        except HostError as error:
            if ended.code:  # it has stopped in the middle, and says why
                raise tool_error(self.name, "oc-mirror did not finish its archives", ended.said) from error
            raise
        plan = job.plan
        lacking = tuple(image for image in plan.images if not _is_held(image, found))
        if not found.sums:  # it writes none when an image fails: only that one is to blame
            lacking = tuple(each for each in lacking if reason(each.wanted, ended.log.errors)) or lacking
        failures = failures_of(replace(plan, todo=lacking), ended, set(), lambda _size: None)
        if ended.code and not failures:
            job.warn("oc-mirror says that it failed, and all images are there", ended.said)
        counts = Counts(
            len(plan.images) - len(lacking),
            len(found.blobs),
            sum(found.blobs.values()),
            retries=ended.retries,
        )
        return Archived(counts, found.sums, tuple(failures), seconds)

    def _write(self, job: ArchiveJob) -> Ended:
        # What it put into archives of a run that did not come to its end it would leave out of the next
        # ones. Source: internal/pkg/history/const.go, internal/pkg/archive/archive.go (addBlobsDiff).
        history = job.directory / "working-dir" / ".history"
        if history.is_dir():
            shutil.rmtree(history)

        def argv_of(parallel: Parallel) -> List[str]:
            return self._commands.to_disk(parallel, signatures=has_signatures(job.plan))

        return self._run(job.plan, argv_of, job.stop, job.on_progress, job.warn)[1]


def _is_held(image: Image, found: archives.Archives) -> bool:
    """Whether archives have all of an image."""
    wanted = image.wanted
    if wanted.kind in MADE_ANEW:
        return found.tags.get((wanted.repository, wanted.tag), "") in found.blobs
    return _hexes(image) <= found.blobs.keys()


def _hexes(image: Image) -> Set[str]:
    """Return the names of all that an image consists of."""
    return {Digest.of(each.raw).hex for each in image.manifests} | {each.digest.hex for each in image.blobs}
