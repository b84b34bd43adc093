"""Reading every blob of a registry: the only way to know that its bytes are what their name says."""

from __future__ import annotations

import hashlib
import threading
import time
from typing import TYPE_CHECKING, Callable, Mapping

from bootstrap.errors import BootstrapError, NotFound, TransferError
from bootstrap.mirror.pool import Stopped, WorkPool

if TYPE_CHECKING:
    from bootstrap.oci.descriptor import Descriptor
    from bootstrap.oci.digest import Digest
    from bootstrap.store.interface import Source

_ATTEMPTS = 3  # a stream that breaks is begun again


class DeepRead:
    """Reads blobs, each once, several at a time.

    Args:
        store: The registry.
        blobs: By digest: a repository that has it, and its descriptor.
        workers: Most reads in flight at once.
        stop: Set when everything has to end.

    Attributes:
        bytes_read: So far.
        missing: Those that are not in the repository that was named.
        wrong: By digest, in what way a blob is not what its name says, or why it could not be read.
    """

    def __init__(
        self,
        store: Source,
        blobs: Mapping[Digest, tuple[str, Descriptor]],
        *,
        workers: int,
        stop: threading.Event,
    ) -> None:
        self._store, self._blobs, self._workers, self._stop = store, blobs, workers, stop
        self._lock = threading.Lock()
        self._done = 0
        self.bytes_read = 0
        self.missing: set[Digest] = set()
        self.wrong: dict[Digest, str | BootstrapError] = {}

    def run(self, on_progress: Callable[[Mapping[str, object]], None]) -> None:
        """Read all of them, the largest first.

        Args:
            on_progress: Told twice a second, with the numbers of the event ``progress``.

        Raises:
            Stopped: ``stop`` was set.
        """
        started = time.monotonic()
        total = sum(blob.size for _, blob in self._blobs.values())

        def tick() -> None:
            on_progress(
                {
                    "bytes_done": self.bytes_read,
                    "bytes_total": total,
                    "blobs_done": self._done,
                    "blobs_total": len(self._blobs),
                    "images_done": 0,
                    "images_total": 0,
                    "seconds": round(time.monotonic() - started, 3),
                }
            )

        pool = WorkPool(self._workers, self._stop)
        for repository, blob in sorted(self._blobs.values(), key=lambda each: -each[1].size):
            pool.add(0, lambda place=repository, blob=blob: self._one(place, blob))  # type: ignore[misc]  # bound now
        pool.run(tick)
        tick()

    def _one(self, repository: str, blob: Descriptor) -> None:
        wrong: str | BootstrapError | None = None
        try:
            wrong = self._judge(repository, blob)
        except NotFound:
            self.missing.add(blob.digest)
        except BootstrapError as error:
            wrong = error
        with self._lock:
            self._done += 1
            if wrong is not None:
                self.wrong[blob.digest] = wrong

    def _judge(self, repository: str, blob: Descriptor) -> str | None:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                size, name = self._read(repository, blob)
                break
            except TransferError as error:
                if not error.is_temporary or attempt == _ATTEMPTS:
                    raise
        if name == blob.digest.hex:
            return None
        return f"blob {blob.digest} has other bytes than its name says: {size} that hash to sha256:{name}"

    def _read(self, repository: str, blob: Descriptor) -> tuple[int, str]:
        """Return the size and the hash of what the registry serves."""
        found, size = hashlib.sha256(), 0
        with self._store.open_blob(repository, blob) as reader:
            for chunk in reader:
                if self._stop.is_set():
                    raise Stopped
                found.update(chunk)
                size += len(chunk)
                with self._lock:
                    self.bytes_read += len(chunk)
        return size, found.hexdigest()
