"""An upload in chunks, for a registry (or a proxy before it) that takes no blob as a whole.

A chunk is held in memory until the registry has it. When one breaks, the registry is asked how far it came,
and what it has is not sent again. Distribution 2.8 answers 404 then, for the state in the upload's URL is
that of the last whole chunk, and the upload is lost; 3 says how far (``blobUploadDispatcher`` and
``ResumeBlobUpload`` in registry/handlers/blobupload.go of either).

Source: OCI distribution-spec v1.1.1, "Pushing a blob in chunks".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Iterator

from bootstrap.errors import RegistryError, TransferError
from bootstrap.registry.session import UploadLost

if TYPE_CHECKING:
    from bootstrap.registry.session import Session
    from bootstrap.registry.transport import Answer

CHUNK_SIZE = 8 * 1024 * 1024  # bytes; times the blobs in flight, this is in memory
LEAST_CHUNK_SIZE = 1024 * 1024  # what nginx lets through unless it is told otherwise (client_max_body_size)
_MOST_LEAST = 64 * 1024 * 1024  # bytes; a registry that wants larger chunks would have us hold too much
_RANGE = re.compile(r"(?:bytes=)?0-(\d+)")


class ChunkedUpload:
    """Brings a blob's bytes to a registry; for one thread.

    Args:
        session: The upload, begun.
        size: Bytes of a chunk.
        least: What the registry asks for (``OCI-Chunk-Min-Length``); 0 when it does not.

    Attributes:
        size: Smaller now where the registry refused larger ones.
    """

    def __init__(self, session: Session, size: int, least: int) -> None:
        if least > _MOST_LEAST:
            raise RegistryError(
                session.what,
                why=f"{session.registry} wants chunks of {least} bytes or more (OCI-Chunk-Min-Length)",
                fix=f"have it take blobs as a whole, or chunks of {_MOST_LEAST} bytes",
            )
        self._session, self._offset = session, 0
        self._least = max(least, LEAST_CHUNK_SIZE)
        self.size = max(size, self._least)

    def send(self, content: Iterator[bytes]) -> None:
        """Send all of ``content``; afterwards only the closing PUT is missing.

        Raises:
            TransferError: The registry has lost the upload, or broke it too often; temporary.
            RegistryError: It refuses even small chunks.
        """
        for block in _joined(content, self.size):
            self._bring(block)

    def _bring(self, block: bytes) -> None:
        start, end, failures = self._offset, self._offset + len(block), 0
        transport = self._session.transport
        while self._offset < end:
            before = self._offset
            try:
                self._patch(block[before - start :][: self.size])
            except UploadLost:
                raise
            except TransferError as error:
                failures += 1
                if not error.is_temporary or failures >= transport.policy.attempts:
                    raise
                transport.pace.again()
                transport.policy.wait(failures)
                self._ask(before, end)
            if self._offset > before:
                failures = 0

    def _patch(self, piece: bytes) -> None:
        end = self._offset + len(piece)
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Length": str(len(piece)),
            "Content-Range": f"{self._offset}-{end - 1}",
        }
        answer = self._session.send("PATCH", ok=(202, 404, 413, 416), headers=headers, body=piece)
        if answer.status == 413:
            self._shrink(len(piece))
        elif answer.status == 202:
            has = _arrived(answer, end)
            self._go_on(answer, end if has is None else has, self._offset + 1, end)
        else:
            raise self._session.lost(f"it answered {answer.status} to a chunk")

    def _ask(self, least: int, most: int) -> None:
        """Take the registry's word for how much it has: between ``least`` and ``most`` bytes."""
        answer = self._session.ask("GET", ok=(204, 400, 404, 405, 416))
        has = _arrived(answer, 0)
        if answer.status != 204 or has is None:
            raise self._session.lost(f"it answered {answer.status} when asked how much of it is there")
        self._go_on(answer, has, least, most)

    def _go_on(self, answer: Answer, has: int, least: int, most: int) -> None:
        if not least <= has <= most:
            raise self._session.lost(f"it says that it has {has} bytes, not {least} to {most}")
        self._session.follow(answer)
        self._offset = has

    def _shrink(self, refused: int) -> None:
        if refused <= self._least:
            raise RegistryError(
                self._session.what,
                why=f"{self._session.registry} answered 413 to a chunk of {refused} bytes",
                fix="raise the size limit of the proxy before the registry (client_max_body_size)",
            )
        self.size = self._least


def _arrived(answer: Answer, expected: int) -> int | None:
    """Return the bytes that the registry has; None when it does not say. ``0-0`` is one byte, or none."""
    found = _RANGE.fullmatch(answer.headers.get("Range", ""))
    if found is None:
        return None
    last = int(found[1])
    return last + 1 if last or expected == 1 else 0


def _joined(content: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Yield the bytes of ``content`` in pieces of ``size``, the last one shorter."""
    held = bytearray()
    for piece in content:
        held += piece
        while len(held) >= size:
            yield bytes(held[:size])
            del held[:size]
    if held:
        yield bytes(held)
