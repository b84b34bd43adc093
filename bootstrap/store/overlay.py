"""A store of an image that we made on top of another: what is new is in memory, the rest is where it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bootstrap.errors import NotFound
from bootstrap.oci.descriptor import Descriptor
from bootstrap.oci.digest import Digest
from bootstrap.store.memory import MemoryReader

if TYPE_CHECKING:
    from bootstrap.store.interface import BlobReader, Source


class Overlay:
    """A ``Source`` of one image, whatever the repository asked for; filled before anybody reads it.

    Args:
        base: Has the blobs that were not added.
        repository: Where it has them.
    """

    def __init__(self, base: Source, repository: str) -> None:
        self._base, self._repository = base, repository
        self._blobs: dict[Digest, bytes] = {}
        self._manifests: dict[Digest, tuple[bytes, str]] = {}

    def add_blob(self, content: bytes) -> None:
        """Take a blob."""
        self._blobs[Digest.of(content)] = content

    def add_manifest(self, content: bytes, media_type: str) -> Digest:
        """Take a manifest or an index."""
        digest = Digest.of(content)
        self._manifests[digest] = (content, media_type)
        return digest

    def resolve(self, repository: str, reference: str) -> Descriptor:
        """See ``Source``; there are no tags."""
        found = self.manifest_exists(repository, reference)
        if found is None:
            raise self._missing(repository, reference)
        return found

    def manifest(self, repository: str, digest: Digest) -> tuple[bytes, str]:
        """See ``Source``."""
        found = self._manifests.get(digest)
        if found is None:
            raise self._missing(repository, str(digest))
        return found

    def tagged(self, repository: str, tag: str) -> tuple[bytes, str] | None:  # noqa: ARG002  # one image
        """See ``Source``; there are no tags."""
        return None

    def manifest_exists(self, repository: str, reference: str) -> Descriptor | None:  # noqa: ARG002  # one image
        """See ``Source``."""
        found = self._manifests.get(Digest(reference)) if Digest.is_digest(reference) else None
        return Descriptor.of(*found) if found else None

    def referrers(self, repository: str, digest: Digest) -> tuple[Descriptor, ...] | None:  # noqa: ARG002  # no list
        """See ``Source``; there is no such list."""
        return None

    def blob_exists(self, repository: str, descriptor: Descriptor) -> bool:  # noqa: ARG002  # one image
        """See ``Source``."""
        return descriptor.digest in self._blobs or self._base.blob_exists(self._repository, descriptor)

    def open_blob(self, repository: str, descriptor: Descriptor) -> BlobReader:  # noqa: ARG002  # one image
        """See ``Source``."""
        content = self._blobs.get(descriptor.digest)
        if content is not None:
            return MemoryReader(content)
        return self._base.open_blob(self._repository, descriptor)

    def _missing(self, repository: str, reference: str) -> NotFound:
        return NotFound(
            f"there is no manifest {repository}@{reference}",
            why="it is not of the image that was built",
            fix="run it again",
        )
