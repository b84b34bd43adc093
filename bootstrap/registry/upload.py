"""Blobs on their way into a registry: a monolithic upload as a stream, or a mount from another repository.

Source: OCI distribution-spec v1.1.1, "Pushing Blobs", POST then PUT, and "Mounting".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterable
from urllib.parse import quote, urlencode, urlsplit

from bootstrap.errors import RegistryError, TransferError
from bootstrap.registry.transport import Call
from bootstrap.store.checked import checked

if TYPE_CHECKING:
    from bootstrap.oci.descriptor import Descriptor
    from bootstrap.registry.transport import Answer, Transport


def scopes(repository: str, *, from_repository: str | None = None) -> tuple[str, ...]:
    """Return what a token must allow to write to ``repository``."""
    needed = [f"repository:{repository}:pull,push"]
    if from_repository is not None:
        needed.append(f"repository:{from_repository}:pull")
    return tuple(needed)


def push(transport: Transport, repository: str, descriptor: Descriptor, chunks: Iterable[bytes]) -> None:
    """Upload a blob; see ``Destination.push_blob``."""
    what = f"cannot push blob {descriptor.digest} to {transport.registry}/{repository}"
    begun = transport.ask(
        Call(
            "POST", _uploads(repository), what, scopes(repository), ok=(202,), headers={"Content-Length": "0"}
        )
    )
    session = _session(transport, repository, begun, what)
    joint = "&" if urlsplit(session).query else "?"
    call = Call(
        "PUT",
        f"{session}{joint}digest={quote(str(descriptor.digest), safe='')}",
        what,
        scopes(repository),
        ok=(201, 404, 416),
        headers={"Content-Type": "application/octet-stream", "Content-Length": str(descriptor.size)},
        body=checked(descriptor, chunks, where=f"{transport.registry}/{repository}"),
    )
    try:
        answer = transport.send(call)
    except Exception:
        cancel(transport, repository, session)
        raise
    if answer.status != 201:
        raise TransferError(
            what,
            why=f"{transport.registry} has lost the upload (it answered {answer.status}), as after a restart",
            fix="run it again; it resumes",
            is_temporary=True,
        )


def mount(transport: Transport, repository: str, descriptor: Descriptor, from_repository: str) -> bool:
    """Take a blob over from another repository; see ``Destination.mount_blob``."""
    what = (
        f"cannot mount blob {descriptor.digest} from {from_repository} in {transport.registry}/{repository}"
    )
    query = urlencode({"mount": str(descriptor.digest), "from": from_repository})
    # 404 and 405: registries without mounts, or without that repository.
    answer = transport.ask(
        Call(
            "POST",
            f"{_uploads(repository)}?{query}",
            what,
            scopes(repository, from_repository=from_repository),
            ok=(201, 202, 404, 405),
            headers={"Content-Length": "0"},
        )
    )
    if answer.status == 202:
        cancel(transport, repository, _session(transport, repository, answer, what))
    return answer.status == 201


def cancel(transport: Transport, repository: str, session: str) -> None:
    """Tell the registry to drop an upload, if it listens.

    Distribution (2.8 and 3) does so only before the first byte came, for the state that it put into the URL
    then is no longer the upload's; it purges the rest by itself (``storage.maintenance.uploadpurging``).
    """
    what = f"cannot cancel an upload to {transport.registry}/{repository}"
    transport.forget(Call("DELETE", session, what, scopes(repository), ok=(200, 202, 204)))


def _uploads(repository: str) -> str:
    return f"/v2/{repository}/blobs/uploads/"


def _session(transport: Transport, repository: str, answer: Answer, what: str) -> str:
    """Return the URL of the upload; a registry may give it absolute, or relative to what we asked."""
    location = answer.headers.get("Location")
    if not location:
        raise RegistryError(
            what,
            why=f"{transport.registry} began an upload and did not say where (no Location)",
            fix="see whether a proxy before the registry drops headers",
        )
    session = transport.url(location, base=transport.url(_uploads(repository)))
    if urlsplit(session).scheme != "https":
        raise RegistryError(
            what,
            why=f"{transport.registry} wants the upload at an address that is not https",
            fix="let the proxy before the registry send X-Forwarded-Proto, or set http.host of the registry",
        )
    return session
