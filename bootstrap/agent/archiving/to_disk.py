"""The operation ``to-disk``: archives of all that an image set names, and what travels beside them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from bootstrap.errors import ConfigError
from bootstrap.mirror import checksums, packed, space
from bootstrap.mirror.engines.interface import ArchiveJob
from bootstrap.mirror.image import as_error
from bootstrap.mirror.plan import make_plan
from bootstrap.mirror.survey import Seen

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Mapping

    from bootstrap.agent.toolbox import Toolbox
    from bootstrap.imageset.model import ImageSet
    from bootstrap.mirror import ledger
    from bootstrap.mirror.collected import Collected
    from bootstrap.mirror.engines.interface import Archiver
    from bootstrap.mirror.image import Image
    from bootstrap.mirror.plan import Plan
    from bootstrap.mirror.progress import Counts

_EMPTY = packed.Contents("", "", (), ())


class Writing:
    """One run of it; used as ``Mirroring`` is.

    Args:
        run: Its id.
        before: The ledger, which only gains the record of the run.
    """

    def __init__(
        self,
        tools: Toolbox,
        image_set: ImageSet,
        archiver: Archiver,
        directory: Path,
        *,
        run: str,
        before: ledger.Ledger,
    ) -> None:
        self._tools, self._image_set, self._archiver = tools, image_set, archiver
        self._directory, self._run = directory, run
        self.ledger = before
        self.counts: dict[str, Counts] = {}
        self.bytes_planned, self.seconds_moving = 0, 0.0

    def execute(self) -> None:
        """Do all of it.

        Raises:
            BootstrapError: Not all images are in the archives, which are not to be used then.
            Stopped: We were asked to stop.
        """
        if (self._directory / checksums.NAME).exists():
            raise ConfigError(
                f"there are archives in {self._directory} already",
                why="finished archives are never written over",
                fix="give another directory, or remove this one",
            )
        refusal = self._archiver.refusal(self._image_set)
        if refusal is not None:
            raise ConfigError(
                f"{self._archiver.name} cannot write archives of this image set",
                why=refusal,
                fix="set mirror_content_engine to auto or oc-mirror, and install oc-mirror v2 on the mirror "
                "host (role mirror_tools)",
            )
        collected = self._collect()
        images = self._read(collected)
        plan = make_plan(str(self._directory), images, Seen(frozenset(), frozenset()))
        self._tools.report("planned", **plan.numbers())
        places = self._places(plan)
        self.bytes_planned = sum(place.size for place in places)
        space.check([], {}, places)
        self._prove(plan, collected, self._write(plan))

    def totals(self) -> list[dict[str, object]]:
        """Return the counts as the event ``run_finished`` tells them."""
        return [{"location": location, **asdict(counts)} for location, counts in self.counts.items()]

    def _collect(self) -> Collected:
        collected = self._tools.collector(self._image_set).collect(self._image_set)
        found, failures = self._archiver.discover(
            self._image_set, collected.wanted, self._tools.registries, "", self._tools.stop
        )
        collected.wanted += found
        collected.failures += failures
        for warning in collected.warnings:
            self._tools.report("warning", what=warning, why="", fix="")
        return collected

    def _read(self, collected: Collected) -> tuple[Image, ...]:
        """Return what the images consist of; each has to be had."""
        self._tools.report("resolving", what=f"{len(collected.wanted)} images and their blobs")
        read = self._tools.surveyor.read(
            collected.wanted, self._tools.sources, packed.Packed(_EMPTY), repositories=()
        )
        failures = [*collected.failures, *read.failures]
        if failures:
            raise as_error(failures)
        return read.images

    def _places(self, plan: Plan) -> list[space.Place]:
        """Return what is written: with a cache everything goes there first, and from there to archives."""
        state_dir = self._tools.settings.state_dir
        found = space.places(self._archiver.name, plan, state_dir, 1, len(self.ledger.images))
        found = [place for place in found if not place.what.startswith("the cache")]
        cache = self._tools.settings.workspace
        if self._archiver.keeps_cache:
            what = f"the cache of {self._archiver.name}"
            found.append(space.Place(what, cache, plan.bytes, space.SPARE_BYTES))
        found.append(space.Place("the archives", self._directory, plan.bytes, space.SPARE_BYTES))
        return found

    def _write(self, plan: Plan) -> Mapping[str, str]:
        """Have the archives written; returns the SHA-256 of each of their files, in hex."""
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            written = self._archiver.write(
                ArchiveJob(
                    plan,
                    self._directory,
                    self._tools.stop,
                    lambda numbers: self._tools.report("progress", registry=plan.registry, **numbers),
                    lambda what: self._tools.report("resolving", what=what),
                    lambda what, why: self._tools.report("warning", what=what, why=why, fix=""),
                    lambda wanted: self._tools.sources.store_for(wanted.source.name),
                    self._tools.settings.parallel,
                )
            )
        except OSError as error:
            raise checksums.unwritten(self._directory, error) from error
        self.seconds_moving = written.seconds
        self.counts[plan.registry] = written.counts
        if written.failures:
            raise as_error(written.failures)
        return written.sums

    def _prove(self, plan: Plan, collected: Collected, sums: Mapping[str, str]) -> None:
        """Write what travels beside the archives; the checksums last, which makes them finished."""
        written_by = f"{self._archiver.name} {self._archiver.version}"
        contents = packed.Contents(self._run, written_by, plan.images, tuple(collected.releases))
        try:
            (self._directory / packed.NAME).write_text(contents.text(), encoding="utf-8")
            (self._directory / checksums.IMAGESET).write_text(self._image_set.text, encoding="utf-8")
        except OSError as error:
            raise checksums.unwritten(self._directory, error) from error
        sums = checksums.write(self._directory, sums, self._tools.stop)
        self._tools.report(
            "archived",
            directory=str(self._directory),
            images=len(plan.images),
            files=[
                {"name": name, "bytes": (self._directory / name).stat().st_size, "sha256": digest}
                for name, digest in sums.items()
            ],
        )
