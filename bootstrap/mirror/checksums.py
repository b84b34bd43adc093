"""``SHA256SUMS`` of a directory of archives: written last, which makes them finished, and checked first."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Dict, List, Mapping, Sequence

from bootstrap.errors import HostError, VerificationError
from bootstrap.mirror import packed
from bootstrap.mirror.pool import Stopped

if TYPE_CHECKING:
    import threading
    from typing import IO

NAME = "SHA256SUMS"
IMAGESET = "imageset.yaml"
BESIDE = (packed.NAME, IMAGESET)
_CHUNK = 1024 * 1024
_MOST_LINKS = 5  # that one message lists
_LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9_][\w.:@-]*(?:/[A-Za-z0-9_][\w.:@-]*)*)", re.ASCII)


class Hashing:
    """A file read from its beginning to its end, and hashed on the way."""

    def __init__(self, file: IO[bytes], stop: threading.Event) -> None:
        self._file, self._stop = file, stop
        self.sha256 = hashlib.sha256()

    def read(self, size: int = _CHUNK) -> bytes:
        """Return the next bytes.

        Raises:
            Stopped: ``stop`` was set.
        """
        if self._stop.is_set():
            raise Stopped
        data = self._file.read(size)
        self.sha256.update(data)
        return data

    def rest(self) -> str:
        """Read to the end, and return the SHA-256 of all in hex."""
        while self.read():
            pass
        return self.sha256.hexdigest()


def sum_of(path: Path, stop: threading.Event) -> str:
    """Return the SHA-256 of a file, in hex.

    Raises:
        OSError: It cannot be read.
        Stopped: ``stop`` was set.
    """
    with path.open("rb") as file:
        return Hashing(file, stop).rest()


def write(directory: Path, sums: Mapping[str, str], stop: threading.Event) -> Dict[str, str]:
    """Write ``sums`` and those of what travels beside the archives; returns them all.

    Raises:
        HostError: The directory cannot be written.
        Stopped: ``stop`` was set.
    """
    found = dict(sums)
    partial = directory / f"{NAME}.partial"
    try:
        for name in BESIDE:
            found[name] = sum_of(directory / name, stop)
        with partial.open("w", encoding="utf-8") as file:
            file.write("".join(f"{digest}  {name}\n" for name, digest in found.items()))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(directory / NAME)
    except OSError as error:
        raise unwritten(directory, error) from error
    return found


def check(directory: Path, files: Sequence[str], stop: threading.Event) -> Dict[str, str]:
    """See that ``directory`` has all files that were written to it, byte for byte; returns their checksums.

    Args:
        directory: Of archives.
        files: The archives that are there.
        stop: Ends it.

    Raises:
        HostError: There are no archives, or they cannot be read.
        VerificationError: A file is missing, changed, or was not written with the others.
    """
    lines = _lines(directory)
    told = _told(lines)
    wrong = [] if len(told) == len(lines) else [f"{NAME} has lines that are no checksums of archives"]
    wrong += [f"{name} was not written with the others" for name in files if name not in told]
    links = _links(directory)  # we and the engine run as root
    wrong += [f"{name} is a link" for name in links]
    for name, expected in () if links else told.items():
        try:
            if sum_of(directory / name, stop) != expected:
                wrong.append(f"{name} has other bytes than were written")
        except FileNotFoundError:
            wrong.append(f"{name} is missing")
        except OSError as error:
            raise HostError(
                f"cannot read {directory / name}", why=str(error), fix="see the disk that it is on"
            ) from error
    wrong += [f"{NAME} does not name {name}" for name in BESIDE if name not in told]
    if wrong:
        raise VerificationError(
            f"the archives in {directory} are not what was written",
            why="; ".join(wrong),
            fix="copy them again from where they were written; nothing was mirrored",
        )
    return told


def misnamed(directory: Path, root: str) -> List[str]:
    """Return the files below ``root`` whose name is not the digest of what they were found to be.

    After :func:`check`, which has read them; who forges content can forge its checksum, too, and who is
    asked for a digest may go by the name.

    Raises:
        HostError: There are no archives, or they cannot be read.
    """
    told = _told(_lines(directory))
    return [name for name, found in told.items() if name.startswith(f"{root}/") and name[-64:] != found]


def _told(lines: Sequence[str]) -> Dict[str, str]:
    return {match[2]: match[1] for match in map(_LINE.fullmatch, lines) if match}


def _lines(directory: Path) -> List[str]:
    try:
        return (directory / NAME).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise HostError(
            f"there are no finished archives in {directory}",
            why=f"{NAME}, which is written last: {getattr(error, 'strerror', None) or error}",
            fix="copy the whole directory that `mirror --to-disk` has written to the mirror host",
        ) from error


def _links(directory: Path) -> List[str]:
    """Return the symbolic links below ``directory``, which nobody who writes archives makes."""
    found = []
    for parent, directories, files in os.walk(directory):
        here = Path(parent)
        found += [
            str((here / name).relative_to(directory))
            for name in (*directories, *files)
            if (here / name).is_symlink()
        ]
    return sorted(found)[:_MOST_LINKS]


def unwritten(directory: Path, error: OSError) -> HostError:
    """Return ``error`` as ours."""
    return HostError(
        f"cannot write to {directory}",
        why=error.strerror or str(error),
        fix="see the free space and mode of its file system",
    )
