"""Bytes checked while they pass: the last piece is held back until all are known to be right."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Iterable, Iterator

from bootstrap.errors import DigestMismatch
from bootstrap.oci.digest import Digest

if TYPE_CHECKING:
    from bootstrap.oci.descriptor import Descriptor


class WrongContent(DigestMismatch):
    """The bytes that were to be stored are others than were announced: it is their source's failure."""


def checked(descriptor: Descriptor, chunks: Iterable[bytes], *, where: str) -> Iterator[bytes]:
    """Yield ``chunks`` as they come; whoever has got all of them has the blob.

    Args:
        descriptor: What the bytes are said to be.
        chunks: The bytes, in pieces of any size.
        where: What the bytes belong to, for the message ("registry.example.com/a/b").

    Raises:
        WrongContent: Before the last piece is handed out, so that a receiver that waits for
            ``descriptor.size`` bytes never has a whole blob that is wrong.
    """
    hasher, size, held = hashlib.sha256(), 0, b""
    for chunk in chunks:
        if not chunk:
            continue
        size += len(chunk)
        if size > descriptor.size:
            raise _mismatch(descriptor, where, f"more than the {descriptor.size} bytes announced came")
        hasher.update(chunk)
        if held:
            yield held
        held = chunk
    if size != descriptor.size:
        raise _mismatch(descriptor, where, f"{size} bytes came and {descriptor.size} were announced")
    found = Digest("sha256:" + hasher.hexdigest())
    if found != descriptor.digest:
        raise _mismatch(descriptor, where, f"the bytes hash to {found}")
    if held:
        yield held


def _mismatch(descriptor: Descriptor, where: str, why: str) -> WrongContent:
    return WrongContent(
        f"the bytes of blob {descriptor.digest} for {where} are not what was asked for",
        why=why,
        fix="run it again; if it happens again, the source or a proxy before it serves damaged content",
    )
