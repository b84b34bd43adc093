"""Archives that oc-mirror writes to disk: read once, for what is in them and for their checksums.

They hold the files of a registry's storage: ``docker/registry/v2/blobs/sha256/ab/abcd…/data``.

Source: oc-mirror v2 at 855b64a, below ``internal/pkg/archive``: ``archive.go`` (``BuildArchive``,
``RemovePastArchives``) and ``const.go``.
"""

from __future__ import annotations

import hashlib
import re
import tarfile
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Dict, List, Set, Tuple, cast

from bootstrap.errors import HostError, VerificationError
from bootstrap.mirror.pool import Stopped

if TYPE_CHECKING:
    from pathlib import Path
    from typing import IO

SUMS = "SHA256SUMS"
_CHUNK = 1024 * 1024
_BLOB = re.compile(r"(?:\./)?docker/registry/v2/blobs/sha256/[0-9a-f]{2}/([0-9a-f]{64})/data")
_TAG = re.compile(r"(?:\./)?docker/registry/v2/repositories/(.+)/_manifests/tags/([^/]+)/current/link")
_LINE = re.compile(r"([0-9a-f]{64})  (mirror_\d+\.tar|contents\.json|imageset\.yaml)")


@dataclass
class Archives:
    """What is in the archives of one directory.

    Attributes:
        sums: SHA-256 of each file, in hex, by its name.
        sizes: Bytes of each archive, by its name.
        blobs: Blobs, manifests among them, whose bytes are what their names say: size by hex digest.
        damaged: Hex digests of the others.
        tags: Hex digest of the manifest that a repository has under a tag.
    """

    sums: Dict[str, str] = field(default_factory=dict)
    sizes: Dict[str, int] = field(default_factory=dict)
    blobs: Dict[str, int] = field(default_factory=dict)
    damaged: Set[str] = field(default_factory=set)
    tags: Dict[Tuple[str, str], str] = field(default_factory=dict)


class _Hashing:
    """A file read from its beginning to its end, and hashed on the way."""

    def __init__(self, file: IO[bytes], stop: threading.Event) -> None:
        self._file, self._stop = file, stop
        self.sha256 = hashlib.sha256()

    def read(self, size: int = _CHUNK) -> bytes:
        if self._stop.is_set():
            raise Stopped
        data = self._file.read(size)
        self.sha256.update(data)
        return data


def found(directory: Path) -> List[Path]:
    """Return the archives in ``directory``, in their order."""
    return sorted(directory.glob("mirror_*.tar"))


def read(directory: Path, stop: threading.Event) -> Archives:
    """Read all archives in ``directory``, and hash what is in them.

    Raises:
        HostError: One cannot be read.
        Stopped: ``stop`` was set.
    """
    archives = Archives()
    for path in found(directory):
        try:
            with path.open("rb") as file:
                hashing = _Hashing(file, stop)
                with tarfile.open(fileobj=cast("IO[bytes]", hashing), mode="r|", bufsize=_CHUNK) as tar:
                    for member in tar:
                        _take(tar, member, archives)
                while hashing.read():
                    pass
                archives.sums[path.name] = hashing.sha256.hexdigest()
                archives.sizes[path.name] = file.tell()
        except (OSError, tarfile.TarError) as error:
            raise HostError(
                f"cannot read the archive {path}",
                why=str(error),
                fix="see the free space of its file system, and run the same command again",
            ) from error
    return archives


def _take(tar: tarfile.TarFile, member: tarfile.TarInfo, archives: Archives) -> None:
    named, tagged = _BLOB.fullmatch(member.name), _TAG.fullmatch(member.name)
    file = tar.extractfile(member) if (named or tagged) and member.isfile() else None
    if file is None:
        return
    if named is None:
        if tagged is not None:
            link = file.read(_CHUNK).decode("ascii", "replace").strip()
            archives.tags[tagged[1], tagged[2]] = link.partition(":")[2]
        return
    hashed, size = hashlib.sha256(), 0
    for data in iter(lambda: file.read(_CHUNK), b""):
        hashed.update(data)
        size += len(data)
    if hashed.hexdigest() == named[1]:
        archives.blobs[named[1]] = size
    else:
        archives.damaged.add(named[1])


def sum_of(path: Path, stop: threading.Event) -> str:
    """Return the SHA-256 of a file, in hex.

    Raises:
        OSError: It cannot be read.
        Stopped: ``stop`` was set.
    """
    with path.open("rb") as file:
        hashing = _Hashing(file, stop)
        while hashing.read():
            pass
    return hashing.sha256.hexdigest()


def check(directory: Path, stop: threading.Event) -> Dict[str, str]:
    """See that ``directory`` has all files that were written to it, byte for byte; returns their checksums.

    Raises:
        HostError: There are no archives, or they cannot be read.
        VerificationError: A file is missing, changed, or was not written with the others.
    """
    try:
        lines = (directory / SUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise HostError(
            f"there are no finished archives in {directory}",
            why=f"{SUMS}, which is written last: {getattr(error, 'strerror', None) or error}",
            fix="copy the whole directory that `mirror --to-disk` has written to the mirror host",
        ) from error
    told = {match[2]: match[1] for match in map(_LINE.fullmatch, lines) if match}
    wrong = [] if len(told) == len(lines) else [f"{SUMS} has lines that are no checksums of archives"]
    wrong += [
        f"{path.name} was not written with the others" for path in found(directory) if path.name not in told
    ]
    for name, expected in told.items():
        try:
            if sum_of(directory / name, stop) != expected:
                wrong.append(f"{name} has other bytes than were written")
        except FileNotFoundError:
            wrong.append(f"{name} is missing")
        except OSError as error:
            raise HostError(
                f"cannot read {directory / name}", why=str(error), fix="see the disk that it is on"
            ) from error
    wrong += [
        f"{SUMS} does not name {name}" for name in ("contents.json", "imageset.yaml") if name not in told
    ]
    if wrong:
        raise VerificationError(
            f"the archives in {directory} are not what was written",
            why="; ".join(wrong),
            fix="copy them again from where they were written; nothing was mirrored",
        )
    return told
