"""Moving what a plan says: each blob once, straight from source to destination; manifests last.

An image's manifests follow as soon as its own blobs are there, children before parents, and the tag comes
with the root; so nobody ever sees an image with a hole, and a run that is killed leaves whole images behind.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Callable, Iterator

from bootstrap.errors import BootstrapError, NotFound, RegistryError, TransferError
from bootstrap.mirror.disk import DiskFull
from bootstrap.mirror.image import Failure, Image, Wanted
from bootstrap.mirror.pool import Stopped, WorkPool
from bootstrap.mirror.progress import Progress
from bootstrap.registry.pace import Pace
from bootstrap.registry.retry import RetryPolicy
from bootstrap.store.interface import IncompleteImage
from bootstrap.store.remote import RemoteStore

if TYPE_CHECKING:
    from bootstrap.mirror.plan import Move, Plan
    from bootstrap.oci.descriptor import Descriptor
    from bootstrap.oci.digest import Digest
    from bootstrap.store.interface import Destination, Source

Locate = Callable[[Wanted], "tuple[Source, str]"]

_FIRST, _THEN = 0, 1  # what completes images goes before what begins more of them
_MOST_SILENT = 2  # tasks of each worker that may fail in a row, before we hold the other side for gone


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
        self._workers = workers
        self._tried: set[tuple[str, Digest]] = set()
        self._lock = threading.Lock()
        self._open: dict[Wanted, int] = {}
        self._waiting: dict[tuple[str, Digest], list[Image]] = {}
        self._failures: dict[Wanted, BootstrapError] = {}
        self._silent, self._most_silent = 0, _MOST_SILENT * workers
        self._gone: BootstrapError | None = None
        self.progress = Progress(
            bytes_total=plan.bytes_missing,
            blobs_total=len(plan.missing),
            images_total=len(plan.images),
            images_done=len(plan.images) - len(plan.todo),
        )
        self.progress.counts.blobs_skipped = len(plan.blobs) - len(plan.missing)

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
            if not self._settle(move, origin, lambda: self._copy(move, move.repositories[0])):
                self._give_up(move, others)
                return
        for repository in others:
            self._pool.add(
                _FIRST,
                lambda place=repository: self._settle(  # type: ignore[misc]  # bound now
                    move, place, lambda: self._mount_or_copy(move, place, origin)
                ),
            )

    def _settle(self, move: Move, repository: str, action: Callable[[], None]) -> bool:
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
        error = self._attempt(lambda: self._push_manifests(image))
        if error is None:
            self.progress.image_done()
            self._on_image(image)
            return
        with self._lock:
            self._failures.setdefault(image.wanted, error)

    def _push_manifests(self, image: Image) -> None:
        try:
            self._push_each(image)
        except IncompleteImage:
            # Something that was there when we looked was removed since (prune, a registry restored).
            self._fill(image)
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

    def _fill(self, image: Image) -> None:
        for blob in image.blobs:
            if not self._destination.blob_exists(image.wanted.repository, blob):
                self._stream(image.wanted, blob, image.wanted.repository)

    def _mount_or_copy(self, move: Move, repository: str, origin: str) -> None:
        if self._destination.mount_blob(repository, move.descriptor, origin):
            self.progress.mounted()
        else:
            self._copy(move, repository)

    def _copy(self, move: Move, repository: str) -> None:
        """Copy from the first of the holders that has the blob.

        Where it was tried before, the destination may have all of it: then only its answer was lost.
        """
        place = repository, move.descriptor.digest
        if place in self._tried and self._destination.blob_exists(repository, move.descriptor):
            self.progress.moving(move.descriptor.size)
            self.progress.copied(move.descriptor.size)
            return
        self._tried.add(place)
        tried: set[tuple[str, str]] = set()
        missing: NotFound | None = None
        for holder in move.holders:
            origin = holder.source.name, self._locate(holder)[1]
            if origin in tried:
                continue
            tried.add(origin)
            try:
                self._stream(holder, move.descriptor, repository)
            except NotFound as error:
                missing = missing or error
            else:
                return
        assert missing is not None, "a move has holders"
        raise missing

    def _stream(self, holder: Wanted, descriptor: Descriptor, repository: str) -> None:
        store, place = self._locate(holder)
        sent = 0

        def watched(chunks: Iterator[bytes]) -> Iterator[bytes]:
            nonlocal sent
            for chunk in chunks:
                if self._stop.is_set():
                    raise Stopped
                sent += len(chunk)
                self.progress.moving(len(chunk))
                yield chunk

        try:
            with self._turn(store), store.open_blob(place, descriptor) as reader:
                self._destination.push_blob(repository, descriptor, watched(iter(reader)))
        except BaseException as error:
            self.progress.moving(-sent)
            full = self._disk_full(descriptor.size) if isinstance(error, BootstrapError) else None
            if full is None:
                raise
            raise full from error
        self.progress.copied(sent)

    @contextlib.contextmanager
    def _turn(self, source: Source) -> Iterator[None]:
        """Wait until ``source`` and the destination take one more transfer."""
        with contextlib.ExitStack() as held:
            # In this order for all: who holds the destination waits for nobody. A registry may be both.
            for pace in dict.fromkeys(self._pace(store) for store in (source, self._destination)):
                if pace is not None:
                    held.enter_context(pace.slot())
            if self._stop.is_set():
                raise Stopped
            yield

    def _pace(self, store: Source) -> Pace | None:
        """Return how many transfers ``store`` takes at once; None for one that is no registry."""
        if not isinstance(store, RemoteStore):
            return None
        if self.progress.watch(store.name, store.pace):
            store.pace.allow(self._workers)
        return store.pace

    def _attempt(self, action: Callable[[], None]) -> BootstrapError | None:
        """Do ``action`` with patience; return its failure.

        When nothing but temporary failures came in a row, with all patience, the other side is held for gone,
        and what is left fails without a try: a run against a dead registry has to end. So does one against a
        full disk, which would send every blob in vain.
        """
        if self._stop.is_set():
            raise Stopped
        if self._gone is not None:
            return self._gone
        try:
            self._policy.run(action, self.progress.again)
        except BootstrapError as error:
            if self._stop.is_set():
                raise Stopped from error
            return self._judge(error)
        self._silent = 0
        return None

    def _judge(self, error: BootstrapError) -> BootstrapError:
        """Return the failure to tell: ``error``, or that nothing more can succeed."""
        with self._lock:
            if self._gone is None:
                is_silent = isinstance(error, TransferError) and error.is_temporary
                self._silent = self._silent + 1 if is_silent else 0
                is_over = self._silent >= self._most_silent or isinstance(error, DiskFull)
                self._gone = error if is_over else self._disk_full(0)
            return self._gone or error
