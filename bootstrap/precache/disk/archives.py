"""The format ``tgz``: an archive for each image, as telco-ran-tools makes them."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from bootstrap.credentials import files
from bootstrap.errors import ConfigError, Problems
from bootstrap.mirror.checksums import sum_of
from bootstrap.mirror.pool import each
from bootstrap.oci.digest import Digest
from bootstrap.precache.disk import names
from bootstrap.precache.disk.archive import is_right, size_of, write_archive
from bootstrap.precache.disk.form import Found, rounded
from bootstrap.precache.disk.lists import read_sums
from bootstrap.precache.disk.store import DiskStore
from bootstrap.precache.disk.view import DiskImage, small, view
from bootstrap.precache.images.naming import artifact_name


class ArchiveForm:
    """See ``Form``.

    Args:
        directory: The disk's.
        images: All that it is to have.
        workers: Archives read or written at once.

    Raises:
        ConfigError: (several as ``Problems``) Two images would have one name.
    """

    def __init__(self, directory: Path, images: Sequence[DiskImage], *, workers: int) -> None:
        self._directory, self._workers = directory, workers
        self._images = _by_name(images)
        self._sizes = {name: size_of(name, _sizes(image)) for name, image in self._images.items()}
        self._sums: dict[str, str] = {}
        self._written: list[Path] = []
        self.store = DiskStore(directory / names.SPOOL, directory)
        self.own = frozenset(_file(name) for name in self._images)

    def look(self, *, verify: bool, stop: threading.Event) -> Found:
        """See ``Form``."""
        known = read_sums(files.read(self._directory / names.SUMS))

        def sum_if_right(name: str) -> str | None:
            path, told = self._directory / _file(name), known.get(_file(name))
            try:
                if path.stat().st_size != self._sizes[name]:
                    return None
                if told is not None:
                    return told if not verify or sum_of(path, stop) == told else None
                # An earlier run had no time to write down what it is.
                return sum_of(path, stop) if is_right(path, name, view(self._images[name])) else None
            except OSError:  # a bad sector is no content either
                return None

        there = [name for name in self._images if (self._directory / _file(name)).is_file()]
        answers = each(sum_if_right, there, workers=self._workers, stop=stop)
        self._sums = {
            name: answer for name, answer in zip(there, answers, strict=True) if isinstance(answer, str)
        }
        todo = {name: image for name, image in self._images.items() if name not in self._sums}
        present = self._spooled(todo.values(), verify=verify, stop=stop)
        fetched = {blob for image in todo.values() for blob in image.blobs if blob.digest not in present}
        return Found(
            todo=tuple(todo.values()),
            present=present,
            damaged=tuple(sorted(self._directory / _file(name) for name in there if name not in self._sums)),
            files=len(self._images),
            files_there=len(self._sums),
            size=sum(self._sizes.values()),
            size_there=sum(self._sizes[name] for name in self._sums),
            needed=sum(rounded(blob.size) for blob in fetched)
            + sum(rounded(self._sizes[name]) for name in todo),
        )

    def finish(self, found: Found, stop: threading.Event, told: Callable[[int], None]) -> Mapping[str, str]:
        """See ``Form``."""
        for image in found.todo:
            for raw in small(image).values():
                self.store.put(raw)

        def write(image: DiskImage) -> None:
            name = artifact_name(image.pull_spec)
            self._sums[name] = self._write(name, image, stop)
            told(self._sizes[name])

        each(write, found.todo, workers=self._workers, stop=stop)
        return {_file(name): digest for name, digest in self._sums.items()}

    def written(self) -> list[Path]:
        """See ``Form``."""
        return self._written

    def clean(self) -> None:
        """See ``Form``."""
        shutil.rmtree(self._directory / names.SPOOL, ignore_errors=True)

    def _spooled(
        self, images: Iterable[DiskImage], *, verify: bool, stop: threading.Event
    ) -> frozenset[Digest]:
        """Return the blobs of these images that a killed run has fetched already."""
        there = self.store.sizes()
        found = {
            blob.digest for image in images for blob in image.blobs if there.get(blob.digest.hex) == blob.size
        }
        if not verify:
            return frozenset(found)
        answers = each(
            lambda digest: (digest, self.store.is_right(digest, stop)),
            found,
            workers=self._workers,
            stop=stop,
        )
        return frozenset(answer[0] for answer in answers if isinstance(answer, tuple) and answer[1])

    def _write(self, name: str, image: DiskImage, stop: threading.Event) -> str:
        path = self._directory / _file(name)
        partial = path.with_name(f".{path.name}{names.PARTIAL}")
        blobs = {each: self.store.blobs / digest.hex for each, digest in view(image).items()}
        try:
            partial.unlink(missing_ok=True)
            with partial.open("xb") as file:  # and not where a link leads
                digest = write_archive(file, name, blobs, stop)
                file.flush()
                os.fchmod(file.fileno(), 0o644)
                os.fsync(file.fileno())
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        self._written.append(path)
        return digest


def _file(name: str) -> str:
    return f"{name}{names.ARCHIVE_SUFFIX}"


def _sizes(image: DiskImage) -> dict[str, int]:
    """Return the bytes of each file of an image's directory."""
    known = {digest: len(raw) for digest, raw in small(image).items()}
    known.update((blob.digest, blob.size) for blob in image.blobs)
    return {name: known[digest] for name, digest in view(image).items()}


def _by_name(images: Sequence[DiskImage]) -> dict[str, DiskImage]:
    """Return the images by what their archives are called.

    Raises:
        ConfigError: (several as ``Problems``) Two that are not the same have one name.
    """
    found: dict[str, DiskImage] = {}
    problems = []
    for image in images:
        name = artifact_name(image.pull_spec)
        other = found.setdefault(name, image)
        if other.digest != image.digest:
            problems.append(
                ConfigError(
                    f"cannot write {image.pull_spec} into an archive",
                    why=f"it would be called {_file(name)}, as that of {other.pull_spec}",
                    fix="leave one of them out (exclude), name it by digest, or use --format layout",
                )
            )
    if problems:
        raise problems[0] if len(problems) == 1 else Problems(problems)
    return found
