"""The format ``layout``: one OCI image layout with each blob once, and a view of links for each image."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bootstrap.errors import HostError
from bootstrap.mirror.pool import each
from bootstrap.oci.digest import Digest
from bootstrap.precache.disk.files import Files
from bootstrap.precache.disk.form import BLOCK, Found, rounded
from bootstrap.precache.disk.lists import index_of
from bootstrap.precache.disk.names import BLOBS, PARTIAL, VIEWS
from bootstrap.precache.disk.store import DiskStore
from bootstrap.precache.disk.view import DiskImage, small, view

_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS)
_TO_BLOBS = f"../../{BLOBS}"


class LayoutForm:
    """See ``Form``.

    Args:
        directory: The disk's.
        images: All that it is to have.
        workers: Files read at once.
    """

    def __init__(self, directory: Path, images: Sequence[DiskImage], *, workers: int) -> None:
        self._directory, self._workers = directory, workers
        self._images = {image.digest: image for image in images}  # two names may be one image
        self._index = index_of(images)
        self._small = {digest: raw for image in images for digest, raw in small(image).items()}
        self._sizes = {blob.digest: blob.size for image in images for blob in image.blobs}
        self._sizes.update((digest, len(raw)) for digest, raw in self._small.items())
        self._files = Files()
        self._views: list[Path] = []
        self.store = DiskStore(directory)
        self.own = frozenset(
            [
                *self._index,
                *(f"{BLOBS}/{digest.hex}" for digest in self._sizes),
                *(f"{VIEWS}/{digest.hex}" for digest in self._images),
            ]
        )

    def look(self, *, verify: bool, stop: threading.Event) -> Found:
        """See ``Form``."""
        there = self.store.sizes()
        right = {digest for digest, size in self._sizes.items() if there.get(digest.hex) == size}
        # Manifests say what else is needed: they are read always.
        asked = [digest for digest in right if verify or digest in self._small]
        answers = each(
            lambda digest: self.store.is_right(digest, stop), asked, workers=self._workers, stop=stop
        )
        right -= {digest for digest, is_right in zip(asked, answers, strict=True) if is_right is not True}
        damaged = [digest for digest in self._sizes if digest.hex in there and digest not in right]
        lacking = self._sizes.keys() - right
        links = sum(len(view(image)) + 1 for image in self._images.values() if not self._has_view(image))
        return Found(
            todo=tuple(image for image in self._images.values() if not set(view(image).values()) <= right),
            present=frozenset(right),
            damaged=tuple(sorted(self.store.blobs / digest.hex for digest in damaged)),
            files=len(self._sizes),
            files_there=len(right),
            size=sum(self._sizes.values()),
            size_there=sum(self._sizes[digest] for digest in right),
            needed=sum(rounded(self._sizes[digest]) for digest in lacking) + links * BLOCK,
        )

    def finish(self, found: Found, stop: threading.Event, told: Callable[[int], None]) -> Mapping[str, str]:  # noqa: ARG002  # it takes no time
        """See ``Form``."""
        for digest, raw in self._small.items():
            if digest not in found.present:
                self.store.put(raw)
        for image in self._images.values():
            if not self._has_view(image):
                self._make_view(image)
                self._views.append(self._directory / VIEWS / image.digest.hex)
        sums = {f"{BLOBS}/{digest.hex}": digest.hex for digest in self._sizes}
        for name, content in self._index.items():
            sums[name] = self._files.put(self._directory / name, content)
        return sums

    def written(self) -> list[Path]:
        """See ``Form``."""
        return [*self.store.written, *self._files.written, *self._views]

    def clean(self) -> None:
        """See ``Form``."""

    def _has_view(self, image: DiskImage) -> bool:
        directory = f"{self._directory}/{VIEWS}/{image.digest.hex}"
        if _target(directory) is not None:  # a link out of the disk
            return False
        return all(_target(f"{directory}/{name}") == _link(digest) for name, digest in view(image).items())

    def _make_view(self, image: DiskImage) -> None:
        """Make the directory of an image, or what is wrong in it; it has its name when it is whole."""
        directory = self._directory / VIEWS / image.digest.hex
        partial = directory.with_name(f".{directory.name}{PARTIAL}")
        if directory.is_symlink():
            directory.unlink()
        if directory.is_dir():
            for name, digest in view(image).items():
                if _target(directory / name) != _link(digest):
                    path = directory / f".{name}{PARTIAL}"
                    path.unlink(missing_ok=True)
                    self._make_link(path, digest)
                    path.replace(directory / name)
            return
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        for name, digest in view(image).items():
            self._make_link(partial / name, digest)
        partial.rename(directory)

    def _make_link(self, path: Path, digest: Digest) -> None:
        try:
            path.symlink_to(_link(digest))
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            raise HostError(
                f"cannot write {self._directory}",
                why=f"its file system has no symbolic links ({error.strerror})",
                fix="make it XFS or ext4, or give --format tgz",
            ) from error


def _link(digest: Digest) -> str:
    return f"{_TO_BLOBS}/{digest.hex}"


def _target(path: str | Path) -> str | None:
    try:
        return os.readlink(path)  # noqa: PTH115  # Path.readlink gives a path, and the text is compared
    except OSError:
        return None
