"""Archives that oc-mirror writes to disk: read once, for what is in them and for their checksums.

They hold the files of a registry's storage: ``docker/registry/v2/blobs/sha256/ab/abcd…/data``.

Source: oc-mirror v2 at 855b64a, below ``internal/pkg/archive``: ``archive.go`` (``BuildArchive``,
``RemovePastArchives``) and ``const.go``.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Dict, List, Optional, Set, Tuple, cast

from bootstrap.errors import HostError, VerificationError
from bootstrap.mirror.checksums import Hashing
from bootstrap.mirror.pool import Stopped

if TYPE_CHECKING:
    import threading
    from pathlib import Path
    from typing import IO

_CHUNK = 1024 * 1024
_LINK_BYTES = 1024
_ARCHIVE = re.compile(r"mirror_[0-9]{6}\.tar")
_BLOB = re.compile(r"docker/registry/v2/blobs/sha256/[0-9a-f]{2}/([0-9a-f]{64})/data")
_TAG = re.compile(r"docker/registry/v2/repositories/(.+)/_manifests/tags/([^/]+)/current/link")


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


def found(directory: Path) -> List[Path]:
    """Return the archives in ``directory``, in their order: all that oc-mirror would unpack; none without it.

    Source: ``internal/pkg/archive/unarchive.go`` (``mirrorTarRegex``, anywhere in the name).
    """
    try:
        return sorted(path for path in directory.iterdir() if _ARCHIVE.search(path.name))
    except FileNotFoundError:
        return []


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
                hashing = Hashing(file, stop)
                with tarfile.open(fileobj=cast("IO[bytes]", hashing), mode="r|", bufsize=_CHUNK) as tar:
                    for member in tar:
                        _take(tar, member, archives)
                        _forget(tar)
                archives.sums[path.name] = hashing.rest()
                archives.sizes[path.name] = file.tell()
        except (OSError, tarfile.TarError) as error:
            raise HostError(
                f"cannot read the archive {path}",
                why=str(error),
                fix="see the free space of its file system, and run the same command again",
            ) from error
    return archives


def index(directory: Path, stop: threading.Event) -> Archives:
    """Return what the archives in ``directory`` say that they hold: tags, and blobs without a look at them.

    Raises:
        Stopped: ``stop`` was set.
        VerificationError: One cannot be read.
    """
    archives = Archives()
    for path in found(directory):
        try:
            with tarfile.open(path, mode="r:") as tar:
                for member in tar:
                    if stop.is_set():
                        raise Stopped
                    named, _ = _names(member)
                    if named is None:
                        _take(tar, member, archives)
                    else:
                        archives.blobs[named[1]] = member.size
                    _forget(tar)
        except (OSError, tarfile.TarError) as error:
            raise VerificationError(
                f"cannot read the archive {path}",
                why=str(error),
                fix="copy it again from where it was written; nothing was mirrored",
            ) from error
    return archives


def _forget(tar: tarfile.TarFile) -> None:
    """Have ``tar`` keep nothing of what was read: it remembers every member, and there can be a million."""
    tar.members = []  # type: ignore[attr-defined]  # cpython, Lib/tarfile.py (TarFile.next)


def _names(member: tarfile.TarInfo) -> Tuple[Optional[re.Match[str]], Optional[re.Match[str]]]:
    """Say whether a file is a blob, or a tag, by where it will be unpacked to.

    Source: ``internal/pkg/archive/utils`` (``SanitizeArchivePath`` cleans the path).
    """
    name = posixpath.normpath(member.name.lstrip("/"))
    return _BLOB.fullmatch(name), _TAG.fullmatch(name)


def _take(tar: tarfile.TarFile, member: tarfile.TarInfo, archives: Archives) -> None:
    named, tagged = _names(member)
    file = tar.extractfile(member) if (named or tagged) and member.isfile() else None
    if file is None:
        return
    if named is None:
        if tagged is not None:
            link = file.read(_LINK_BYTES).decode("ascii", "replace").strip()
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
