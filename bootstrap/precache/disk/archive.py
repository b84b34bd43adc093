"""An image as an archive: ``<ART>.tgz``, a directory of skopeo's ``dir:``; always the same bytes.

Layers are compressed already, so gzip only stores them: no processor's time is spent on nothing, and how long
an archive will be is known beforehand.

Source: RFC 1952 (gzip), RFC 1951, 3.2.4 (stored blocks); openshift-kni/telco-ran-tools at ecd9e26,
``cmd/download.go`` (``tar czvf ART.tgz -C scratch ART``).
"""

from __future__ import annotations

import hashlib
import os
import struct
import tarfile
import threading
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from bootstrap.mirror.pool import Stopped
from bootstrap.oci.digest import Digest

_HEAD = b"\x1f\x8b\x08\x00" + bytes(4) + b"\x00\xff"  # no name, no time, system unknown
_MOST_STORED = 65535
_CHUNK = _MOST_STORED * 16
_BLOCK, _RECORD = 512, 10240


class _Stored:
    """A gzip file whose content is stored; hashes all that it writes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._rest = file, b""
        self._crc = self._size = 0
        self.sha256 = hashlib.sha256()
        self._put(_HEAD)

    def write(self, data: bytes) -> None:
        self._crc, self._size = zlib.crc32(data, self._crc), self._size + len(data)
        data = self._rest + data if self._rest else data
        # One block stays behind: only the last one says that it is.
        whole = (len(data) - 1) // _MOST_STORED * _MOST_STORED
        view = memoryview(data)
        for start in range(0, whole, _MOST_STORED):
            self._block(view[start : start + _MOST_STORED], is_last=False)
        self._rest = bytes(view[whole:])

    def close(self) -> None:
        self._block(memoryview(self._rest), is_last=True)
        self._put(struct.pack("<II", self._crc, self._size & 0xFFFFFFFF))

    def _block(self, data: memoryview, *, is_last: bool) -> None:
        self._put(struct.pack("<BHH", is_last, len(data), len(data) ^ 0xFFFF))
        self._put(data)

    def _put(self, data: bytes | memoryview) -> None:
        self.sha256.update(data)
        self._file.write(data)


def size_of(name: str, files: Mapping[str, int]) -> int:
    """Return how many bytes the archive of a directory ``name`` has, whose files have these sizes."""
    total = len(_header(name, None))
    for each, size in files.items():
        total += len(_header(f"{name}/{each}", size)) + _padded(size, _BLOCK)
    total = _padded(total + 2 * _BLOCK, _RECORD)
    return len(_HEAD) + total + 5 * -(-total // _MOST_STORED) + 8


def write_archive(out: IO[bytes], name: str, files: Mapping[str, Path], stop: threading.Event) -> str:
    """Write the archive of a directory ``name`` with ``files``, in their order.

    Returns:
        The SHA-256 of the archive, in hex.

    Raises:
        OSError: It cannot be read or written.
        Stopped: ``stop`` was set.
    """
    packed, total = _Stored(out), 0
    for piece in _tar(name, files, stop):
        total += len(piece)
        packed.write(piece)
    packed.write(bytes(_padded(total, _RECORD) - total))
    packed.close()
    return packed.sha256.hexdigest()


def is_right(path: Path, name: str, files: Mapping[str, Digest]) -> bool:
    """Return whether an archive has the directory ``name`` with these files, and nothing else; reads all."""
    found: dict[str, str] = {}
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                content = archive.extractfile(member)
                if content is not None:
                    hasher = hashlib.sha256()
                    while piece := content.read(_CHUNK):
                        hasher.update(piece)
                    found[member.name] = hasher.hexdigest()
                elif not member.isdir() or member.name != name:
                    return False
    except (OSError, EOFError, tarfile.TarError, zlib.error, ValueError):
        return False
    return found == {f"{name}/{each}": digest.hex for each, digest in files.items()}


def _tar(name: str, files: Mapping[str, Path], stop: threading.Event) -> Iterator[bytes]:
    yield _header(name, None)
    for each, path in files.items():
        with path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            yield _header(f"{name}/{each}", size)
            while chunk := file.read(_CHUNK):
                if stop.is_set():
                    raise Stopped
                yield chunk
            yield bytes(_padded(size, _BLOCK) - size)
    yield bytes(2 * _BLOCK)


def _header(name: str, size: int | None) -> bytes:
    """Return the header of a file, or of a directory where there is no size."""
    entry = tarfile.TarInfo(name)
    entry.mode, entry.mtime = (0o755, 0) if size is None else (0o644, 0)
    entry.type = tarfile.DIRTYPE if size is None else tarfile.REGTYPE
    entry.size = size or 0
    return entry.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def _padded(size: int, to: int) -> int:
    return -(-size // to) * to
