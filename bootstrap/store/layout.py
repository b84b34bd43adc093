"""A store that is an OCI image layout: a directory, and the archive made of it.

Blobs and manifests are found by digest alone, so all repositories of a layout share them; tags belong to one
repository, in the annotation that skopeo and podman read: ``openshift/release:4.20.9-x86_64``.

Source: OCI image-spec v1.1, image-layout.md.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Iterable, Iterator

from bootstrap.errors import DigestMismatch, HostError, NotFound, RegistryError
from bootstrap.oci.descriptor import Descriptor
from bootstrap.oci.digest import Digest
from bootstrap.oci.manifest import (
    MAX_MANIFEST_SIZE,
    OCI_INDEX,
    OCI_MANIFEST,
    AnyManifest,
    parse_manifest,
)
from bootstrap.store.archive import archive_digest, write_archive
from bootstrap.store.checked import checked
from bootstrap.store.interface import CHUNK_SIZE, IncompleteImage
from bootstrap.store.layout_index import (
    INDEX_FILE,
    MARKER,
    MARKER_FILE,
    listed,
    read_index,
    ref_name,
    write_index,
)

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["LayoutReader", "LayoutStore", "archive_digest", "write_archive"]


class LayoutStore:
    """A ``Destination`` on disk; for many threads, and for one process at a time.

    Args:
        path: The directory; made when it is not there, with the first thing that is stored.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.name = str(path)
        self._lock = threading.Lock()

    def resolve(self, repository: str, reference: str) -> Descriptor:
        """See ``Source``."""
        found = self.manifest_exists(repository, reference)
        if found is None:
            raise self._missing("image", repository, reference)
        return found

    def manifest(self, repository: str, digest: Digest) -> tuple[bytes, str]:
        """See ``Source``."""
        found = self._manifest(digest)
        if found is None:
            raise self._missing("manifest", repository, str(digest))
        return found.raw, found.media_type

    def tagged(self, repository: str, tag: str) -> tuple[bytes, str] | None:
        """See ``Source``."""
        found = self.manifest_exists(repository, tag)
        return self.manifest(repository, found.digest) if found else None

    def manifest_exists(self, repository: str, reference: str) -> Descriptor | None:
        """See ``Source``."""
        if Digest.is_digest(reference):
            digest = Digest(reference)
        else:
            name = f"{repository}:{reference}"
            entry = next((each for each in self._entries() if ref_name(each) == name), None)
            if entry is None:
                return None
            digest = entry.digest
        found = self._manifest(digest)
        return found.descriptor if found else None

    def referrers(self, repository: str, digest: Digest) -> tuple[Descriptor, ...] | None:  # noqa: ARG002  # no list
        """See ``Source``; there is no such list."""
        return None

    def blob_exists(self, repository: str, descriptor: Descriptor) -> bool:  # noqa: ARG002  # shared by all
        """See ``Source``; every repository has what one has."""
        return self._file(descriptor.digest).is_file()

    def open_blob(self, repository: str, descriptor: Descriptor) -> LayoutReader:
        """See ``Source``."""
        path = self._file(descriptor.digest)
        if not path.is_file():
            raise self._missing("blob", repository, str(descriptor.digest))
        return LayoutReader(path)

    def push_blob(self, repository: str, descriptor: Descriptor, chunks: Iterable[bytes]) -> None:
        """See ``Destination``."""
        where = f"{self.name}/{repository}"
        self._write(self._file(descriptor.digest), checked(descriptor, chunks, where=where))

    def mount_blob(self, repository: str, descriptor: Descriptor, from_repository: str) -> bool:
        """See ``Destination``; what is there is in every repository."""
        return self.blob_exists(from_repository, descriptor) and self.blob_exists(repository, descriptor)

    def push_manifest(self, repository: str, content: bytes, media_type: str, *, tag: str | None) -> Digest:
        """See ``Destination``."""
        manifest = parse_manifest(content, media_type)
        descriptor = manifest.descriptor
        with self._lock:
            for child in manifest.children():
                if not self._file(child.digest).is_file():
                    raise IncompleteImage(
                        f"cannot store manifest {descriptor.digest} in {self.name}",
                        why=f"{child.digest}, which it names, is not there",
                        fix="store what it names first",
                    )
            self._write(self._file(descriptor.digest), [content])
            kept = listed(self._entries(), manifest, repository, tag)
            self._write_index(kept)
        return descriptor.digest

    def _manifest(self, digest: Digest) -> AnyManifest | None:
        """Read a manifest; None when there is none of that digest, or it is a blob of another kind."""
        path = self._file(digest)
        try:
            if path.stat().st_size > MAX_MANIFEST_SIZE:
                return None
            raw = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise unreadable(path, error) from error
        if Digest.of(raw) != digest:
            raise DigestMismatch(
                f"the file {path} is damaged",
                why=f"its bytes hash to {Digest.of(raw)}",
                fix="delete it and store the image again",
            )
        try:
            return parse_manifest(raw, shape(raw), name=str(path))
        except RegistryError:
            return None

    def _entries(self) -> list[Descriptor]:
        path = self.path / INDEX_FILE
        try:
            return read_index(path.read_bytes(), str(path))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise unreadable(path, error) from error

    def _write_index(self, entries: Iterable[Descriptor]) -> None:
        if not (self.path / MARKER_FILE).is_file():
            self._write(self.path / MARKER_FILE, [MARKER])
        self._write(self.path / INDEX_FILE, [write_index(entries)])

    def _write(self, path: Path, chunks: Iterable[bytes]) -> None:
        """Write a file whole or not at all: it gets its name when every chunk has come."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, partial = tempfile.mkstemp(
                dir=path.parent, prefix=f"{path.name[:16]}.", suffix=".partial"
            )
        except OSError as error:
            raise unwritable(path, error) from error
        try:
            with os.fdopen(handle, "wb") as file:
                for chunk in chunks:
                    file.write(chunk)
                os.fchmod(file.fileno(), 0o644)  # mkstemp's 0600 would hide an image from its readers
            os.replace(partial, path)  # noqa: PTH105  # partial is the text that mkstemp gives
        except BaseException as error:
            os.unlink(partial)  # noqa: PTH108  # likewise
            if isinstance(error, OSError):
                raise unwritable(path, error) from error
            raise

    def _file(self, digest: Digest) -> Path:
        return self.path / "blobs" / "sha256" / digest.hex

    def _missing(self, kind: str, repository: str, reference: str) -> NotFound:
        mark = "@" if Digest.is_digest(reference) else ":"
        return NotFound(
            f"there is no {kind} {repository}{mark}{reference} in {self.name}",
            why="the layout does not list it",
            fix="store it first, or check the name",
        )


class LayoutReader:
    """A ``BlobReader`` over a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise unreadable(path, error) from error

    def __enter__(self) -> LayoutReader:  # noqa: PYI034  # typing.Self is not in 3.9
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file."""
        self._file.close()

    def __iter__(self) -> Iterator[bytes]:
        try:
            while chunk := self._file.read(CHUNK_SIZE):
                yield chunk
        except OSError as error:
            raise unreadable(self._path, error) from error


def shape(raw: bytes) -> str:
    """Return the media type of a manifest that need not say it: Docker's must, so the rest is OCI's."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(value, dict) or value.get("mediaType"):
        return ""
    return OCI_INDEX if "manifests" in value else OCI_MANIFEST


def unreadable(path: Path, error: OSError) -> HostError:
    return HostError(
        f"cannot read {path}", why=error.strerror or str(error), fix="check the disk and its rights"
    )


def unwritable(path: Path, error: OSError) -> HostError:
    return HostError(
        f"cannot write {path}",
        why=error.strerror or str(error),
        fix="check its rights and the free space there",
    )
