"""What of a directory belongs to a disk, and what no list names any more. All else is the user's."""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bootstrap.credentials import files
from bootstrap.errors import ConfigError, Problems
from bootstrap.precache.disk.hold import Unfinished, unfinished
from bootstrap.precache.disk.lists import is_about, read_sums
from bootstrap.precache.disk.names import (
    ABOUT,
    ARCHIVE_SUFFIX,
    BLOBS,
    DISCOVERY_LIST,
    IMAGES,
    INSTALL_LIST,
    LISTS,
    MAPPING,
    PARTIAL,
    PROBE,
    SPOOL,
    SUMS,
    VIEWS,
)
from bootstrap.precache.images.mapping import parse_line
from bootstrap.precache.images.naming import artifact_name
from bootstrap.store.layout_index import INDEX_FILE, MARKER_FILE

_HEX = re.compile(r"[0-9a-f]{64}")
_PARTIAL_BLOB = re.compile(rf"[0-9a-f]{{16}}\..+{re.escape(PARTIAL)}")
_BY_DIGEST = re.compile(rf".+@sha256_[0-9a-f]{{64}}{re.escape(ARCHIVE_SUFFIX)}")
# What others write, too, and may be replaced: telco-ran-tools' lists.
_THEIRS = (DISCOVERY_LIST, INSTALL_LIST, MAPPING)
# What every disk may come to have, whatever its format.
DIRECTORIES = (
    VIEWS,
    BLOBS.partition("/")[0],
    BLOBS,
    SPOOL,
    f"{SPOOL}/{BLOBS.partition('/')[0]}",
    f"{SPOOL}/{BLOBS}",
)
OURS = (*DIRECTORIES, *LISTS, INDEX_FILE, MARKER_FILE)


@dataclass(frozen=True)
class Stale:
    """What is there and not wanted.

    Attributes:
        paths: Below the directory, sorted.
        size: Bytes.
    """

    paths: tuple[str, ...]
    size: int


def stale_of(directory: Path, own: Collection[str], left: Unfinished | None) -> Stale:
    """Return what is a disk's and no list names.

    Args:
        directory: Of the disk.
        own: Paths that it is to have.
        left: By an earlier run.
    """
    is_known = is_ours(directory)
    found = [path for path in _theirs(directory, left, is_known=is_known) if path not in own]
    size = sum(_size(directory / path) for path in found)
    return Stale(tuple(sorted(found)), size)


def _size(path: Path) -> int:
    """Return the bytes of a file, or of those in our own directory; links have none to speak of."""
    with suppress(OSError):
        if path.is_symlink() or path.is_file():
            return path.lstat().st_size
        return sum(
            each.lstat().st_size for each in path.rglob("*") if each.is_file() and not each.is_symlink()
        )
    return 0


def remove(directory: Path, stale: Stale) -> None:
    """Remove it; of a view only the links, and what else somebody put there stays.

    Raises:
        OSError: Something cannot be removed.
    """
    for name in stale.paths:
        path = directory / name
        if name.startswith(f"{VIEWS}/") and not path.is_symlink():
            for link in path.iterdir():
                if link.is_symlink():
                    link.unlink()
            with suppress(OSError):
                path.rmdir()
        elif name == SPOOL:
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    for name in (BLOBS, BLOBS.partition("/")[0], VIEWS):
        with suppress(OSError):  # only when it is empty
            (directory / name).rmdir()


def tidy(directory: Path) -> None:
    """Remove what a killed run had begun to write, and nobody goes on with.

    Raises:
        OSError: Something cannot be removed.
    """
    ours = {PROBE, *(f".{name}{PARTIAL}" for name in (*LISTS, INDEX_FILE, MARKER_FILE))}
    for path in _entries(directory):
        if path.name in ours or (path.name.startswith(".") and path.name.endswith(ARCHIVE_SUFFIX + PARTIAL)):
            path.unlink(missing_ok=True)
    for path in _entries(directory / BLOBS):
        if _PARTIAL_BLOB.fullmatch(path.name):
            path.unlink(missing_ok=True)
    for path in _entries(directory / VIEWS):
        if re.fullmatch(rf"\.{_HEX.pattern}{re.escape(PARTIAL)}", path.name):
            if path.is_symlink():
                path.unlink()
            elif path.is_dir():
                shutil.rmtree(path)


def refuse_foreign(directory: Path, wanted: Iterable[str]) -> None:
    """See that nothing of the user's would be written over.

    Args:
        directory: Of the disk.
        wanted: Names of files, and of directories, that are going to be written there.

    Raises:
        ConfigError: (several as ``Problems``) Something is there under a name of ours, and is not ours.
    """
    is_known = is_ours(directory)
    problems = [
        ConfigError(
            f"not writing {directory / name}",
            why="it is there, and not from here",
            fix="move it away, or give another directory with --to",
        )
        for name in sorted(wanted)
        if not _may_write(directory, name, is_known=is_known)
    ]
    if problems:
        raise problems[0] if len(problems) == 1 else Problems(problems)


def is_ours(directory: Path) -> bool:
    """Return whether we wrote this disk, or were about to."""
    return is_about(files.read(directory / ABOUT)) or unfinished(directory) is not None


def _may_write(directory: Path, name: str, *, is_known: bool) -> bool:
    path = directory / name
    if path.is_symlink():
        return False
    if name in DIRECTORIES:  # images that are there may be of a layout of the user's
        is_others = not is_known and any(_HEX.fullmatch(each.name) for each in _entries(path))
        return not path.exists() or (path.is_dir() and not is_others)
    if not path.exists():
        return True
    return path.is_file() and (
        is_known or _is_list(name, path) or _is_archive(name, _archives_named(directory))
    )


def _is_archive(name: str, named: Collection[str]) -> bool:
    """Return whether a name is that of an image's archive: by the digest in it, or because a list has it."""
    return name.endswith(ARCHIVE_SUFFIX) and (bool(_BY_DIGEST.fullmatch(name)) or name in named)


def _is_list(name: str, path: Path) -> bool:
    if name not in _THEIRS:
        return False
    try:
        for line in path.read_text(encoding="utf-8").split():
            parse_line(line if name == MAPPING else f"{line}=any/thing")
    except (OSError, ValueError):
        return False
    return True


def _theirs(directory: Path, left: Unfinished | None, *, is_known: bool) -> Iterator[str]:
    """Yield all paths that are a disk's."""
    for place in (BLOBS, VIEWS) if is_known else ():
        for path in _entries(directory / place):
            if _HEX.fullmatch(path.name) and path.is_dir() == (place == VIEWS):
                yield f"{place}/{path.name}"
    named = _archives_named(directory) | set(left.archives if left else ())
    for path in _entries(directory):
        if _is_archive(path.name, named):
            yield path.name
        if is_known and path.name in (INDEX_FILE, MARKER_FILE, *LISTS):
            yield path.name
    if (directory / SPOOL).is_dir():
        yield SPOOL


def _archives_named(directory: Path) -> set[str]:
    """Return the archives that the lists on the disk name: ours, or those of telco-ran-tools."""
    found = {name for name in read_sums(files.read(directory / SUMS)) if name.endswith(ARCHIVE_SUFFIX)}
    for name in (*_THEIRS, IMAGES):
        for line in (files.read(directory / name) or b"").decode(errors="replace").splitlines():
            spec = line.partition("=")[0].partition(" ")[0].strip().removeprefix("docker://")
            found.add(artifact_name(spec) + ARCHIVE_SUFFIX)
    return found


def _entries(directory: Path) -> list[Path]:
    try:
        return sorted(directory.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
