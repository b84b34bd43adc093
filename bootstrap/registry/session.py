"""An upload that a registry has begun: where it goes on, how it ends, and what it means when it is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Mapping
from urllib.parse import quote, urlsplit

from bootstrap.errors import RegistryError, TransferError
from bootstrap.registry.transport import Call

if TYPE_CHECKING:
    from bootstrap.oci.digest import Digest
    from bootstrap.registry.transport import Answer, Body, Transport


class UploadLost(TransferError):
    """The registry does not know the upload any more, or not as we do; begin it again."""


def scopes(repository: str, *, from_repository: str | None = None) -> tuple[str, ...]:
    """Return what a token must allow to write to ``repository``."""
    needed = [f"repository:{repository}:pull,push"]
    if from_repository is not None:
        needed.append(f"repository:{from_repository}:pull")
    return tuple(needed)


def uploads(repository: str) -> str:
    """Return the path where uploads begin."""
    return f"/v2/{repository}/blobs/uploads/"


class Session:
    """One upload; for one thread.

    Args:
        transport: To the registry.
        repository: That gets the blob.
        begun: The answer with its ``Location``.
        what: What fails when it fails.

    Attributes:
        url: Where it goes on, a new one after each chunk.
    """

    def __init__(self, transport: Transport, repository: str, begun: Answer, what: str) -> None:
        self.transport, self.registry, self.what = transport, transport.registry, what
        self._repository = repository
        self.url = ""
        self.follow(begun)

    def follow(self, answer: Answer) -> None:
        """Go on where ``answer`` says: an absolute URL, or one relative to what we asked.

        It may be of another host, which gets no credentials then.

        Raises:
            RegistryError: It does not say where, or not https.
        """
        location = answer.headers.get("Location")
        if not location:
            raise RegistryError(
                self.what,
                why=f"{self.registry} began an upload and did not say where (no Location)",
                fix="see whether a proxy before the registry drops headers",
            )
        base = self.url or self.transport.url(uploads(self._repository))
        url = self.transport.at_home(self.transport.url(location, base=base))
        if urlsplit(url).scheme != "https":
            raise RegistryError(
                self.what,
                why=f"{self.registry} wants the upload at an address that is not https",
                fix="let the proxy before the registry send X-Forwarded-Proto, or set http.host of the "
                "registry",
            )
        self.url = url

    def send(
        self, method: str, *, ok: tuple[int, ...], headers: Mapping[str, str], body: Body, query: str = ""
    ) -> Answer:
        """Send one request of the upload, once."""
        joint = ("&" if urlsplit(self.url).query else "?") if query else ""
        return self.transport.send(
            Call(method, f"{self.url}{joint}{query}", self.what, scopes(self._repository), ok, headers, body)
        )

    def ask(self, method: str, *, ok: tuple[int, ...]) -> Answer:
        """Send one without a body, again while that may help."""
        return self.transport.ask(Call(method, self.url, self.what, scopes(self._repository), ok))

    def end(self, digest: Digest, body: Body, size: int, *, refused: tuple[int, ...] = ()) -> Answer:
        """Send the last ``size`` bytes, all there are for a monolithic upload.

        Returns:
            An answer that is 201, or one of ``refused``.

        Raises:
            UploadLost: The registry does not know the upload any more.
        """
        answer = self.send(
            "PUT",
            ok=(201, 404, 416, *refused),
            headers={"Content-Type": "application/octet-stream", "Content-Length": str(size)},
            body=body,
            query=f"digest={quote(str(digest), safe='')}",
        )
        if answer.status in (404, 416):
            raise self.lost(f"it answered {answer.status}")
        return answer

    def cancel(self) -> None:
        """Tell the registry to drop the upload, if it listens.

        Distribution (2.8 and 3) does so only before the first byte came, for the state that it put into the
        URL then is no longer the upload's; it purges the rest by itself
        (``storage.maintenance.uploadpurging``).
        """
        what = f"cannot cancel an upload to {self.registry}/{self._repository}"
        self.transport.forget(Call("DELETE", self.url, what, scopes(self._repository), ok=(200, 202, 204)))

    def lost(self, why: str) -> UploadLost:
        """Return the error that says so."""
        return UploadLost(
            self.what,
            why=f"{self.registry} has lost the upload ({why}), as after a restart",
            fix="run it again; it resumes",
            is_temporary=True,
        )
