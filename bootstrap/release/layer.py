"""Some small files out of a layer that streams by, checked against its digest and never unpacked to disk."""

from __future__ import annotations

import io
import tarfile
import zlib
from typing import IO, TYPE_CHECKING, Collection, Iterable, Iterator, cast

from bootstrap.errors import RegistryError
from bootstrap.store.checked import checked

if TYPE_CHECKING:
    from bootstrap.oci.descriptor import Descriptor

FILE_LIMIT = 32 * 1024 * 1024  # bytes; image-references of a release has well under 1 MiB
LAYER_LIMIT = 4 * 1024 * 1024 * 1024  # unpacked bytes; base layers of releases have below 1 GiB

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
        return _read(_plain(raw, descriptor), wanted)
    except (tarfile.TarError, EOFError, zlib.error, ValueError) as error:
        _drain(raw)  # if the bytes are wrong that is the cause, and is told
        raise RegistryError(
            f"cannot read layer {descriptor.digest} of {name}",
            why=str(error) or type(error).__name__,
            fix="check that the reference is that of an OpenShift release",
        ) from error
    finally:
        _drain(raw)


def _plain(raw: Iterator[bytes], descriptor: Descriptor) -> Iterator[bytes]:
    if descriptor.media_type.endswith(_GZIP):
        chunks = _gunzip(raw)
    elif descriptor.media_type.endswith(".tar"):
        chunks = raw
    else:
        raise ValueError(f"its media type is {descriptor.media_type}, and gzip is all that releases use")
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > LAYER_LIMIT:  # a small layer may unpack to any size
            raise ValueError(f"it unpacks to more than {LAYER_LIMIT} bytes")
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
    stream = cast("IO[bytes]", _Stream(plain))
    with tarfile.open(fileobj=stream, mode="r|", bufsize=128 * 1024) as archive:
        for entry in archive:
            path = entry.name[2:] if entry.name.startswith("./") else entry.name.lstrip("/")
            archive.members = []  # type: ignore[attr-defined]  # else it remembers every entry
            if path not in wanted or not entry.isfile():
                continue
            if entry.size > FILE_LIMIT:
                raise ValueError(f"{path} has {entry.size} bytes, more than {FILE_LIMIT}")
            content = archive.extractfile(entry)
            found[path] = content.read() if content is not None else b""
    return found


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
