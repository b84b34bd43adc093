"""The bytes of one blob as they come from a registry; a broken download goes on where it broke.

Source: RFC 9110, 14.2 "Range", 15.3.7 "206". Without If-Range: a blob's name is its digest, so there is no
other version of it, and who stores the bytes hashes all of them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Iterator

from urllib3.exceptions import HTTPError

from bootstrap.registry.transport import pieces
from bootstrap.store.interface import CHUNK_SIZE

if TYPE_CHECKING:
    from types import TracebackType

    from urllib3.response import BaseHTTPResponse

    from bootstrap.registry.transport import Call, Transport

# Bytes that are read at a time: memory of this size is had again at once, and not new from the kernel with a
# page fault for every 4 KiB.
_PIECE_SIZE = 256 * 1024
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(?:\d+|\*)")
# How a registry, or the CDN that it redirects to, says that it serves no parts: asked for the whole, then.
_NO_RANGES = (400, 403, 405, 416, 501)


class RemoteReader:
    """A ``BlobReader``; when read to its end the connection is kept for the next request.

    Args:
        transport: Asks the registry, again for each part: a redirect's signed URL does not last.
        call: For the whole blob; sent at once, with the errors of ``Transport.open``.
    """

    def __init__(self, transport: Transport, call: Call) -> None:
        self._transport, self._call = transport, call
        self._response: BaseHTTPResponse = transport.open(call)

    def __enter__(self) -> RemoteReader:  # noqa: PYI034  # typing.Self is not in 3.9
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close what is still open; a half-read connection cannot be used again."""
        self._response.close()

    def __iter__(self) -> Iterator[bytes]:
        position = proved = failures = 0
        parts = pieces(self._response, _PIECE_SIZE)
        while True:
            try:
                for piece in parts:
                    position += len(piece)
                    yield piece
            except HTTPError as error:
                failure = self._transport.broken(self._call, error)
                if position - proved >= CHUNK_SIZE:  # less is no progress: somebody may drip bytes for ever
                    proved, failures = position, 0
                failures += 1
                if not failure.is_temporary or failures >= self._transport.policy.attempts:
                    raise failure from error
            else:
                return
            self._response.close()
            self._transport.pace.again()
            self._transport.policy.wait(failures)
            parts = self._from(position)

    def _from(self, position: int) -> Iterator[bytes]:
        """Ask for the rest; where only the whole is to be had, pass over what came before."""
        if not position:
            self._response = self._transport.open(self._call)
            return pieces(self._response, _PIECE_SIZE)
        headers = {**self._call.headers, "Range": f"bytes={position}-"}
        self._response = self._transport.open(
            replace(self._call, headers=headers, ok=(200, 206, *_NO_RANGES))
        )
        told = _CONTENT_RANGE.fullmatch(self._response.headers.get("Content-Range", ""))
        if self._response.status == 206 and told is not None and int(told[1]) == position:
            return pieces(self._response, _PIECE_SIZE)
        if self._response.status != 200:
            self._response.close()
            self._response = self._transport.open(self._call)
        return _after(pieces(self._response, _PIECE_SIZE), position)


def end_of(transport: Transport, call: Call, start: int) -> bytes | None:
    """Return the bytes of a blob from ``start`` on, a few; None where the registry serves no parts."""
    headers = {**call.headers, "Range": f"bytes={start}-"}
    response = transport.open(replace(call, headers=headers, ok=(200, 206, *_NO_RANGES)))
    try:
        told = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if response.status != 206 or told is None or int(told[1]) != start:
            return None
        return b"".join(pieces(response, CHUNK_SIZE))
    except HTTPError as error:
        raise transport.broken(call, error) from error
    finally:
        response.close()


def _after(parts: Iterator[bytes], skipped: int) -> Iterator[bytes]:
    for piece in parts:
        if skipped < len(piece):
            yield piece[skipped:]
        skipped = max(0, skipped - len(piece))
