"""What a place that holds images can do; one contract suite runs over every implementation.

``repository`` is always a path inside the store (``openshift/release``). Blobs and manifests belong to a
repository: what one has, another may not, unless the store keeps everything in one place as a layout does.
Implementations may be used by many threads at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterable, Iterator, Protocol

from bootstrap.errors import RegistryError

if TYPE_CHECKING:
    from types import TracebackType

    from bootstrap.oci.descriptor import Descriptor
    from bootstrap.oci.digest import Digest

CHUNK_SIZE = 1024 * 1024  # bytes a reader yields at a time: few system calls, and little memory per transfer


class IncompleteImage(RegistryError):
    """A manifest was pushed before everything that it names; push the children (again), then it."""


class BlobReader(Protocol):
    """The bytes of one blob, read once, from the beginning, inside a ``with``."""

    def __enter__(self) -> BlobReader: ...  # noqa: PYI034  # typing.Self is not in 3.9

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it; may be called before the end, and then gives the connection up."""

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes in pieces of at most 1 MiB, as they come: nothing is checked on the way.

        Raises:
            TransferError: The connection broke or went silent, again and again; temporary; begin again with
                byte 0.
        """


class Source(Protocol):
    """A store one can read.

    Every method raises ``NotFound``, ``Denied`` or another ``RegistryError`` when the store says no, and
    ``TransferError`` when it does not answer; what is worth repeating has been repeated by then.
    """

    def resolve(self, repository: str, reference: str) -> Descriptor:
        """Return the descriptor of the manifest that a tag or digest names; it has no platform.

        Raises:
            NotFound: There is none.
        """

    def manifest(self, repository: str, digest: Digest) -> tuple[bytes, str]:
        """Return the bytes of a manifest and its media type; the bytes do hash to ``digest``.

        Raises:
            NotFound: There is none.
            DigestMismatch: The store served other bytes.
        """

    def tagged(self, repository: str, tag: str) -> tuple[bytes, str] | None:
        """Return the bytes and media type of the manifest that a tag names, or None; nothing is checked."""

    def manifest_exists(self, repository: str, reference: str) -> Descriptor | None:
        """Return what a tag or digest names, or None; the bytes are not fetched if it can be helped."""

    def referrers(self, repository: str, digest: Digest) -> tuple[Descriptor, ...] | None:
        """Return the manifests whose subject is ``digest``; None where the store does not list them.

        Then the index that is tagged ``sha256-<hex>`` may: OCI distribution-spec v1.1.1, "Referrers Tag
        Schema".
        """

    def blob_exists(self, repository: str, descriptor: Descriptor) -> bool:
        """Return whether this repository has the blob, and needs neither a push nor a mount."""

    def open_blob(self, repository: str, descriptor: Descriptor) -> BlobReader:
        """Begin to read a blob. The bytes are not hashed: who stores them does that.

        Raises:
            NotFound: This repository has no such blob.
        """


class Destination(Source, Protocol):
    """A store one can also write. Writing twice what is there already is no error."""

    def push_blob(self, repository: str, descriptor: Descriptor, chunks: Iterable[bytes]) -> None:
        """Store a blob, read from ``chunks`` as it goes; nothing is stored unless all of it was right.

        ``chunks`` is read once, and after a failure not to its end; the caller opens and closes it.

        Raises:
            WrongContent: ``chunks`` has other bytes, or more or fewer, than ``descriptor`` says.
            TransferError: With ``is_temporary``, push again with fresh chunks.
        """

    def mount_blob(self, repository: str, descriptor: Descriptor, from_repository: str) -> bool:
        """Take a blob over from another repository of this store without moving its bytes.

        Returns:
            Whether the blob is in ``repository`` now; False is no error: push it.
        """

    def push_manifest(self, repository: str, content: bytes, media_type: str, *, tag: str | None) -> Digest:
        """Store a manifest or index, byte for byte, and point ``tag`` at it when one is given.

        Raises:
            IncompleteImage: A blob or manifest that it names is not in this repository.
        """
