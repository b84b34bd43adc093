"""Blobs on their way into a registry: as a stream, in chunks where one needs that, or by a mount.

A monolithic upload that breaks begins again: distribution 2.8 answers 404 when asked how far one came (3
would tell), and to go on would mean to read and hash the source's bytes from there once more.

Source: OCI distribution-spec v1.1.1, "Pushing Blobs", POST then PUT, and "Mounting".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Iterable, Iterator
from urllib.parse import urlencode

from bootstrap.errors import TransferError
from bootstrap.registry.chunks import CHUNK_SIZE, LEAST_CHUNK_SIZE, ChunkedUpload
from bootstrap.registry.session import Session, scopes, uploads
from bootstrap.registry.transport import Call
from bootstrap.store.checked import checked

if TYPE_CHECKING:
    from bootstrap.oci.descriptor import Descriptor
    from bootstrap.registry.transport import Answer, Transport

# How a registry says that it wants no body with the closing PUT, or a proxy that it wants no such long one.
_WHOLE_REFUSED = (400, 405, 411, 413, 501)


class Uploads:
    """To one registry; for many threads.

    Attributes:
        chunk_size: Bytes, where it was found that only chunks will do; else None.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.chunk_size: int | None = None

    def push(self, repository: str, descriptor: Descriptor, chunks: Iterable[bytes]) -> None:
        """Upload a blob; see ``Destination.push_blob``."""
        where = f"{self._transport.registry}/{repository}"
        what = f"cannot push blob {descriptor.digest} to {where}"
        begun = self._begin(uploads(repository), what, scopes(repository), (202,))
        session = Session(self._transport, repository, begun, what)
        content = checked(descriptor, chunks, where=where)
        try:
            if self.chunk_size is None:
                self._push_whole(session, descriptor, content)
            else:
                least = begun.headers.get("OCI-Chunk-Min-Length", "")
                upload = ChunkedUpload(session, self.chunk_size, int(least) if least.isdigit() else 0)
                try:
                    upload.send(content)
                finally:
                    self.chunk_size = min(self.chunk_size, upload.size)
                session.end(descriptor.digest, b"", 0)
        except Exception:
            session.cancel()
            raise

    def mount(self, repository: str, descriptor: Descriptor, from_repository: str) -> bool:
        """Take a blob over from another repository; see ``Destination.mount_blob``."""
        where = f"{self._transport.registry}/{repository}"
        what = f"cannot mount blob {descriptor.digest} from {from_repository} in {where}"
        query = urlencode({"mount": str(descriptor.digest), "from": from_repository})
        # 404 and 405: registries without mounts, or without that repository.
        needed = scopes(repository, from_repository=from_repository)
        answer = self._begin(f"{uploads(repository)}?{query}", what, needed, (201, 202, 404, 405))
        if answer.status == 202:
            Session(self._transport, repository, answer, what).cancel()
        return answer.status == 201

    def _begin(self, path: str, what: str, needed: tuple[str, ...], ok: tuple[int, ...]) -> Answer:
        return self._transport.ask(Call("POST", path, what, needed, ok, headers={"Content-Length": "0"}))

    def _push_whole(self, session: Session, descriptor: Descriptor, content: Iterator[bytes]) -> None:
        answer = session.end(descriptor.digest, content, descriptor.size, refused=_WHOLE_REFUSED)
        if answer.status == 201:
            return
        if not _wants_chunks(answer, descriptor.size):
            raise self._transport.refused(session.what, answer)
        self.chunk_size = self.chunk_size or CHUNK_SIZE
        raise TransferError(
            session.what,
            why=f"{session.registry} answered {answer.status} to {descriptor.size} bytes as a whole",
            fix="run it again; it is sent in chunks",
            is_temporary=True,
        )


def _wants_chunks(answer: Answer, size: int) -> bool:
    if answer.status == 413:
        return size > LEAST_CHUNK_SIZE
    if answer.status != 400:
        return True
    try:
        return any(each["code"] == "UNSUPPORTED" for each in json.loads(answer.body)["errors"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return False
