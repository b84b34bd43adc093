"""Files out of a layer that streams by, checked against its digest and never unpacked to disk."""

from __future__ import annotations

import io
import tarfile
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Callable, Collection, Iterable, Iterator, cast

from bootstrap.errors import RegistryError
from bootstrap.store.checked import checked

if TYPE_CHECKING:
    from bootstrap.oci.descriptor import Descriptor

FILE_LIMIT = 32 * 1024 * 1024  # bytes; image-references of a release has well under 1 MiB
LAYER_LIMIT = 4 * 1024 * 1024 * 1024  # unpacked bytes; base layers of releases have below 1 GiB
PROGRAMS_LIMIT = (
    32 * 1024 * 1024 * 1024
)  # unpacked bytes; a layer of programs for five platforms has some 4 GiB

_GZIP = ("tar.gzip", "tar+gzip")
_PIECE = 1024 * 1024  # bytes


def read_files(
    descriptor: Descriptor, chunks: Iterable[bytes], wanted: Collection[str], *, name: str
) -> dict[str, bytes]:
    """Return those of the files ``wanted`` that the layer has; paths without a leading ``./`` or ``/``.

    Args:
        descriptor: What the bytes are said to be; the layer is read to its end to know that they are.
        chunks: The compressed bytes.
        wanted: Paths.
        name: The image, for messages.

    Raises:
        RegistryError: The layer is no tar, is larger than anything sensible, or has another compression.
        DigestMismatch: The bytes are not those of ``descriptor``.
    """
    raw = checked(descriptor, chunks, where=name)
    try:
        return _read(_plain(raw, descriptor, LAYER_LIMIT), wanted)
    except (tarfile.TarError, EOFError, zlib.error, ValueError) as error:
        _drain(raw)  # if the bytes are wrong that is the cause, and is told
        raise RegistryError(
            f"cannot read layer {descriptor.digest} of {name}",
            why=str(error) or type(error).__name__,
            fix="check that the reference is that of an OpenShift release",
        ) from error
    finally:
        _drain(raw)


@dataclass(frozen=True)
class Seen:
    """What a layer says of one path.

    Attributes:
        is_file: It has the file, and all of it was handed on.
        is_removed: It takes the file of the layers below away (a whiteout), or puts something else there.
        mtime: When the file was changed; seconds since 1970.
    """

    is_file: bool = False
    is_removed: bool = False
    mtime: float = 0.0


def copy_file(
    descriptor: Descriptor, chunks: Iterable[bytes], path: str, write: Callable[[bytes], object], *, name: str
) -> Seen:
    """Hand the file ``path`` of a layer on as it comes, however large it is.

    Args:
        descriptor: What the bytes are said to be; what was handed on is right once this returns.
        chunks: The compressed bytes.
        path: Without a leading ``./`` or ``/``.
        write: Gets each piece; what it raises is raised.
        name: The image, for messages.

    Raises:
        RegistryError: The layer is no tar, or has another compression.
        DigestMismatch: The bytes are not those of ``descriptor``.

    Source: OCI image-spec v1.1, layer.md, "Whiteouts".
    """
    raw = checked(descriptor, chunks, where=name)
    try:
        seen = _copy(_plain(raw, descriptor, PROGRAMS_LIMIT), path, write)
    except (tarfile.TarError, EOFError, zlib.error, ValueError) as error:
        _drain(raw)
        raise RegistryError(
            f"cannot read layer {descriptor.digest} of {name}",
            why=str(error) or type(error).__name__,
            fix="check that the reference is that of an OpenShift release",
        ) from error
    _drain(raw)
    return seen


@dataclass(frozen=True)
class Entry:
    """One entry of a layer.

    Attributes:
        path: Without a leading ``./`` or ``/``.
        kind: ``file``, ``directory`` or ``other``.
        read: Returns up to so many bytes of a file, before the next entry is asked for.
    """

    path: str
    kind: str
    read: Callable[[int], bytes]


def walk_layer(descriptor: Descriptor, chunks: Iterable[bytes], *, name: str) -> Iterator[Entry]:
    """Yield the entries of a layer as they come; what they said is right once this has ended.

    Args:
        descriptor: What the bytes are said to be.
        chunks: The compressed bytes.
        name: The image, for messages.

    Raises:
        RegistryError: The layer is no tar, or has another compression.
        DigestMismatch: The bytes are not those of ``descriptor``.
    """
    raw = checked(descriptor, chunks, where=name)
    try:
        for archive, entry in _entries(_plain(raw, descriptor, PROGRAMS_LIMIT)):
            content = archive.extractfile(entry) if entry.isfile() else None
            kind = "file" if content is not None else "directory" if entry.isdir() else "other"
            yield Entry(_path(entry).rstrip("/"), kind, (content or io.BytesIO()).read)
    except (tarfile.TarError, EOFError, zlib.error, ValueError) as error:
        _drain(raw)
        raise RegistryError(
            f"cannot read layer {descriptor.digest} of {name}",
            why=str(error) or type(error).__name__,
            fix="check the reference, and run `bootstrap-registry verify`",
        ) from error
    _drain(raw)


def _copy(plain: Iterator[bytes], path: str, write: Callable[[bytes], object]) -> Seen:
    seen = Seen()
    for archive, entry in _entries(plain):
        found = _path(entry)
        if found == path and entry.isfile():
            content = archive.extractfile(entry)
            while content is not None and (piece := content.read(_PIECE)):
                write(piece)
            seen = Seen(is_file=True, mtime=float(entry.mtime))
        elif found == path or _whites_out(found, path):
            seen = seen if seen.is_file else Seen(is_removed=True)
    return seen


def _whites_out(entry: str, path: str) -> bool:
    """Say whether an entry of a layer hides ``path`` of the layers below."""
    folder, _, last = entry.rpartition("/")
    if last == ".wh..wh..opq":
        return path.startswith(f"{folder}/" if folder else "")
    hidden = f"{folder}/{last[4:]}" if folder else last[4:]
    return last.startswith(".wh.") and (path == hidden or path.startswith(f"{hidden}/"))


def _plain(raw: Iterator[bytes], descriptor: Descriptor, limit: int) -> Iterator[bytes]:
    if descriptor.media_type.endswith(_GZIP):
        chunks = _gunzip(raw)
    elif descriptor.media_type.endswith(".tar"):
        chunks = raw
    else:
        raise ValueError(f"its media type is {descriptor.media_type}, and gzip is all that releases use")
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limit:  # a small layer may unpack to any size
            raise ValueError(f"it unpacks to more than {limit} bytes")
        yield chunk


def _gunzip(raw: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack one gzip member after the other, never more than ``_PIECE`` bytes at a time."""
    member = zlib.decompressobj(zlib.MAX_WBITS | 16)
    for chunk in raw:
        left = chunk
        while left:
            yield member.decompress(left, _PIECE)
            if member.eof:
                left = member.unused_data
                member = zlib.decompressobj(zlib.MAX_WBITS | 16)
            else:
                left = member.unconsumed_tail
    yield member.flush()


def _read(plain: Iterator[bytes], wanted: Collection[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for archive, entry in _entries(plain):
        path = _path(entry)
        if path not in wanted or not entry.isfile():
            continue
        if entry.size > FILE_LIMIT:
            raise ValueError(f"{path} has {entry.size} bytes, more than {FILE_LIMIT}")
        content = archive.extractfile(entry)
        found[path] = content.read() if content is not None else b""
    return found


def _entries(plain: Iterator[bytes]) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
    stream = cast("IO[bytes]", _Stream(plain))
    with tarfile.open(fileobj=stream, mode="r|", bufsize=128 * 1024) as archive:
        for entry in archive:
            archive.members = []  # type: ignore[attr-defined]  # else it remembers every entry
            yield archive, entry


def _path(entry: tarfile.TarInfo) -> str:
    return entry.name[2:] if entry.name.startswith("./") else entry.name.lstrip("/")


def _drain(raw: Iterator[bytes]) -> None:
    """Read to the end, so that everything was checked."""
    for _ in raw:
        pass


class _Stream(io.RawIOBase):
    """Chunks as a file to read from."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        super().__init__()
        self._chunks, self._left = chunks, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]  # the base takes any buffer
        while not self._left:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._left = chunk
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size
