"""The bytes of one blob as they come from a registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator

from urllib3.exceptions import HTTPError

from bootstrap.registry.network import from_network
from bootstrap.registry.transport import pieces
from bootstrap.store.interface import CHUNK_SIZE

if TYPE_CHECKING:
    from types import TracebackType

    from urllib3.response import BaseHTTPResponse


class RemoteReader:
    """A ``BlobReader`` over an open answer; when read to its end the connection is kept for the next request.

    Args:
        response: With its body unread; closed by us.
        what: What fails when reading fails, naming registry and blob.
        host: Who sends the bytes.
    """

    def __init__(self, response: BaseHTTPResponse, what: str, host: str) -> None:
        self._response = response
        self._what = what
        self._host = host

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
        try:
            yield from pieces(self._response, CHUNK_SIZE)
        except HTTPError as error:
            raise from_network(self._what, self._host, error) from error
