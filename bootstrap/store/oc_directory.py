"""A store that is a directory as oc keeps images in (``file://``): ``v2/<repository>/{blobs,manifests}``.

Every repository has its own blobs; a manifest is among them and, under the same name, among the manifests,
where a tag is a symbolic link to it.

Source: openshift/oc, ``pkg/cli/image/imagesource/file.go`` (``fileManifestService.Put``, ``fileBlobStore``).
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Iterable, Iterator

from bootstrap.errors import DigestMismatch, NotFound, RegistryError
from bootstrap.oci.digest import Digest
from bootstrap.oci.manifest import MAX_MANIFEST_SIZE, Index, parse_manifest
from bootstrap.store.checked import checked
from bootstrap.store.interface import IncompleteImage
from bootstrap.store.layout import LayoutReader, shape, unreadable, unwritable

if TYPE_CHECKING:
    from bootstrap.oci.descriptor import Descriptor
    from bootstrap.oci.manifest import AnyManifest

ROOT = "v2"


class OcDirectory:
    """A ``Destination``; for many threads, and for one process at a time.

    Args:
        path: What oc calls ``--to-dir`` and ``--from-dir``; made with the first thing that is stored.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = str(path)

    def files(self) -> Iterator[str]:
        """Yield the path of every file of an image, below the directory; tags and partial files are none."""
        for path, is_one in self._all():
            if is_one:
                yield path.relative_to(self.path).as_posix()

    def tidy(self) -> None:
        """Remove what is no file of an image: tags, and what somebody began to write.

        Raises:
            OSError: It cannot be removed.
        """
        for path in [path for path, is_one in self._all() if not is_one]:
            path.unlink()

    def _all(self) -> Iterator[tuple[Path, bool]]:
        """Yield every file and link there is, and whether it is a file of an image."""
        for directory, _, names in os.walk(self.path / ROOT):
            is_place = Path(directory).name in ("blobs", "manifests")
            for path in (Path(directory, name) for name in sorted(names)):
                yield path, is_place and Digest.is_digest(path.name) and not path.is_symlink()

    def paths(self, repository: str, manifest: AnyManifest) -> list[str]:
        """Return the files, below the directory, of a manifest and the blobs that it names."""
        place, digest = f"{ROOT}/{repository}", Digest.of(manifest.raw)
        blobs = [] if isinstance(manifest, Index) else [child.digest for child in manifest.children()]
        return [f"{place}/manifests/{digest}", *(f"{place}/blobs/{each}" for each in blobs)]

    def resolve(self, repository: str, reference: str) -> Descriptor:
        """See ``Source``."""
        found = self.manifest_exists(repository, reference)
        if found is None:
            raise self._missing("image", repository, reference)
        return found

    def manifest(self, repository: str, digest: Digest) -> tuple[bytes, str]:
        """See ``Source``."""
        found = self._manifest(repository, digest)
        if found is None:
            raise self._missing("manifest", repository, str(digest))
        return found.raw, found.media_type

    def tagged(self, repository: str, tag: str) -> tuple[bytes, str] | None:
        """See ``Source``."""
        found = self.manifest_exists(repository, tag)
        return self.manifest(repository, found.digest) if found else None

    def manifest_exists(self, repository: str, reference: str) -> Descriptor | None:
        """See ``Source``."""
        if not Digest.is_digest(reference):
            try:
                reference = self._place(repository, "manifests", reference).readlink().name
            except OSError:
                return None
        found = self._manifest(repository, Digest(reference)) if Digest.is_digest(reference) else None
        return found.descriptor if found else None

    def referrers(self, repository: str, digest: Digest) -> tuple[Descriptor, ...] | None:  # noqa: ARG002
        """See ``Source``; there is no such list."""
        return None

    def blob_exists(self, repository: str, descriptor: Descriptor) -> bool:
        """See ``Source``."""
        return self._place(repository, "blobs", str(descriptor.digest)).is_file()

    def open_blob(self, repository: str, descriptor: Descriptor) -> LayoutReader:
        """See ``Source``."""
        path = self._place(repository, "blobs", str(descriptor.digest))
        if not path.is_file():
            raise self._missing("blob", repository, str(descriptor.digest))
        return LayoutReader(path)

    def push_blob(self, repository: str, descriptor: Descriptor, chunks: Iterable[bytes]) -> None:
        """See ``Destination``."""
        path = self._place(repository, "blobs", str(descriptor.digest))
        _write(path, checked(descriptor, chunks, where=f"{self.name}/{repository}"))

    def mount_blob(self, repository: str, descriptor: Descriptor, from_repository: str) -> bool:
        """See ``Destination``: the same file under another name, where the file system can do that."""
        path = self._place(repository, "blobs", str(descriptor.digest))
        if path.is_file():
            return True
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.link(self._place(from_repository, "blobs", str(descriptor.digest)), path)
        except OSError:
            return path.is_file()
        return True

    def push_manifest(self, repository: str, content: bytes, media_type: str, *, tag: str | None) -> Digest:
        """See ``Destination``."""
        manifest = parse_manifest(content, media_type)
        digest = Digest.of(content)
        kind = "manifests" if isinstance(manifest, Index) else "blobs"
        for child in manifest.children():
            if not self._place(repository, kind, str(child.digest)).is_file():
                raise IncompleteImage(
                    f"cannot store manifest {digest} in {self.name}",
                    why=f"{child.digest}, which it names, is not there",
                    fix="store what it names first",
                )
        for kind in ("blobs", "manifests"):
            _write(self._place(repository, kind, str(digest)), [content])
        if tag is not None:
            _tag(self._place(repository, "manifests", tag), str(digest))
        return digest

    def _manifest(self, repository: str, digest: Digest) -> AnyManifest | None:
        path = self._place(repository, "manifests", str(digest))
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

    def _place(self, repository: str, kind: str, name: str) -> Path:
        return self.path / ROOT / repository / kind / name

    def _missing(self, kind: str, repository: str, reference: str) -> NotFound:
        mark = "@" if Digest.is_digest(reference) else ":"
        return NotFound(
            f"there is no {kind} {repository}{mark}{reference} in {self.name}",
            why="the directory does not have it",
            fix="store it first, or check the name",
        )


def _write(path: Path, chunks: Iterable[bytes]) -> None:
    """Write a file whole or not at all: it gets its name when every chunk has come."""
    partial = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".partial")
        with os.fdopen(handle, "wb") as file:
            for chunk in chunks:
                file.write(chunk)
        os.replace(partial, path)  # noqa: PTH105  # partial is the text that mkstemp gives
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(partial)  # noqa: PTH108  # likewise
        if isinstance(error, OSError):
            raise unwritable(path, error) from error
        raise


def _tag(path: Path, digest: str) -> None:
    """Have a symbolic link to ``digest``, which is beside it."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        with contextlib.suppress(FileNotFoundError):
            partial.unlink()
        partial.symlink_to(digest)
        partial.replace(path)
    except OSError as error:
        raise unwritable(path, error) from error
