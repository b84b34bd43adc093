"""A store in memory, for tests: as strict as a real registry, and nothing survives it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Iterable, Iterator

from bootstrap.errors import NotFound
from bootstrap.oci.descriptor import Descriptor
from bootstrap.oci.digest import Digest
from bootstrap.oci.manifest import is_manifest_type, parse_manifest
from bootstrap.store.checked import checked
from bootstrap.store.interface import CHUNK_SIZE, IncompleteImage

if TYPE_CHECKING:
    from types import TracebackType


class MemoryStore:
    """A ``Destination`` that keeps everything in dictionaries.

    Args:
        name: What messages call it.
    """

    def __init__(self, name: str = "memory") -> None:
        self.name = name
        self._lock = threading.Lock()
        self._blobs: dict[tuple[str, Digest], bytes] = {}
        self._manifests: dict[tuple[str, Digest], tuple[bytes, str]] = {}
        self._tags: dict[tuple[str, str], Digest] = {}

    def resolve(self, repository: str, reference: str) -> Descriptor:
        """See ``Source``."""
        found = self.manifest_exists(repository, reference)
        if found is None:
            raise self._missing("image", repository, reference)
        return found

    def manifest(self, repository: str, digest: Digest) -> tuple[bytes, str]:
        """See ``Source``."""
        with self._lock:
            found = self._manifests.get((repository, digest))
        if found is None:
            raise self._missing("manifest", repository, str(digest))
        return found

    def tagged(self, repository: str, tag: str) -> tuple[bytes, str] | None:
        """See ``Source``."""
        found = self.manifest_exists(repository, tag)
        return self.manifest(repository, found.digest) if found else None

    def manifest_exists(self, repository: str, reference: str) -> Descriptor | None:
        """See ``Source``."""
        with self._lock:
            digest = (
                Digest(reference) if Digest.is_digest(reference) else self._tags.get((repository, reference))
            )
            found = self._manifests.get((repository, digest)) if digest else None
        return Descriptor.of(*found) if found else None

    def referrers(self, repository: str, digest: Digest) -> tuple[Descriptor, ...] | None:  # noqa: ARG002  # no list
        """See ``Source``; there is no such list."""
        return None

    def blob_exists(self, repository: str, descriptor: Descriptor) -> bool:
        """See ``Source``."""
        with self._lock:
            return (repository, descriptor.digest) in self._blobs

    def open_blob(self, repository: str, descriptor: Descriptor) -> MemoryReader:
        """See ``Source``."""
        with self._lock:
            content = self._blobs.get((repository, descriptor.digest))
        if content is None:
            raise self._missing("blob", repository, str(descriptor.digest))
        return MemoryReader(content)

    def push_blob(self, repository: str, descriptor: Descriptor, chunks: Iterable[bytes]) -> None:
        """See ``Destination``."""
        content = b"".join(checked(descriptor, chunks, where=f"{self.name}/{repository}"))
        with self._lock:
            self._blobs[repository, descriptor.digest] = content

    def mount_blob(self, repository: str, descriptor: Descriptor, from_repository: str) -> bool:
        """See ``Destination``."""
        with self._lock:
            content = self._blobs.get((from_repository, descriptor.digest))
            if content is None:
                return False
            self._blobs[repository, descriptor.digest] = content
            return True

    def push_manifest(self, repository: str, content: bytes, media_type: str, *, tag: str | None) -> Digest:
        """See ``Destination``."""
        manifest = parse_manifest(content, media_type)
        digest = Digest.of(content)
        with self._lock:
            for child in manifest.children():
                held = self._manifests if is_manifest_type(child.media_type) else self._blobs
                if (repository, child.digest) not in held:
                    raise IncompleteImage(
                        f"cannot push manifest {digest} to {self.name}/{repository}",
                        why=f"{child.digest}, which it names, is not there",
                        fix="push what it names first",
                    )
            self._manifests[repository, digest] = (content, manifest.media_type)
            if tag is not None:
                self._tags[repository, tag] = digest
        return digest

    def _missing(self, kind: str, repository: str, reference: str) -> NotFound:
        mark = "@" if Digest.is_digest(reference) else ":"
        return NotFound(
            f"there is no {kind} {self.name}/{repository}{mark}{reference}",
            why="it was never pushed there",
            fix="push it first",
        )


class MemoryReader:
    """A ``BlobReader`` over bytes at hand."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __enter__(self) -> MemoryReader:  # noqa: PYI034  # typing.Self is not in 3.9
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Nothing to close."""

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self._content), CHUNK_SIZE):
            yield self._content[start : start + CHUNK_SIZE]
