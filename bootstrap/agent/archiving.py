"""The operations ``to-disk`` and ``from-disk``: archives of oc-mirror, and what proves what is in them."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Callable

from bootstrap.agent.mirroring import Mirroring
from bootstrap.agent.toolbox import surroundings
from bootstrap.errors import BootstrapError, ConfigError, HostError, Problems, VerificationError
from bootstrap.imageset.read import read_file
from bootstrap.mirror import packed, space
from bootstrap.mirror.collected import Collected
from bootstrap.mirror.engines.choose import EngineName
from bootstrap.mirror.engines.classes import tool_error
from bootstrap.mirror.engines.oc_mirror import archives
from bootstrap.mirror.engines.oc_mirror.engine import OcMirrorEngine, failures_of, reason
from bootstrap.mirror.image import Kind, as_error
from bootstrap.mirror.plan import make_plan
from bootstrap.mirror.progress import Counts
from bootstrap.mirror.survey import Seen
from bootstrap.oci.digest import Digest

if TYPE_CHECKING:
    from bootstrap.agent.settings import Settings
    from bootstrap.agent.toolbox import Toolbox
    from bootstrap.imageset.model import ImageSet
    from bootstrap.mirror import ledger
    from bootstrap.mirror.image import Image
    from bootstrap.mirror.plan import Plan

IMAGESET = "imageset.yaml"
_EMPTY = packed.Contents("", "", (), ())
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
# Made by oc-mirror with digests of its own: what is in the archive under their name, nobody knows before.
_MADE_ANEW = (Kind.CATALOG, Kind.GRAPH)


def directory_of(settings: Settings, words: str) -> Path:
    """Return the directory of archives that ``words`` mean: a name, or a path below that of all.

    Raises:
        ConfigError: The agent may not write there, or oc-mirror refuses it.
    """
    home = settings.state_dir / "archives"
    path = Path(os.path.normpath(home / words))
    if not words or home not in path.parents:
        raise ConfigError(
            f"cannot keep archives in {words or 'no directory'}",
            why=f"all archives are below {home}: a run may write there",
            fix=f"give a name, which stands for {home}/NAME; another disk can be mounted at {home}",
        )
    refused = [word for word in _REFUSED if word in str(path)]
    if refused:
        raise ConfigError(
            f"cannot keep archives in {path}",
            why=f"oc-mirror refuses every path with {', '.join(refused)} in it",
            fix="give another name",
        )
    return path


def engine_for(settings: Settings, directory: Path, *, is_writer: bool) -> OcMirrorEngine:
    """Return oc-mirror for the archives in ``directory``: nothing else writes or reads them.

    Raises:
        ConfigError: It is not installed.
        TransferError: It does not run.
    """
    around = surroundings(settings)
    program = around.find(EngineName.OC_MIRROR.value)
    if program is None:
        raise ConfigError(
            "cannot work with archives",
            why="oc-mirror writes and reads them, and is not installed on the mirror host",
            fix="install oc-mirror v2 there (role mirror_tools)",
        )
    if not is_writer:
        around = replace(around, imageset=directory / IMAGESET)
    return OcMirrorEngine(around, program, archive=directory, is_writer=is_writer)


class Writing:
    """The operation ``to-disk``; used as ``Mirroring`` is.

    Args:
        run: Its id.
        before: The ledger, which only gains the record of the run.
    """

    def __init__(
        self,
        tools: Toolbox,
        image_set: ImageSet,
        engine: OcMirrorEngine,
        directory: Path,
        *,
        run: str,
        before: ledger.Ledger,
    ) -> None:
        self._tools, self._image_set, self._engine = tools, image_set, engine
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
        if (self._directory / archives.SUMS).exists():
            raise ConfigError(
                f"there are archives in {self._directory} already",
                why="oc-mirror would remove them before it writes others",
                fix="give another directory, or remove this one",
            )
        collected = self._collect()
        images = self._read(collected)
        plan = make_plan(str(self._directory), images, Seen(frozenset(), frozenset()))
        self._tools.report("planned", **plan.numbers())
        places = self._places(plan)
        self.bytes_planned = sum(place.size for place in places)
        space.check([], {}, places)
        self._write(plan)
        self._prove(plan, collected)

    def _collect(self) -> Collected:
        collected = self._tools.collector(self._image_set).collect(self._image_set)
        found, failures = self._engine.discover(
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
        """Return what is written: everything goes to oc-mirror's cache first, and from there to archives."""
        state_dir = self._tools.settings.state_dir
        found = space.places(self._engine.name, plan, state_dir, 1, len(self.ledger.images))
        found = [place for place in found if not place.what.startswith("the cache")]
        cache = self._tools.settings.workspace
        found.append(space.Place("the cache of oc-mirror", cache, plan.bytes, space.SPARE_BYTES))
        found.append(space.Place("the archives", self._directory, plan.bytes, space.SPARE_BYTES))
        return found

    def _write(self, plan: Plan) -> None:
        started = time.monotonic()
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            # What it put into archives of a run that did not come to its end it would leave out of the next
            # ones. Source: internal/pkg/history/const.go, internal/pkg/archive/archive.go (addBlobsDiff).
            history = self._directory / "working-dir" / ".history"
            if history.is_dir():
                shutil.rmtree(history)
            ended = self._engine.write(
                plan,
                self._tools.stop,
                lambda numbers: self._tools.report("progress", registry=plan.registry, **numbers),
                lambda what, why: self._tools.report("warning", what=what, why=why, fix=""),
            )
        except OSError as error:
            raise self._unwritten(error) from error
        self.seconds_moving = time.monotonic() - started
        self._tools.report("resolving", what="what is in the archives, and their checksums")
        try:
            self._archives = archives.read(self._directory, self._tools.stop)
        except HostError as error:
            if ended.code:  # it has stopped in the middle, and says why
                raise tool_error(
                    self._engine.name, "oc-mirror did not finish its archives", ended.said
                ) from error
            raise
        held = self._archives.blobs
        lacking = tuple(image for image in plan.images if not _is_held(image, self._archives))
        if not self._archives.sums:  # it writes none when an image fails: only that one is to blame
            lacking = tuple(each for each in lacking if reason(each.wanted, ended.log.errors)) or lacking
        failures = failures_of(replace(plan, todo=lacking), ended, set(), lambda _size: None)
        self.counts[plan.registry] = Counts(
            len(plan.images) - len(lacking),
            len(held),
            sum(held.values()),
            retries=ended.retries,
        )
        if failures:
            raise as_error(failures)
        if ended.code:
            self._tools.report(
                "warning",
                what="oc-mirror says that it failed, and all images are there",
                why=ended.said,
                fix="",
            )

    def _prove(self, plan: Plan, collected: Collected) -> None:
        """Write what travels beside the archives; the checksums last, which makes them finished."""
        written_by = f"{self._engine.name} {self._engine.version}"
        contents = packed.Contents(self._run, written_by, plan.images, tuple(collected.releases))
        try:
            (self._directory / packed.NAME).write_text(contents.text(), encoding="utf-8")
            (self._directory / IMAGESET).write_text(self._image_set.text, encoding="utf-8")
            sums = dict(self._archives.sums)
            for name in (packed.NAME, IMAGESET):
                sums[name] = archives.sum_of(self._directory / name, self._tools.stop)
            partial = self._directory / f"{archives.SUMS}.partial"
            lines = "".join(f"{digest}  {name}\n" for name, digest in sums.items())
            with partial.open("w", encoding="utf-8") as file:
                file.write(lines)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self._directory / archives.SUMS)
        except OSError as error:
            raise self._unwritten(error) from error
        self._tools.report(
            "archived",
            directory=str(self._directory),
            images=len(plan.images),
            files=[
                {"name": name, "bytes": (self._directory / name).stat().st_size, "sha256": digest}
                for name, digest in sums.items()
            ],
        )

    def _unwritten(self, error: OSError) -> HostError:
        return HostError(
            f"cannot write to {self._directory}",
            why=error.strerror or str(error),
            fix="see the free space and mode of its file system",
        )

    def totals(self) -> list[dict[str, object]]:
        """Return the counts as the event ``run_finished`` tells them."""
        return [{"location": location, **asdict(counts)} for location, counts in self.counts.items()]


def reading(
    tools: Toolbox, directory: Path, engine: OcMirrorEngine, *, run: str, before: ledger.Ledger
) -> Mirroring:
    """Return the operation ``from-disk``: mirroring from the archives in ``directory``, asking no source.

    Raises:
        HostError: There are no archives.
        VerificationError: They are not what was written, or a release in them is not signed as it has to be.
    """
    tools.report("resolving", what=f"the checksums of the archives in {directory}")
    archives.check(directory, tools.stop)
    contents = packed.load(directory / packed.NAME)
    verifier = tools.verifier() if contents.releases else None
    if verifier is not None:
        _check_signatures(contents, verifier.verify_content)
    source = packed.Packed(contents)
    for image in contents.images:
        tools.sources.add(image.wanted.source.name, source, image.wanted.source.repository)
    return Mirroring(
        tools,
        read_file(directory / IMAGESET),
        engine,
        run=run,
        before=before,
        given=Collected([image.wanted for image in contents.images], list(contents.releases)),
        unpacks=sum({blob.digest: blob.size for each in contents.images for blob in each.blobs}.values()),
    )


def _check_signatures(contents: packed.Contents, verify: Callable[..., object]) -> None:
    """See that every release image that will be mirrored is signed: what travelled can have been exchanged.

    Raises:
        VerificationError: One is not; ``Problems`` for several.
    """
    signed = {each.digest: each for each in contents.releases}
    problems: list[BootstrapError] = []
    for image in contents.images:
        wanted = image.wanted
        if wanted.kind is not Kind.RELEASE:
            continue
        release = signed.get(wanted.digest)
        if release is None or release.signature is None:
            problems.append(
                VerificationError(
                    f"release {wanted.source} is not signed",
                    why="there is no signature with the archives",
                    fix="write them with mirror_content_signature_policy: require, or set it to skip here",
                )
            )
            continue
        try:
            verify(release.signature, wanted.digest, name=release.version)
        except VerificationError as error:
            problems.append(error)
    if problems:
        raise problems[0] if len(problems) == 1 else Problems(problems)


def _is_held(image: Image, found: archives.Archives) -> bool:
    """Whether archives have all of an image."""
    wanted = image.wanted
    if wanted.kind in _MADE_ANEW:
        return found.tags.get((wanted.repository, wanted.tag), "") in found.blobs
    return _hexes(image) <= found.blobs.keys()


def _hexes(image: Image) -> set[str]:
    """Return the names of all that an image consists of."""
    return {Digest.of(each.raw).hex for each in image.manifests} | {each.digest.hex for each in image.blobs}
