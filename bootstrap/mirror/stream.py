"""The bytes of one blob on their way from an origin to the destination, without a spool between."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Callable, Iterator

from bootstrap.errors import BootstrapError
from bootstrap.mirror.pool import Stopped
from bootstrap.store.checked import WrongContent
from bootstrap.store.remote import RemoteStore

if TYPE_CHECKING:
    import threading

    from bootstrap.mirror.origins import Origin
    from bootstrap.mirror.progress import Progress
    from bootstrap.oci.descriptor import Descriptor
    from bootstrap.registry.pace import Pace
    from bootstrap.store.interface import BlobReader, Destination, Source


class Streams:
    """Into one registry, as many at once as it and the source take; for many threads.

    Args:
        workers: Most at once, >= 1; fewer while the source or the destination has trouble.
        stop: Set to end early.
        disk_full: See ``Job``.
    """

    def __init__(
        self,
        destination: Destination,
        progress: Progress,
        *,
        workers: int,
        stop: threading.Event,
        disk_full: Callable[[int], BootstrapError | None],
    ) -> None:
        self._destination, self._progress = destination, progress
        self._workers, self._stop, self._disk_full = workers, stop, disk_full

    def send(self, origin: Origin, descriptor: Descriptor, repository: str) -> BootstrapError | None:
        """Bring a blob from ``origin`` to ``repository``.

        Returns:
            Why the origin did not give it, or not what was asked for; None when the blob is there.

        Raises:
            BootstrapError: The destination did not take it.
            Stopped: ``stop`` was set.
        """
        sent = 0
        failed: list[BootstrapError] = []

        def watched(chunks: Iterator[bytes]) -> Iterator[bytes]:
            nonlocal sent
            with _noted(failed):
                for chunk in chunks:
                    if self._stop.is_set():
                        raise Stopped
                    sent += len(chunk)
                    self._progress.moving(len(chunk))
                    yield chunk

        try:
            with self._turn(origin.store), _opened(origin, descriptor, failed) as reader:
                self._destination.push_blob(repository, descriptor, watched(iter(reader)))
        except BaseException as error:
            self._progress.moving(-sent)
            if not isinstance(error, BootstrapError):
                raise
            if failed or isinstance(error, WrongContent):
                return error
            full = self._disk_full(descriptor.size)
            if full is None:
                raise
            raise full from error
        self._progress.copied(sent)
        return None

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
        if self._progress.watch(store.name, store.pace):
            store.pace.allow(self._workers)
        return store.pace


@contextlib.contextmanager
def _noted(failed: list[BootstrapError]) -> Iterator[None]:
    """Put a failure of ours on the list ``failed``."""
    try:
        yield
    except BootstrapError as error:
        failed.append(error)
        raise


@contextlib.contextmanager
def _opened(origin: Origin, descriptor: Descriptor, failed: list[BootstrapError]) -> Iterator[BlobReader]:
    with _noted(failed):
        reader = origin.store.open_blob(origin.repository, descriptor)
    with reader:
        yield reader
