"""One HTTP exchange with a registry: login, redirects, retries, and errors in our words."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Iterable, Iterator, Mapping, Union
from urllib.parse import urljoin, urlsplit, urlunsplit

from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from bootstrap.errors import BootstrapError, RegistryError, TransferError
from bootstrap.registry.challenge import Authorizer
from bootstrap.registry.errors import ERROR_BODY_LIMIT, Refusal, from_refusal, redact
from bootstrap.registry.network import from_network
from bootstrap.registry.pace import Pace
from bootstrap.registry.retry import Gate, RetryPolicy, retry_after_seconds

if TYPE_CHECKING:
    from bootstrap.registry.auth import Credentials
    from bootstrap.registry.connections import Connections

REDIRECT_LIMIT = 5  # hops of one request; a CDN needs one or two
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PIECE_SIZE = 64 * 1024  # bytes; small answers are read in these
_TOKEN_LIMIT = 1024 * 1024  # bytes of a token service's answer

Body = Union[bytes, Iterable[bytes], None]


@dataclass(frozen=True)
class Call:
    """One request to be.

    Args:
        method: ``GET``, ``HEAD``, ``POST``, ``PUT``, ``PATCH`` or ``DELETE``.
        path: A path of the registry (``/v2/…``) or a whole URL of it.
        what: What fails when it fails, naming registry and repository: "cannot read manifest quay.io/a/b:1".
        scopes: What the token must allow, such as ``repository:a/b:pull``.
        ok: The statuses that are an answer; all others become an error.
        body: Bytes, or chunks that can be sent only once (the headers then have their length).
    """

    method: str
    path: str
    what: str
    scopes: tuple[str, ...] = ()
    ok: tuple[int, ...] = (200,)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body = None

    @property
    def is_repeatable(self) -> bool:
        """Whether it can be sent again: a stream cannot."""
        return self.body is None or isinstance(self.body, bytes)


@dataclass(frozen=True)
class Answer:
    """What came back, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport:
    """Speaks to one registry; for many threads.

    Args:
        registry: ``host[:port]``, as users name it.
        base_url: Where it answers, ``https://host[:port]``.
        credentials: For Basic, or for the token service.
        connections: Its sockets; closed by who made them.
        policy: How often to repeat what failed for the moment.
        user_agent: How we introduce ourselves.
        pace: Told of every failure that may mean "too much", and of every new try.
    """

    def __init__(
        self,
        registry: str,
        base_url: str,
        credentials: Credentials | None,
        connections: Connections,
        policy: RetryPolicy,
        user_agent: str,
        pace: Pace,
    ) -> None:
        self.registry, self.policy, self.pace = registry, policy, pace
        self._base_url = base_url
        self._credentials = credentials
        self._connections = connections
        self._user_agent = user_agent
        self._gate = Gate(policy.stop)
        self._authorizer = Authorizer(registry, credentials, self._fetch_token)

    def ask(self, call: Call, *, limit: int = ERROR_BODY_LIMIT) -> Answer:
        """Send a repeatable call, again while that may help, and return the whole answer.

        Args:
            call: The request.
            limit: Most bytes its body may have; more is a ``RegistryError``.
        """
        return self.policy.run(lambda: self._read(call, self._exchange(call), limit), self.pace.again)

    def open(self, call: Call) -> BaseHTTPResponse:
        """Likewise, but return the answer with its body unread; the caller closes it."""
        return self.policy.run(lambda: self._exchange(call), self.pace.again)

    def send(self, call: Call) -> Answer:
        """Send a call once; for streams, and for what is not worth a second try."""
        return self._read(call, self._exchange(call), ERROR_BODY_LIMIT)

    def forget(self, call: Call) -> None:
        """Send a call once and not wait for anything; that it failed is of no interest."""
        with contextlib.suppress(BootstrapError):
            self._read(call, self._exchange(call, is_patient=False), ERROR_BODY_LIMIT)

    def broken(self, call: Call, error: HTTPError, host: str = "") -> TransferError:
        """Return what a broken connection means for ``call``, after taking note of it."""
        failure = from_network(call.what, host or self.registry, error)
        if failure.is_temporary:
            self.pace.failed()
        return failure

    def refused(self, what: str, answer: Answer) -> BootstrapError:
        """Return what ``answer``, which a call did call ok, means when it is not."""
        return from_refusal(what, Refusal(answer.status, answer.body, self.registry, True))

    def url(self, path: str, *, base: str = "") -> str:
        """Return the absolute URL of ``path``, which may be one, or be relative to the URL ``base``."""
        return urljoin(base or self._base_url, path)

    def at_home(self, url: str) -> str:
        """Return ``url``, or where it is at the registry itself if only its scheme or port are not.

        A proxy that does not pass on X-Forwarded-Proto, or the port of the Host header, has the registry
        believe that it is http, or on another port, and say so in absolute URLs. Docker's client goes where
        they say, and shows a password to whoever listens; we know where the registry's API is.
        """
        parts, home = urlsplit(url), urlsplit(self._base_url)
        if parts.hostname != home.hostname or not parts.path.startswith("/v2/"):
            return url
        return urlunsplit((home.scheme, home.netloc, parts.path, parts.query, parts.fragment))

    def _exchange(self, call: Call, *, is_patient: bool = True) -> BaseHTTPResponse:
        """Log in as asked, follow redirects, and return an answer that the call calls ok."""
        if is_patient:
            self._gate.pass_through()
        url = self.url(call.path)
        # Of an upload that goes on elsewhere: its URL is signed, and what it asks for is not ours to give.
        is_home = self._is_ours(url)
        authorization = self._authorizer.header(call.scopes) if is_home else None
        response = self._send(call, url, authorization)
        if is_home and response.status == 401 and self._relogin(call, response, authorization):
            authorization = self._authorizer.header(call.scopes)
            response = self._send(call, url, authorization)
        for _ in range(REDIRECT_LIMIT):
            if response.status not in _REDIRECTS or call.method not in ("GET", "HEAD"):
                break
            url = self._next(call, url, response)
            response = self._send(call, url, authorization if self._is_ours(url) else None)
        if response.status in call.ok:
            return response
        raise self._refused(call, url, response, authorization is not None)

    def _send(self, call: Call, url: str, authorization: str | None) -> BaseHTTPResponse:
        headers = {"User-Agent": self._user_agent, "Accept-Encoding": "identity", **call.headers}
        if authorization is not None:
            headers["Authorization"] = authorization
        parts = urlsplit(url)
        try:
            return self._connections.pools_for(parts.hostname or "").request(
                call.method,
                url,
                body=call.body,
                headers=headers,
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=False,
            )
        except HTTPError as error:
            raise self.broken(call, error, parts.netloc.rpartition("@")[2]) from error

    def _relogin(self, call: Call, response: BaseHTTPResponse, sent: str | None) -> bool:
        """Take in a 401; whether to send the call again."""
        told = ", ".join(response.headers.getlist("WWW-Authenticate"))
        if not self._authorizer.learn(told, sent, call.scopes):
            return False
        _beginning(response)
        if not call.is_repeatable:
            raise TransferError(
                call.what,
                why=f"the login at {self.registry} had to be renewed in the middle",
                fix="run it again; it resumes",
                is_temporary=True,
            )
        return True

    def _next(self, call: Call, url: str, response: BaseHTTPResponse) -> str:
        """Return where a redirect leads, and let go of it."""
        location = response.headers.get("Location", "")
        _beginning(response)
        target = urljoin(url, location)
        if not location or urlsplit(target).scheme != "https":
            raise RegistryError(
                call.what,
                why=f"{redact(url)} redirects to {redact(target)}, and only https will do",
                fix="have the registry's redirects lead to https",
            )
        return target

    def _is_ours(self, url: str) -> bool:
        """Whether the URL is on the registry itself: credentials go nowhere else."""
        return _origin(url) == _origin(self._base_url)

    def _refused(
        self, call: Call, url: str, response: BaseHTTPResponse, with_credentials: bool
    ) -> BootstrapError:
        if response.status in _REDIRECTS:
            _beginning(response)
            return RegistryError(
                call.what,
                why=f"{redact(url)} redirects again, after {REDIRECT_LIMIT} times",
                fix="see the redirects of the registry or of the proxy before it",
            )
        seconds = retry_after_seconds(response.headers.get("Retry-After"))
        if seconds is not None and response.status in (429, 503):
            self._gate.close_for(seconds)
        if response.status == 429 or response.status >= 500:
            self.pace.failed()
        host = self.registry if self._is_ours(url) else urlsplit(url).netloc.rpartition("@")[2]
        refusal = Refusal(response.status, _beginning(response), host, with_credentials)
        if host != self.registry and response.status == 403:
            # A signed URL that has expired by now; the registry signs a new one.
            return TransferError(call.what, why=str(refusal), fix="run it again", is_temporary=True)
        return from_refusal(call.what, refusal)

    def _read(self, call: Call, response: BaseHTTPResponse, limit: int) -> Answer:
        body = bytearray()
        try:
            for piece in pieces(response, _PIECE_SIZE):
                body += piece
                if len(body) > limit:
                    raise RegistryError(
                        call.what,
                        why=f"{self.registry} answered with more than {limit} bytes",
                        fix="see whether a proxy or a login page answers in its place",
                    )
        except HTTPError as error:
            raise self.broken(call, error) from error
        except RegistryError:
            response.close()
            raise
        return Answer(response.status, response.headers, bytes(body))

    def _fetch_token(self, url: str, authorization: str | None) -> bytes:
        call = Call("GET", url, f"cannot log in to {self.registry} at its token service {redact(url)}")

        def attempt() -> bytes:
            response = self._send(call, url, authorization)
            if response.status != 200:
                refusal = Refusal(
                    response.status, _beginning(response), self.registry, authorization is not None
                )
                raise from_refusal(call.what, refusal)
            return self._read(call, response, _TOKEN_LIMIT).body

        return self.policy.run(attempt, self.pace.again)


def pieces(response: BaseHTTPResponse, size: int) -> Iterator[bytes]:
    """Yield the body as it comes; urllib3's errors are the caller's."""
    return response.stream(size, decode_content=False)


def _beginning(response: BaseHTTPResponse) -> bytes:
    """Return the first bytes of a body that we do not want; its connection is kept if that was all of it."""
    body = b""
    try:
        for piece in pieces(response, ERROR_BODY_LIMIT):
            body += piece
            if len(body) >= ERROR_BODY_LIMIT:
                break
    except HTTPError:
        pass  # what came says enough
    finally:
        response.close()
    return body


def _origin(url: str) -> tuple[str, str | None, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or 443
