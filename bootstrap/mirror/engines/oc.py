"""The engine ``oc``: ``oc adm release mirror`` for releases, and our own engine for what that leaves out.

oc knows no channels, no signatures beside a release (``.sig``), no disk image for OpenShift Virtualization,
no additional images and no redirects. It puts everything into one repository unless told where the release
image goes; its tags are those of oc-mirror v2: ``<version>-<architecture>[-<component>]``.

Source: openshift/oc, ``pkg/cli/admin/release/mirror.go`` (``Run``, ``Validate``), ``pkg/cli/image/mirror``.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Sequence

from bootstrap import process
from bootstrap.errors import TransferError
from bootstrap.mirror import layout
from bootstrap.mirror.engines import classes
from bootstrap.mirror.engines.interface import Job, Moved
from bootstrap.mirror.engines.native import NativeEngine
from bootstrap.mirror.engines.oc_says import Said, mirrors
from bootstrap.mirror.engines.surroundings import tail
from bootstrap.mirror.image import Failure, Image, Kind, Wanted
from bootstrap.mirror.pool import Stopped
from bootstrap.mirror.progress import Counts

if TYPE_CHECKING:
    from bootstrap.imageset.model import ImageSet
    from bootstrap.mirror.engines.surroundings import Surroundings
    from bootstrap.mirror.plan import Plan

NAME = "oc"


class OcEngine:
    """Releases, where oc finds them under their own names.

    Args:
        surroundings: The mirror host.
        program: Path of oc.
    """

    name = NAME

    def __init__(self, surroundings: Surroundings, program: str) -> None:
        self._surroundings, self._program = surroundings, program
        self._native = NativeEngine()
        self.version = version(surroundings, program)

    def refusal(self, image_set: ImageSet) -> str | None:
        """See ``Engine``."""
        refusal = oc_refusal(image_set)
        if refusal is None and self._surroundings.redirects:
            refusal = "it does not know redirects (mirror_content_redirects): it asks quay.io itself"
        return refusal

    def discover(self, *_: object) -> tuple[list[Wanted], list[Failure]]:
        """See ``Engine``: it mirrors nothing that we do not find ourselves."""
        return [], []

    def move(self, job: Job) -> Moved:
        """See ``Engine``: oc first, then our own engine for what it has left out."""
        plan = job.plan
        said: dict[tuple[object, ...], str] = {}
        for release in releases(plan.todo, plan.images):
            job.warn(*deprecation(release.wanted.tag))
            error = self._mirror(release.wanted, job)
            if error is not None:
                job.warn(f"oc did not mirror all of {release.wanted.tag}", error)
                said[release_of(release)] = error
        rest = job.still_missing()
        by_oc = Counts(
            len(plan.todo) - len(rest.todo),
            max(0, len(plan.missing) - len(rest.missing)),
            max(0, plan.bytes_missing - rest.bytes_missing),
        )
        full = job.disk_full(0)
        failures = [
            Failure(
                image.wanted, full or classes.tool_error(NAME, "oc did not bring it", said[release_of(image)])
            )
            for image in rest.todo
            if release_of(image) in said and is_ocs(image.wanted)
        ]
        if failures:
            return Moved(by_oc, tuple(failures))
        if rest.todo:
            job.warn(*left_out("mirrors", rest.todo))
        moved = self._native.move(replace(job, plan=rest))
        counts = moved.counts
        counts.images += by_oc.images
        counts.blobs_copied += by_oc.blobs_copied
        counts.bytes_copied += by_oc.bytes_copied
        return Moved(counts, moved.failures)

    def _mirror(self, release: Wanted, job: Job) -> str | None:
        """Mirror one release; return what went wrong, as oc says it."""
        said = Said()
        done = 0

        def on_line(line: str) -> None:
            nonlocal done
            if said.line(line):
                done += 1
                job.on_progress(numbers(job.plan, done))

        argv = self.command(release, job.plan.registry, self._surroundings.parallel)
        directory = self._surroundings.directory(NAME)
        code = process.follow(
            argv, on_line, job.stop, env=self._surroundings.environment(NAME), cwd=str(directory)
        )
        if job.stop.is_set():
            raise Stopped
        if code == 0 and said.is_success:
            self._compare(said, release, job)
            return None
        return f"exit code {code}: {tail(said.errors or said.last)}"

    def _compare(self, said: Said, release: Wanted, job: Job) -> None:
        """Warn when oc tells clusters of sources that are none of this run's."""
        ours = {image.wanted.source.name for image in job.plan.images}
        others = [source for source, _ in mirrors("\n".join(said.told)) if source not in ours]
        if others:
            job.warn(f"oc mirrored more for {release.tag} than the release lists", ", ".join(others))

    def command(self, release: Wanted, location: str, parallel: int) -> list[str]:
        """Return the command that mirrors ``release`` to the registry ``location``, in oc-mirror's layout."""
        words = [f"--from={release.source.with_digest(release.digest)}"]
        words += [f"--to={location}/{layout.RELEASE_CONTENT}"]
        words += [f"--to-release-image={location}/{layout.RELEASE_IMAGES}:{release.tag}"]
        words += ["--keep-manifest-list"] if release.architecture == "multi" else []
        fixed = [
            "adm",
            "release",
            "mirror",
            "--print-mirror-instructions=idms",
            f"--max-per-registry={parallel}",
        ]
        auth = self._surroundings.auth_file
        return [self._program, *fixed, *([f"--registry-config={auth}"] if auth else []), *words]


def oc_refusal(image_set: ImageSet) -> str | None:
    """Return what of ``image_set`` oc cannot mirror, even with our engine's help; None for nothing."""
    platform = image_set.platform
    if not platform.channels and platform.release is None:
        return "it mirrors releases, and there is none in it"
    lacking = image_set.needs_oc_mirror
    return f"it does not mirror {', '.join(lacking)}, and oc-mirror v2 does" if lacking else None


def version(surroundings: Surroundings, program: str) -> str:
    """Return the version of oc at ``program``; ``unknown`` where it does not say.

    Raises:
        TransferError: It does not run.
    """
    env = {"PATH": "/usr/bin:/bin", "HOME": str(surroundings.workspace), "LC_ALL": "C.UTF-8"}
    done = process.run(
        [program, "version", "--client", "-o", "json"], timeout_seconds=60.0, env=env, check=False
    )
    with contextlib.suppress(ValueError, KeyError, TypeError):
        found = json.loads(done.stdout)
        return str(found.get("releaseClientVersion") or found["clientVersion"]["gitVersion"])
    if done.returncode != 0:
        raise TransferError(
            f"cannot run {program}",
            why=f"asked for its version, it ended with exit code {done.returncode}: {done.stderr[-500:]}",
            fix="install the build that fits this host (its EL version and architecture)",
        )
    return "unknown"


def left_out(does: str, images: Sequence[Image]) -> tuple[str, str]:
    """Return what and why of the warning that our own engine does something for ``images``."""
    kinds = ", ".join(sorted({image.wanted.kind.value for image in images}))
    return f"the native engine {does} {len(images)} images that oc leaves out", f"they are: {kinds}"


def deprecation(tag: str) -> tuple[str, str]:
    """Return what and why of the warning that oc goes, before it mirrors ``tag``."""
    return (
        f"`oc adm release mirror` is deprecated, and mirrors {tag} here",
        "it will be removed with oc 6.0; oc-mirror or the native engine do the same and more",
    )


def releases(todo: tuple[Image, ...], images: tuple[Image, ...]) -> list[Image]:
    """Return the release images of which something that oc mirrors is to be done."""
    lacking = {release_of(image) for image in todo if is_ocs(image.wanted)}
    return [image for image in images if image.wanted.kind is Kind.RELEASE and release_of(image) in lacking]


def release_of(image: Image) -> tuple[object, ...]:
    """Return version and architecture of the release that an image is of."""
    return image.wanted.release, image.wanted.architecture


def is_ocs(wanted: Wanted) -> bool:
    """Whether ``oc adm release mirror`` brings it: what the payload lists, and the release image."""
    return wanted.kind in (Kind.RELEASE, Kind.COMPONENT) and not str(wanted.component).startswith("kube-virt")


def numbers(plan: Plan, done: int) -> dict[str, object]:
    """Return the event ``progress`` of a tool that tells of images alone."""
    before = len(plan.images) - len(plan.todo)
    return {
        "bytes_done": 0,
        "bytes_total": plan.bytes_missing,
        "blobs_done": 0,
        "blobs_total": len(plan.missing),
        "images_done": min(before + done, len(plan.images)),
        "images_total": len(plan.images),
        "seconds": 0.0,
    }
