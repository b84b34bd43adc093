"""Moving what a plan says: each blob once, straight from source to destination; manifests last.

An image's manifests follow as soon as its own blobs are there, children before parents, and the tag comes
with the root; so nobody ever sees an image with a hole, and a run that is killed leaves whole images behind.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Callable, Iterable

from bootstrap.errors import BootstrapError, RegistryError
from bootstrap.mirror.absence import Absence, is_silence
from bootstrap.mirror.disk import DiskFull
from bootstrap.mirror.image import Failure, Image, Wanted
from bootstrap.mirror.origins import Attempt, Locate, bring, name_of, origins_of
from bootstrap.mirror.pool import Stopped, WorkPool
from bootstrap.mirror.progress import Progress
from bootstrap.mirror.stream import Streams
from bootstrap.registry.retry import RetryPolicy
from bootstrap.store.interface import IncompleteImage

if TYPE_CHECKING:
    from bootstrap.mirror.plan import Move, Plan
    from bootstrap.oci.descriptor import Descriptor
    from bootstrap.oci.digest import Digest
    from bootstrap.store.interface import Destination

_FIRST, _THEN = 0, 1  # what completes images goes before what begins more of them
_MOST_SILENT = 2  # tasks of each worker that may fail in a row, before we hold a registry for gone


class Transfer:
    """Carries out one plan, once.

    Args:
        plan: For the registry that ``destination`` is.
        locate: Where an image of the plan can be read: store and repository.
        destination: A registry.
        workers: Most blobs in flight at once, >= 1; fewer while the source or the destination has trouble.
        stop: Set to end early.
        on_image: Called, by any thread, with each image that is whole now.
        policy: How often to begin a blob or manifest again when the failure was temporary.
        disk_full: See ``Job``.
    """

    def __init__(
        self,
        plan: Plan,
        locate: Locate,
        destination: Destination,
        *,
        workers: int,
        stop: threading.Event,
        on_image: Callable[[Image], None],
        policy: RetryPolicy | None = None,
        disk_full: Callable[[int], BootstrapError | None] = lambda _size: None,
    ) -> None:
        self._plan, self._locate, self._destination = plan, locate, destination
        self._on_image, self._policy, self._stop = on_image, policy or RetryPolicy(stop=stop), stop
        self._disk_full = disk_full
        self._pool = WorkPool(workers, stop)
        self._tried: set[tuple[str, Digest]] = set()
        self._lock = threading.Lock()
        self._open: dict[Wanted, int] = {}
        self._waiting: dict[tuple[str, Digest], list[Image]] = {}
        self._failures: dict[Wanted, BootstrapError] = {}
        self._absence = Absence(_MOST_SILENT * workers)
        self.progress = Progress(
            bytes_total=plan.bytes_missing,
            blobs_total=len(plan.missing),
            images_total=len(plan.images),
            images_done=len(plan.images) - len(plan.todo),
        )
        self.progress.counts.blobs_skipped = len(plan.blobs) - len(plan.missing)
        self._streams = Streams(destination, self.progress, workers=workers, stop=stop, disk_full=disk_full)

    def run(self, tick: Callable[[], None]) -> list[Failure]:
        """Move everything that can be moved; ``tick`` is called twice a second meanwhile.

        Returns:
            The images that are not whole, in the plan's order; the others are.

        Raises:
            Stopped: ``stop`` was set.
        """
        self._connect()
        for move in self._plan.moves:
            self._pool.add(_THEN, lambda move=move: self._move(move))  # type: ignore[misc]  # bound now
        self._pool.run(tick)
        return [
            Failure(image.wanted, self._failures[image.wanted])
            for image in self._plan.todo
            if image.wanted in self._failures
        ]

    def _connect(self) -> None:
        """Note which images wait for which blobs; those that wait for none are finished at once."""
        places = {(place, move.descriptor.digest) for move in self._plan.moves for place in move.repositories}
        for image in self._plan.todo:
            needs = [
                (image.wanted.repository, blob.digest)
                for blob in image.blobs
                if (image.wanted.repository, blob.digest) in places
            ]
            self._open[image.wanted] = len(needs)
            for need in needs:
                self._waiting.setdefault(need, []).append(image)
            if not needs:
                self._add_finish(image)

    def _move(self, move: Move) -> None:
        """Get the blob into its first repository, and from there into the others."""
        origin, others = move.mount_from, move.repositories
        if origin is None:
            origin, others = others[0], others[1:]
            if not self._settle(
                move, origin, lambda attempt: self._copy(move, move.repositories[0], attempt)
            ):
                self._give_up(move, others)
                return
        for repository in others:
            self._pool.add(
                _FIRST,
                lambda place=repository: self._settle(  # type: ignore[misc]  # bound now
                    move, place, lambda attempt: self._mount_or_copy(move, place, origin, attempt)
                ),
            )

    def _settle(self, move: Move, repository: str, action: Callable[[Attempt], None]) -> bool:
        """Do ``action``, which brings the blob to ``repository``, and let the images know how it went."""
        error = self._attempt(action)
        with self._lock:
            images = self._waiting.get((repository, move.descriptor.digest), [])
            for image in images:
                self._open[image.wanted] -= 1
                if error is not None:
                    self._failures.setdefault(image.wanted, error)
            ready = [
                image
                for image in images
                if not self._open[image.wanted] and image.wanted not in self._failures
            ]
        for image in ready:
            self._add_finish(image)
        return error is None

    def _give_up(self, move: Move, repositories: tuple[str, ...]) -> None:
        """Let the images that wait for the blob in ``repositories`` fail as those in the first one did."""
        with self._lock:
            waiting = self._waiting.get((move.repositories[0], move.descriptor.digest), [])
            error = self._failures[waiting[0].wanted]
            for repository in repositories:
                for image in self._waiting.get((repository, move.descriptor.digest), []):
                    self._failures.setdefault(image.wanted, error)

    def _add_finish(self, image: Image) -> None:
        self._pool.add(_FIRST, lambda: self._finish(image))

    def _finish(self, image: Image) -> None:
        error = self._attempt(lambda attempt: self._push_manifests(image, attempt))
        if error is None:
            self.progress.image_done()
            self._on_image(image)
            return
        with self._lock:
            self._failures.setdefault(image.wanted, error)

    def _push_manifests(self, image: Image, attempt: Attempt) -> None:
        try:
            self._push_each(image)
        except IncompleteImage:
            # Something that was there when we looked was removed since (prune, a registry restored).
            self._fill(image, attempt)
            try:
                self._push_each(image)
            except IncompleteImage as error:
                if not image.wanted.platforms:
                    raise
                only = ", ".join(image.wanted.platforms)
                raise RegistryError(
                    f"the registry does not take {image.wanted} for {only} alone",
                    why=error.why,
                    fix="leave platforms out, or use distribution 3 (registry_service_image), which takes it",
                ) from error

    def _push_each(self, image: Image) -> None:
        root = image.manifests[-1]
        for manifest in image.manifests:
            tag = image.wanted.tag if manifest is root else None
            self._destination.push_manifest(
                image.wanted.repository, manifest.raw, manifest.media_type, tag=tag
            )

    def _fill(self, image: Image, attempt: Attempt) -> None:
        for blob in image.blobs:
            if not self._destination.blob_exists(image.wanted.repository, blob):
                self._bring([image.wanted], blob, image.wanted.repository, attempt)

    def _mount_or_copy(self, move: Move, repository: str, origin: str, attempt: Attempt) -> None:
        if self._destination.mount_blob(repository, move.descriptor, origin):
            self.progress.mounted()
        else:
            self._copy(move, repository, attempt)

    def _copy(self, move: Move, repository: str, attempt: Attempt) -> None:
        """Copy the blob to ``repository``.

        Where it was tried before, the destination may have all of it: then only its answer was lost.
        """
        place = repository, move.descriptor.digest
        if place in self._tried and self._destination.blob_exists(repository, move.descriptor):
            self.progress.moving(move.descriptor.size)
            self.progress.copied(move.descriptor.size)
            return
        self._tried.add(place)
        self._bring(move.holders, move.descriptor, repository, attempt)

    def _bring(self, holders: Iterable[Wanted], blob: Descriptor, repository: str, attempt: Attempt) -> None:
        bring(
            blob,
            origins_of(holders, self._locate),
            attempt,
            self._absence,
            lambda origin: self._streams.send(origin, blob, repository),
        )

    def _attempt(self, action: Callable[[Attempt], None]) -> BootstrapError | None:
        """Do ``action`` with patience; return its failure.

        Where the destination is gone or its disk is full, what is left fails without a try: every blob would
        be sent in vain.
        """
        if self._stop.is_set():
            raise Stopped
        if self._absence.over is not None:
            return self._absence.over
        attempt = Attempt()

        def once() -> None:
            attempt.silent = None
            action(attempt)

        try:
            self._policy.run(once, self.progress.again)
        except BootstrapError as error:
            if self._stop.is_set():
                raise Stopped from error
            return self._judge(error, attempt)
        self._absence.answered(name_of(self._destination))
        return None

    def _judge(self, error: BootstrapError, attempt: Attempt) -> BootstrapError:
        """Return the failure to tell, after taking note whose it is: ``error``, or that all is over."""
        registry = name_of(self._destination)
        full = error if isinstance(error, DiskFull) else self._disk_full(0)
        if full is not None:
            self._absence.end(full)
        elif attempt.silent is not None:
            for source, silence in attempt.silent.items():
                # The policy's words, with how often it was tried, where they are of this source alone.
                self._absence.was_silent(source, error if error.__cause__ is silence else silence)
        elif is_silence(error):
            self._absence.was_silent(registry, error)
        else:
            self._absence.answered(registry)
        gone = self._absence.gone(registry)
        if gone is not None:
            self._absence.end(gone)
        return self._absence.over or error
