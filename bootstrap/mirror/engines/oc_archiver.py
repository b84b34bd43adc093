"""oc to disk and from disk: releases by oc, what it leaves out by our own engine, in the same directory.

Source: openshift/oc, ``pkg/cli/admin/release/mirror.go`` (``Run``; ``handleSignatures``: without signatures
of Red Hat's it ends with an error when all is written), ``pkg/cli/image/mirror/mirror.go`` (``Complete``).
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Callable, Dict, List, Mapping, Sequence, Set, Tuple

from bootstrap import process
from bootstrap.errors import HostError, VerificationError
from bootstrap.mirror import checksums, layout, packed
from bootstrap.mirror.engines import classes
from bootstrap.mirror.engines.interface import Archived, ArchiveJob, Job, Moved
from bootstrap.mirror.engines.native import NativeEngine
from bootstrap.mirror.engines.oc import (
    NAME,
    OcEngine,
    deprecation,
    is_ocs,
    left_out,
    numbers,
    release_of,
    releases,
)
from bootstrap.mirror.engines.oc_says import Said
from bootstrap.mirror.engines.surroundings import tail
from bootstrap.mirror.image import Failure, Image, Kind, Wanted
from bootstrap.mirror.plan import make_plan
from bootstrap.mirror.pool import Stopped
from bootstrap.mirror.progress import Counts
from bootstrap.mirror.survey import Seen
from bootstrap.oci.digest import Digest
from bootstrap.store.oc_directory import ROOT, OcDirectory

if TYPE_CHECKING:
    import threading
    from pathlib import Path

    from bootstrap.mirror.engines.surroundings import Surroundings
    from bootstrap.mirror.plan import Plan
    from bootstrap.store.interface import Source

_BY_OC = (Kind.RELEASE, Kind.COMPONENT, Kind.ADDITIONAL)


class OcArchiver(OcEngine):
    """An ``Archiver``.

    Args:
        surroundings: The mirror host.
        program: Path of oc.
        directory: Of the archives.
    """

    keeps_cache = False

    def __init__(self, surroundings: Surroundings, program: str, directory: Path) -> None:
        super().__init__(surroundings, program)
        self._directory, self._store = directory, OcDirectory(directory)

    def files(self, directory: Path) -> List[str]:
        """See ``Archiver``."""
        return sorted(OcDirectory(directory).files())

    def held(self, directory: Path, stop: threading.Event) -> Dict[Tuple[str, str], str]:  # noqa: ARG002
        """See ``Archiver``: what the contents name by digest, and nothing else that is there.

        oc does not hash what it finds under a digest (``fileManifestService.Get``).
        """
        wrong = checksums.misnamed(directory, ROOT)
        if wrong:
            raise VerificationError(
                f"the archives in {directory} are not what was written",
                why="; ".join(f"{name} has other bytes than its name says" for name in wrong),
                fix="copy them again from where they were written; nothing was mirrored",
            )
        images = packed.load(directory / packed.NAME).images
        return {(each.wanted.repository, each.wanted.tag): each.wanted.digest.hex for each in images}

    def write(self, job: ArchiveJob) -> Archived:
        """See ``Archiver``; how oc ended is only its word."""
        plan, started = job.plan, time.monotonic()
        said: Dict[Tuple[object, ...], str] = {}
        for release in releases(plan.todo, plan.images):
            job.warn(*deprecation(release.wanted.tag))
            argv = self.to_disk(release.wanted, job.directory)
            error = self._follow(argv, plan, job.stop, job.on_progress)
            if error is not None:
                said[release_of(release)] = error
        job.tell("what is in the archives, and their checksums")
        sums = self._sums({}, job.stop)
        lacking = self._lacking(plan, sums)
        failures = [
            _failure(image.wanted, said[release_of(image)]) for image in lacking if _is_blamed(image, said)
        ]
        for error in () if failures else said.values():
            job.warn("oc says that it failed, and all of the release is there", error)
        if lacking and not failures:
            failures = self._complete(job, lacking, sums)
            sums = self._sums(sums, job.stop)
            lacking = self._lacking(plan, sums)
        failed = {failure.wanted for failure in failures}
        failures += [
            _failure(image.wanted, "it is not whole in the archives")
            for image in lacking
            if image.wanted not in failed and not failures
        ]
        if not failures:
            self._store.tidy()  # a link leads anywhere when archives travel, and images go by their digest
        sizes = {name: (job.directory / name).stat().st_size for name in sums}
        counts = Counts(len(plan.images) - len(lacking), len(sizes), sum(sizes.values()))
        return Archived(counts, sums, tuple(failures), time.monotonic() - started)

    def move(self, job: Job) -> Moved:
        """See ``Engine``: from the directory, by oc first, then by our own engine what is left."""
        plan = job.plan
        theirs = [image.wanted for image in plan.todo if image.wanted.kind in _BY_OC]
        error = self._push(theirs, plan, job) if theirs else None
        rest = job.still_missing()
        by_oc = Counts(
            len(plan.todo) - len(rest.todo),
            max(0, len(plan.missing) - len(rest.missing)),
            max(0, plan.bytes_missing - rest.bytes_missing),
        )
        if error is not None:
            job.warn("oc did not mirror all of the archives", error)
            full = job.disk_full(0)
            failures = tuple(
                Failure(image.wanted, full) if full else _failure(image.wanted, error)
                for image in rest.todo
                if image.wanted.kind in _BY_OC
            )
            if failures:
                return Moved(by_oc, failures)

        def locate(wanted: Wanted) -> Tuple[Source, str]:
            return self._store, wanted.repository

        if rest.todo:
            job.warn(*left_out("mirrors", rest.todo))
        moved = NativeEngine().move(replace(job, plan=rest, locate=locate))
        counts = moved.counts
        counts.images += by_oc.images
        counts.blobs_copied += by_oc.blobs_copied
        counts.bytes_copied += by_oc.bytes_copied
        return Moved(counts, moved.failures)

    def to_disk(self, release: Wanted, directory: Path) -> List[str]:
        """Return the command that writes ``release`` to ``directory``, in oc-mirror's layout."""
        words = [f"--from={release.source.with_digest(release.digest)}", f"--to-dir={directory}"]
        words += [f"--to=file://{layout.RELEASE_CONTENT}"]
        words += [f"--to-release-image=file://{layout.RELEASE_IMAGES}:{release.tag}"]
        words += ["--keep-manifest-list"] if release.architecture == "multi" else []
        return [self._program, "adm", "release", "mirror", *self._fixed(), *words]

    def from_disk(self, mappings: Path) -> List[str]:
        """Return the command that pushes what the file ``mappings`` names; indexes stay as they are."""
        words = [f"--from-dir={self._directory}", "--keep-manifest-list", f"--filename={mappings}"]
        return [self._program, "image", "mirror", *self._fixed(), *words]

    def _fixed(self) -> List[str]:
        auth = self._surroundings.auth_file
        found = [f"--max-per-registry={self._surroundings.parallel}"]
        return [*found, f"--registry-config={auth}"] if auth else found

    def _push(self, images: Sequence[Wanted], plan: Plan, job: Job) -> str | None:
        """Have oc push ``images``; return what went wrong, as it says it."""
        path = self._surroundings.directory(NAME) / "from-disk.txt"
        lines = [
            f"file://{each.repository}@{each.digest}={plan.registry}/{each.repository}:{each.tag}\n"
            for each in images
        ]
        try:
            path.write_text("".join(lines), encoding="utf-8")
        except OSError as error:
            raise checksums.unwritten(path.parent, error) from error
        return self._follow(self.from_disk(path), plan, job.stop, job.on_progress)

    def _follow(
        self,
        argv: Sequence[str],
        plan: Plan,
        stop: threading.Event,
        on_progress: Callable[[Mapping[str, object]], None],
    ) -> str | None:
        """Run oc to its end; return what went wrong, as it says it."""
        said, done = Said(), 0

        def on_line(line: str) -> None:
            nonlocal done
            if said.line(line):
                done += 1
                on_progress(numbers(plan, done))

        directory = self._surroundings.directory(NAME)
        env = self._surroundings.environment(NAME)
        code = process.follow(argv, on_line, stop, env=env, cwd=str(directory))
        if stop.is_set():
            raise Stopped
        return None if code == 0 else f"exit code {code}: {tail(said.errors or said.last)}"

    def _sums(self, known: Mapping[str, str], stop: threading.Event) -> Dict[str, str]:
        """Hash all files that are not ``known``; one that is not what its name says is removed.

        oc takes what is there for good: so the same command again would leave it as it is.
        """
        found = dict(known)
        try:
            for name in self.files(self._directory):
                path = self._directory / name
                if name not in found:
                    found[name] = checksums.sum_of(path, stop)
                if found[name] != Digest(path.name).hex:
                    path.unlink()
                    del found[name]
        except OSError as error:
            raise HostError(
                f"cannot read {self._directory}", why=str(error), fix="see the disk that it is on"
            ) from error
        return found

    def _lacking(self, plan: Plan, sums: Mapping[str, str]) -> List[Image]:
        return [
            image
            for image in plan.images
            if not all(
                name in sums
                for manifest in image.manifests
                for name in self._store.paths(image.wanted.repository, manifest)
            )
        ]

    def _complete(self, job: ArchiveJob, lacking: Sequence[Image], sums: Mapping[str, str]) -> List[Failure]:
        """Have our own engine write what oc leaves out; returns what it could not."""
        job.warn(*left_out("writes", lacking))
        whole = {image.wanted for image in job.plan.images} - {image.wanted for image in lacking}
        plan = make_plan(job.plan.registry, job.plan.images, Seen(frozenset(whole), _present(sums)))
        moved = NativeEngine().move(
            Job(plan, job.locate, self._store, job.workers, job.stop, lambda _image: None, job.on_progress)
        )
        return list(moved.failures)


def _present(sums: Mapping[str, str]) -> frozenset[Tuple[str, Digest]]:
    found: Set[Tuple[str, Digest]] = set()
    for name in sums:
        repository, kind, digest = name[len(ROOT) + 1 :].rsplit("/", 2)
        if kind == "blobs":
            found.add((repository, Digest(digest)))
    return frozenset(found)


def _is_blamed(image: Image, said: Mapping[Tuple[object, ...], str]) -> bool:
    return is_ocs(image.wanted) and release_of(image) in said


def _failure(wanted: Wanted, said: str) -> Failure:
    return Failure(wanted, classes.tool_error(NAME, "oc did not bring it", said))
