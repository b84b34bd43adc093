"""A registry's data directory, written as distribution's file system driver writes it, without a registry.

Source: distribution, ``registry/storage/paths.go``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bootstrap.mirror.damaged import blob_file
from bootstrap.oci.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from bootstrap.oci.descriptor import Descriptor


class DataDirectory:
    """The part of a ``Destination`` that `bootstrap.sandbox.images` and ``release`` write with."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._repositories = path / "docker/registry/v2/repositories"

    def blob_exists(self, repository: str, descriptor: Descriptor) -> bool:
        """Whether ``push_blob`` would be in vain."""
        return self._layer(repository, descriptor.digest).exists()

    def push_blob(self, repository: str, descriptor: Descriptor, chunks: Iterable[bytes]) -> None:
        """Store a blob, unchecked."""
        self._store(descriptor.digest, chunks)
        self._link(self._layer(repository, descriptor.digest), descriptor.digest)

    def push_manifest(self, repository: str, content: bytes, _media_type: str, *, tag: str | None) -> Digest:
        """Store a manifest, and point ``tag`` at it when one is given."""
        digest = Digest.of(content)
        self._store(digest, [content])
        manifests = self._repositories / repository / "_manifests"
        self._link(manifests / "revisions/sha256" / digest.hex / "link", digest)
        if tag is not None:
            self._link(manifests / "tags" / tag / "current/link", digest)
            self._link(manifests / "tags" / tag / "index/sha256" / digest.hex / "link", digest)
        return digest

    def _layer(self, repository: str, digest: Digest) -> Path:
        return self._repositories / repository / "_layers/sha256" / digest.hex / "link"

    def _store(self, digest: Digest, chunks: Iterable[bytes]) -> None:
        path = blob_file(str(self.path), digest)
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.writelines(chunks)

    def _link(self, path: Path, digest: Digest) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(digest))
