"""A store that is a registry."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Iterable

from bootstrap.errors import BootstrapError, NotFound
from bootstrap.oci.digest import Digest
from bootstrap.oci.manifest import parse_manifest

if TYPE_CHECKING:
    from bootstrap.oci.descriptor import Descriptor
    from bootstrap.registry.client import RegistryClient
    from bootstrap.registry.pace import Pace
    from bootstrap.store.interface import BlobReader

_MOST_REPOSITORIES = 10_000  # ten pages: for each of them distribution looks through its whole storage


class RemoteStore:
    """A ``Destination`` over a registry; for many threads.

    Args:
        client: Closed by who made it.
    """

    def __init__(self, client: RegistryClient) -> None:
        self.client = client
        self.name = client.location

    @property
    def pace(self) -> Pace:
        """How many transfers the registry takes at once."""
        return self.client.pace

    def resolve(self, repository: str, reference: str) -> Descriptor:
        """See ``Source``."""
        found = self.client.head_manifest(repository, reference)
        if found is None:
            mark = "@" if Digest.is_digest(reference) else ":"
            raise NotFound(
                f"there is no image {self.name}/{repository}{mark}{reference}",
                why=f"{self.name} answered 404",
                fix="check the name; a tag or release may have been removed",
            )
        return found

    def manifest(self, repository: str, digest: Digest) -> tuple[bytes, str]:
        """See ``Source``."""
        content, media_type = self.client.get_manifest(repository, str(digest))
        name = f"{self.name}/{repository}@{digest}"
        return content, parse_manifest(content, media_type, name=name).media_type

    def tagged(self, repository: str, tag: str) -> tuple[bytes, str] | None:
        """See ``Source``."""
        try:
            return self.client.get_manifest(repository, tag)
        except NotFound:
            return None

    def manifest_exists(self, repository: str, reference: str) -> Descriptor | None:
        """See ``Source``."""
        return self.client.head_manifest(repository, reference)

    def referrers(self, repository: str, digest: Digest) -> tuple[Descriptor, ...] | None:
        """See ``Source``."""
        return self.client.referrers(repository, digest)

    def blob_exists(self, repository: str, descriptor: Descriptor) -> bool:
        """See ``Source``; a blob of another size is a damaged one, and not this blob."""
        return self.client.head_blob(repository, descriptor.digest) == descriptor.size

    def open_blob(self, repository: str, descriptor: Descriptor) -> BlobReader:
        """See ``Source``."""
        return self.client.open_blob(repository, descriptor.digest)

    def push_blob(self, repository: str, descriptor: Descriptor, chunks: Iterable[bytes]) -> None:
        """See ``Destination``."""
        self.client.push_blob(repository, descriptor, chunks)

    def mount_blob(self, repository: str, descriptor: Descriptor, from_repository: str) -> bool:
        """See ``Destination``."""
        return self.client.mount_blob(repository, descriptor, from_repository)

    def repositories(self) -> frozenset[str] | None:
        """Return the repositories that have anything, blobs without an image too; None where nobody tells."""
        try:
            found = frozenset(itertools.islice(self.client.repositories(), _MOST_REPOSITORIES))
        except BootstrapError:
            return None
        return found if len(found) < _MOST_REPOSITORIES else None

    def push_manifest(self, repository: str, content: bytes, media_type: str, *, tag: str | None) -> Digest:
        """See ``Destination``."""
        reference = tag if tag is not None else str(Digest.of(content))
        return self.client.put_manifest(repository, reference, content, media_type)
