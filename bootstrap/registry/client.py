"""The endpoints of one registry, each as a method.

Source: OCI distribution-spec v1.1.1, "Endpoints".
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Iterable, Iterator
from urllib.parse import urlsplit

from bootstrap import __version__
from bootstrap.errors import ConfigError, DigestMismatch, RegistryError
from bootstrap.oci.descriptor import Descriptor
from bootstrap.oci.digest import Digest
from bootstrap.oci.manifest import ACCEPTED, MAX_MANIFEST_SIZE, OCI_INDEX, Index, parse_manifest
from bootstrap.oci.reference import is_location
from bootstrap.registry.connections import Connections, tls_context
from bootstrap.registry.pace import Pace
from bootstrap.registry.reader import RemoteReader, end_of
from bootstrap.registry.retry import RetryPolicy
from bootstrap.registry.session import scopes
from bootstrap.registry.transport import Call, Transport
from bootstrap.registry.upload import Uploads

if TYPE_CHECKING:
    from typing import Mapping

    from bootstrap.registry.auth import Credentials
    from bootstrap.registry.proxy import Proxy
    from bootstrap.registry.transport import Answer

PAGE_SIZE = 1000  # ECR rejects more: https://docs.aws.amazon.com/AmazonECR/latest/APIReference
_PAGE_LIMIT = 16 * 1024 * 1024  # bytes of one page of names
_NOBODYS = Digest.of(b"a manifest that is in no registry")
_NO_REFERRERS = (200, 400, 404, 405, 501)  # all but 200: what registries say that never heard of them
_NEXT = re.compile(r'<([^>]*)>[^,]*;\s*rel="?next"?', re.IGNORECASE)

# Where a registry's API is when not under its own name.
_API_HOSTS = {"docker.io": "registry-1.docker.io", "index.docker.io": "registry-1.docker.io"}


class RegistryClient:
    """Speaks to the registry at ``location``; for many threads. Close it, or use it in a ``with``.

    Args:
        location: ``host[:port]``, as in a reference; always HTTPS.
        credentials: None for anonymous.
        ca_file: Path of PEM certificates to trust besides the system's.
        ca_pem: Likewise, as text.
        timeout_seconds: How long the registry may be silent, at any moment.
        retries: How often to repeat what failed for the moment.
        user_agent: How we introduce ourselves.
        connections: Most idle connections kept; more may be open at once.
        proxy: On the way there; None means the environment's, if it has one.

    Attributes:
        pace: How many transfers it takes at once, as far as its answers tell.

    Raises:
        ConfigError: The location or the certificates are none.
    """

    def __init__(
        self,
        location: str,
        *,
        credentials: Credentials | None = None,
        ca_file: str | None = None,
        ca_pem: str | None = None,
        timeout_seconds: float = 120.0,
        retries: RetryPolicy | None = None,
        user_agent: str = f"bootstrap-registry/{__version__}",
        connections: int = 32,
        proxy: Proxy | None = None,
    ) -> None:
        if not is_location(location):
            raise ConfigError(
                f"{location!r} is not the location of a registry",
                why="it is not host[:port], without scheme and path",
                fix="write registry.example.com:5000 or [2001:db8::1]:5000; registries are reached by https",
            )
        self.location = location
        self._has_referrers = True
        self._connections = Connections(
            tls_context(ca_file, ca_pem), timeout_seconds=timeout_seconds, size=connections, proxy=proxy
        )
        self.pace = Pace()
        self._transport = Transport(
            location,
            f"https://{_API_HOSTS.get(location, location)}",
            credentials,
            self._connections,
            retries or RetryPolicy(),
            user_agent,
            self.pace,
        )
        self._uploads = Uploads(self._transport)

    def __enter__(self) -> RegistryClient:  # noqa: PYI034  # typing.Self is not in 3.9
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close all idle connections; the client may be used again."""
        self._connections.close()

    def ping(self) -> None:
        """See that this is a registry, and that it takes the credentials.

        Raises:
            Denied: It does not.
            RegistryError: It is none.
            TransferError: Nothing answers, or not with a certificate we trust.
        """
        self._transport.ask(Call("GET", "/v2/", f"cannot use the registry {self.location}"))

    def head_manifest(self, repository: str, reference: str) -> Descriptor | None:
        """Return what a tag or digest names, or None; fetched only where HEAD says too little."""
        call = self._manifest_call("HEAD", repository, reference, ok=(200, 404))
        answer = self._transport.ask(call)
        if answer.status == 404:
            return None
        media_type, digest, size = _described(answer.headers)
        if media_type not in ACCEPTED or digest is None or size is None:
            return Descriptor.of(*self.get_manifest(repository, reference))
        if Digest.is_digest(reference) and digest != Digest(reference):
            raise self._mismatch(call.what, digest)
        return Descriptor(media_type, digest, size)

    def get_manifest(self, repository: str, reference: str) -> tuple[bytes, str]:
        """Return a manifest's bytes and media type; the bytes hash to ``reference`` when that is a digest.

        Raises:
            NotFound: There is none.
            DigestMismatch: The registry served other bytes.
        """
        call = self._manifest_call("GET", repository, reference, ok=(200,))
        answer = self._transport.ask(call, limit=MAX_MANIFEST_SIZE)
        found = Digest.of(answer.body)
        if Digest.is_digest(reference) and found != Digest(reference):
            raise self._mismatch(call.what, found)
        return answer.body, _described(answer.headers)[0]

    def put_manifest(self, repository: str, reference: str, content: bytes, media_type: str) -> Digest:
        """Store a manifest under a tag or under its own digest; returns the digest.

        Raises:
            IncompleteImage: Something it names is not in the repository.
        """
        name = _name(self.location, repository, reference)
        answer = self._transport.ask(
            Call(
                "PUT",
                f"/v2/{repository}/manifests/{reference}",
                f"cannot push manifest {name}",
                scopes(repository),
                ok=(201,),
                headers={"Content-Type": media_type},
                body=content,
            )
        )
        digest, stored = Digest.of(content), answer.headers.get("Docker-Content-Digest")
        if stored is not None and stored != str(digest):
            raise self._mismatch(f"cannot push manifest {name}", stored)
        return digest

    def delete_manifest(self, repository: str, digest: Digest) -> None:
        """Delete a manifest and every tag that points at it.

        Raises:
            NotFound: There is none.
            RegistryError: The registry does not delete.
        """
        what = f"cannot delete manifest {_name(self.location, repository, str(digest))}"
        scope = f"repository:{repository}:delete"
        path = f"/v2/{repository}/manifests/{digest}"
        self._transport.ask(Call("DELETE", path, what, (scope,), ok=(200, 202)))

    def deletes(self, repository: str) -> bool:
        """Return whether the registry deletes anything; it is asked for a manifest that nobody has.

        Source: distribution, ``registry/storage/linkedblobstore.go`` (``Delete``): whether it may is the
        first thing it looks at; ``registry/api/errcode`` (``ErrorCodeUnsupported``): 405.

        Raises:
            Denied: We may not delete there.
        """
        what = f"cannot see whether {self.location} deletes images"
        scope = f"repository:{repository}:delete"
        path = f"/v2/{repository}/manifests/{_NOBODYS}"
        answer = self._transport.ask(Call("DELETE", path, what, (scope,), ok=(200, 202, 404, 405)))
        return answer.status != 405

    def referrers(self, repository: str, digest: Digest) -> tuple[Descriptor, ...] | None:
        """Return the manifests whose subject is ``digest``; None where the registry has no such list.

        Who has none, as distribution 2.8 and 3.0, is asked once.
        """
        if not self._has_referrers:
            return None
        name = _name(self.location, repository, str(digest))
        what, scope = f"cannot list what is attached to {name}", f"repository:{repository}:pull"
        found: dict[Digest, Descriptor] = {}
        seen, page = set(), self._transport.url(f"/v2/{repository}/referrers/{digest}")
        while page not in seen:
            seen.add(page)
            call = Call("GET", page, what, (scope,), ok=_NO_REFERRERS, headers={"Accept": OCI_INDEX})
            answer = self._transport.ask(call, limit=_PAGE_LIMIT)
            if answer.status != 200 or _described(answer.headers)[0] != OCI_INDEX:
                self._has_referrers = bool(found)
                return tuple(found.values()) or None
            listed = parse_manifest(answer.body, OCI_INDEX, name=f"of what is attached to {name}")
            if isinstance(listed, Index):
                found.update((each.digest, each) for each in listed.manifests)
            following = _NEXT.search(answer.headers.get("Link", ""))
            if following is None:
                break
            page = self._same_host(page, following[1], what)
        return tuple(found.values())

    def head_blob(self, repository: str, digest: Digest) -> int | None:
        """Return the size in bytes of a blob, 0 where the registry does not say; None when there is none."""
        call = self._blob_call("HEAD", repository, digest, ok=(200, 404))
        answer = self._transport.ask(call)
        return None if answer.status == 404 else int(answer.headers.get("Content-Length", "0"))

    def open_blob(self, repository: str, digest: Digest) -> RemoteReader:
        """Begin to read a blob, wherever the registry redirects to; a broken download goes on by itself."""
        call = self._blob_call("GET", repository, digest, ok=(200,))
        return RemoteReader(self._transport, call)

    def end_of_blob(self, repository: str, digest: Digest, start: int) -> bytes | None:
        """Return what a blob has from ``start`` on, a few bytes; None where only the whole is to be had."""
        return end_of(self._transport, self._blob_call("GET", repository, digest, ok=(200,)), start)

    def push_blob(self, repository: str, descriptor: Descriptor, chunks: Iterable[bytes]) -> None:
        """Upload a blob; see ``Destination.push_blob``."""
        self._uploads.push(repository, descriptor, chunks)

    def mount_blob(self, repository: str, descriptor: Descriptor, from_repository: str) -> bool:
        """Take a blob over from another repository; see ``Destination.mount_blob``."""
        return self._uploads.mount(repository, descriptor, from_repository)

    def tags(self, repository: str) -> Iterator[str]:
        """Yield the tags of a repository, as the registry orders them; asks page by page."""
        what = f"cannot list the tags of {self.location}/{repository}"
        scope = f"repository:{repository}:pull"
        return self._names(f"/v2/{repository}/tags/list?n={PAGE_SIZE}", "tags", what, scope)

    def repositories(self) -> Iterator[str]:
        """Yield the repositories of the registry, where it tells (``_catalog``); asks page by page."""
        what = f"cannot list the repositories of {self.location}"
        return self._names(f"/v2/_catalog?n={PAGE_SIZE}", "repositories", what, "registry:catalog:*")

    def _names(self, path: str, key: str, what: str, scope: str) -> Iterator[str]:
        """Follow ``Link: <…>; rel="next"`` from page to page."""
        seen, page = set(), self._transport.url(path)
        while page not in seen:
            seen.add(page)
            answer = self._transport.ask(Call("GET", page, what, (scope,)), limit=_PAGE_LIMIT)
            yield from _listed(answer, key, what)
            following = _NEXT.search(answer.headers.get("Link", ""))
            if following is None:
                return
            page = self._same_host(page, following[1], what)

    def _same_host(self, page: str, link: str, what: str) -> str:
        target = self._transport.url(link, base=page)
        if urlsplit(target)[:2] != urlsplit(page)[:2]:
            raise RegistryError(
                what,
                why=f"{self.location} says that the next page is on another host",
                fix="have the proxy before the registry pass its own Host header on",
            )
        return target

    def _manifest_call(self, method: str, repository: str, reference: str, ok: tuple[int, ...]) -> Call:
        what = f"cannot read manifest {_name(self.location, repository, reference)}"
        scope = f"repository:{repository}:pull"
        path = f"/v2/{repository}/manifests/{reference}"
        return Call(method, path, what, (scope,), ok=ok, headers={"Accept": ", ".join(ACCEPTED)})

    def _blob_call(self, method: str, repository: str, digest: Digest, ok: tuple[int, ...]) -> Call:
        what = f"cannot read blob {_name(self.location, repository, str(digest))}"
        path = f"/v2/{repository}/blobs/{digest}"
        return Call(method, path, what, (f"repository:{repository}:pull",), ok=ok)

    def _mismatch(self, what: str, found: Digest | str) -> DigestMismatch:
        return DigestMismatch(
            what,
            why=f"{self.location} has {found} under that name",
            fix="run it again; if it happens again, the registry or a proxy before it damages content",
        )


def _name(location: str, repository: str, reference: str) -> str:
    return f"{location}/{repository}{'@' if Digest.is_digest(reference) else ':'}{reference}"


def _described(headers: Mapping[str, str]) -> tuple[str, Digest | None, int | None]:
    """Return media type, digest and size as the headers of a HEAD tell them."""
    digest, size = headers.get("Docker-Content-Digest", ""), headers.get("Content-Length", "")
    return (
        headers.get("Content-Type", "").partition(";")[0].strip(),
        Digest(digest) if Digest.is_digest(digest) else None,
        int(size) if size.isdigit() else None,
    )


def _listed(answer: Answer, key: str, what: str) -> list[str]:
    try:
        names = json.loads(answer.body)[key] or []  # distribution says null for none
        if isinstance(names, list) and all(isinstance(name, str) for name in names):
            return names
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise RegistryError(
        what, why=f"the answer has no list of {key}", fix="see whether a proxy answers in its place"
    )
