"""The engine ``oc-mirror``: from mirror to mirror, to disk and from disk, by Red Hat's own tool."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Mapping, Optional, Sequence, Set, Tuple

from bootstrap.errors import BootstrapError, NotFound
from bootstrap.mirror.engines import classes
from bootstrap.mirror.engines.interface import Job, Moved
from bootstrap.mirror.engines.oc_mirror import command, resources
from bootstrap.mirror.engines.oc_mirror.discovering import kind_of, moves, wanted_of
from bootstrap.mirror.engines.oc_mirror.log import Log, mapping
from bootstrap.mirror.engines.oc_mirror.running import Ended, execute, persist
from bootstrap.mirror.image import Failure, Image, Kind, Wanted
from bootstrap.mirror.progress import Counts, Progress
from bootstrap.mirror.survey import walk
from bootstrap.oci.digest import Digest

if TYPE_CHECKING:
    from pathlib import Path

    from bootstrap.imageset.model import ImageSet
    from bootstrap.mirror.collected import Sources
    from bootstrap.mirror.engines.surroundings import Surroundings
    from bootstrap.mirror.plan import Plan

NAME = command.NAME
# With digests of its own, which nobody knows before.
MADE_ANEW = (Kind.CATALOG, Kind.GRAPH)


class OcMirrorEngine:
    """Everything that an image set can name.

    Args:
        surroundings: The mirror host.
        program: Its path.
        archive: The directory of archives that it writes, or fills the registry from instead of the sources.
        is_writer: Whether it writes them.
    """

    name = NAME

    def __init__(
        self,
        surroundings: Surroundings,
        program: str,
        *,
        archive: Optional[Path] = None,
        is_writer: bool = False,
    ) -> None:
        self._surroundings = surroundings
        self.version = command.version(surroundings, program)
        self._commands = command.Commands(
            program,
            surroundings.imageset,
            surroundings.directory(NAME),
            surroundings.auth_file,
            ignores_signature=not surroundings.has_signatures,
            archive=archive,
        )
        self._is_writer = is_writer

    def refusal(self, image_set: ImageSet) -> str | None:  # noqa: ARG002  # it is its own format
        """See ``Engine``."""
        return None

    def discover(
        self,
        image_set: ImageSet,
        known: Sequence[Wanted],
        sources: Sources,
        location: str,
        stop: threading.Event,
    ) -> Tuple[List[Wanted], List[Failure]]:
        """See ``Engine``: what we do not resolve ourselves, oc-mirror's dry run says."""
        if not image_set.needs_oc_mirror:
            return [], []
        argv = self._commands.mirror(location, self._parallel, dry_run=True)
        if self._is_writer:
            argv = self._commands.to_disk(self._parallel, dry_run=True)
        path = self._commands.working_dir / "dry-run" / "mapping.txt"
        path.unlink(missing_ok=True)
        ended = execute(argv, self._surroundings, stop, working_dir=self._commands.working_dir)
        if not path.is_file():
            raise classes.tool_error(NAME, "oc-mirror cannot say what this image set names", ended.said)
        catalogs = [each.catalog for each in image_set.operators]
        places = {(each.repository, each.tag) for each in known}
        own = command.own_registry(argv)
        found = []
        for source, place, is_rebuilt in moves(
            mapping(path.read_text(encoding="utf-8")), own if self._is_writer else location, own
        ):
            if place not in places:
                kind = kind_of(source, catalogs, has_operators=bool(catalogs), is_rebuilt=is_rebuilt)
                found.append(wanted_of(kind, source, place, sources))
        return (
            [each for each in found if isinstance(each, Wanted)],
            [each for each in found if isinstance(each, Failure)],
        )

    def move(self, job: Job) -> Moved:
        """See ``Engine``."""
        before = job.plan
        if not before.todo:
            return Moved(Counts())
        if self._commands.archive is None:
            resources.keep(self._commands.working_dir)
        tagged = _tagged(before, job)
        counter, ended = self._run(
            before,
            lambda parallel: self._commands.mirror(
                before.registry, parallel, signatures=has_signatures(before)
            ),
            job.stop,
            job.on_progress,
            job.warn,
        )
        rebuilt = {
            wanted: image
            for wanted, image in _rebuilt(before, job).items()
            if _is_new(image, wanted, tagged, ended)  # else it is there from another run
        }
        after = job.still_missing()
        failures = failures_of(after, ended, set(rebuilt), job.disk_full)
        failed = {failure.wanted for failure in failures}
        for image in before.todo:
            if image.wanted not in failed:
                job.on_image(rebuilt.get(image.wanted, image))
        if ended.code and not failures:
            job.warn("oc-mirror says that it failed, and all images are there", ended.said)
        counts = counter.counts
        counts.images = len(before.todo) - len(failures)
        counts.blobs_copied = max(0, len(before.missing) - len(after.missing))
        counts.bytes_copied = max(0, before.bytes_missing - after.bytes_missing)
        counts.retries = ended.retries
        return Moved(counts, tuple(failures), resources.take_over(self._commands.working_dir), rebuilt)

    def _run(
        self,
        plan: Plan,
        argv_of: Callable[[command.Parallel], List[str]],
        stop: threading.Event,
        on_progress: Callable[[Mapping[str, Any]], None],
        warn: Callable[[str, str], None],
    ) -> Tuple[Progress, Ended]:
        """Run oc-mirror, again where that may help, and tell how far it is."""
        counter = Progress(
            bytes_total=plan.bytes_missing,
            blobs_total=len(plan.missing),
            images_total=len(plan.images),
            images_done=len(plan.images) - len(plan.todo),
        )
        told = [0]

        def on_image(log: Log) -> None:
            while told[0] < min(len(log.done), len(plan.todo)):
                told[0] += 1
                counter.image_done()
            on_progress(counter.numbers())

        def attempt(parallel: command.Parallel) -> Ended:
            return execute(
                argv_of(parallel),
                self._surroundings,
                stop,
                working_dir=self._commands.working_dir,
                on_image=on_image,
            )

        return counter, persist(attempt, self._parallel, warn, stop)

    @property
    def _parallel(self) -> command.Parallel:
        return command.Parallel.of(self._surroundings.parallel)


def has_signatures(plan: Plan) -> bool:
    """Whether releases of ``plan`` have Sigstore signatures, or there is no release in it."""
    kinds = {image.wanted.kind for image in plan.images}
    return Kind.RELEASE not in kinds or Kind.SIGNATURE in kinds


def failures_of(
    after: Plan, ended: Ended, settled: Set[Wanted], disk_full: Callable[[int], Optional[BootstrapError]]
) -> List[Failure]:
    """Return the images that are not there: what we have seen, with oc-mirror's reasons.

    Args:
        after: What is to be done still.
        ended: How oc-mirror says that it went.
        settled: Images that are no failures.
        disk_full: See ``Job``.
    """
    full = disk_full(0)
    other = next(iter(ended.log.errors.values()), None)
    found = []
    for image in after.todo:
        if image.wanted in settled:
            continue
        said = reason(image.wanted, ended.log.errors)
        if said is None and ended.code == 0:
            said = "it ended with exit code 0, and the image is not there"
        elif said is None:
            said = f"{ended.said} / {other}" if other else ended.said
        found.append(
            Failure(image.wanted, full or classes.tool_error(NAME, "oc-mirror did not bring it", said))
        )
    return found


def reason(wanted: Wanted, errors: Mapping[str, str]) -> str | None:
    """Return what oc-mirror said of an image: it names it as the image set or the payload does."""
    return next((errors[name] for name in _names(wanted) if name in errors), None)


def _names(wanted: Wanted) -> Tuple[str, ...]:
    source = wanted.source
    names = [source.name]
    for short in ("docker.io/", "docker.io/library/"):
        names += [source.name[len(short) :]] if source.name.startswith(short) else []
    ends = (f":{source.tag}", f"@{wanted.digest}", f":{wanted.tag}")
    return (str(source), *(name + end for name in names for end in ends))


def _tagged(plan: Plan, job: Job) -> Dict[Wanted, Optional[Digest]]:
    """Return what is there, before oc-mirror works, under the tags of what it makes anew; None for nothing.

    What cannot be looked at is left out.
    """
    found: Dict[Wanted, Optional[Digest]] = {}
    for wanted in (image.wanted for image in plan.images if image.wanted.kind in MADE_ANEW):
        with contextlib.suppress(BootstrapError):
            try:
                found[wanted] = job.destination.resolve(wanted.repository, wanted.tag).digest
            except NotFound:
                found[wanted] = None
    return found


def _is_new(image: Image, wanted: Wanted, tagged: Mapping[Wanted, Optional[Digest]], ended: Ended) -> bool:
    """Whether ``image``, which is there under the tag of ``wanted`` now, is of this run of oc-mirror."""
    if reason(wanted, ended.log.errors) is not None:
        return False
    is_changed = wanted in tagged and tagged[wanted] != image.wanted.digest
    return ended.code == 0 or is_changed or bool(set(_names(wanted)) & set(ended.log.arrived))


def _rebuilt(plan: Plan, job: Job) -> Dict[Wanted, Image]:
    """Return what oc-mirror makes anew, with digests of its own: filtered catalogs, graph data."""
    found = {}
    for image in plan.images:
        wanted = image.wanted
        if wanted.kind not in MADE_ANEW:
            continue
        with contextlib.suppress(BootstrapError):  # it is not there: a failure like that of any other image
            digest = job.destination.resolve(wanted.repository, wanted.tag).digest
            if digest != wanted.digest:
                made = replace(wanted, digest=digest)
                found[wanted] = Image(made, walk(job.destination, wanted.repository, digest))
    return found
