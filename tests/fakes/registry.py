"""A registry in this process: real HTTPS, real logins, faults on demand, and a log of what was asked of it.

with FakeRegistry() as fake, fake.client() as client:
    fake.faults.add("status", "PUT .*/blobs/uploads/", status=503, headers={"Retry-After": "3"})
    push(RemoteStore(client), "a/b", make_image(1), tag="latest")
    assert fake.count("PUT .*/blobs/uploads/") == 4
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import struct
import tempfile
import threading
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from bootstrap.registry.auth import Credentials
from bootstrap.registry.client import RegistryClient
from tests.fakes.endpoints import Endpoints, Login, Request, Response
from tests.fakes.faults import Fault, Faults
from tests.fakes.tls import Authority, Leaf

CREDENTIALS = Credentials("mirror", "a password for tests: only")


@cache
def authority() -> Authority:
    """The CA of all fakes of a test process, unless a test brings its own."""
    return Authority("Fake registries CA")


@cache
def _usual_leaf() -> Leaf:
    return authority().issue()


@dataclass(frozen=True)
class Entry:
    """One request: ``size`` is the bytes of the body sent (GET) or received; status 0 is no answer at all."""

    method: str
    path: str
    query: str
    status: int
    size: int
    authorization: str | None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class FakeRegistry:
    """Runs from ``__enter__`` to ``__exit__``.

    Args:
        auth: ``basic``, ``bearer`` or None.
        credentials: None makes tokens for everybody, to pull (with ``bearer``).
        leaf: Its certificate; one for the loopback's names by default, under ``authority()``.
        host: The loopback address it listens on.
    """

    def __init__(
        self,
        *,
        auth: str | None = "basic",
        credentials: Credentials | None = CREDENTIALS,
        leaf: Leaf | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.contents = Endpoints()
        self.login = Login(auth, credentials)
        self.faults = Faults()
        self.log: list[Entry] = []
        self.ca_pem = authority().pem
        self._server = _Server(host, _tls(leaf or _usual_leaf()), self)
        port = self._server.server_address[1]
        self.location = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self.url = f"https://{self.location}"
        self.contents.base_url = self.url
        self.login.realm = f"{self.url}/token?account=test"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.faults.clear()
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()  # joins the handlers' threads

    @property
    def connections(self) -> int:
        """How many connections were made, handshake included."""
        return self._server.connections

    def client(self, **options: object) -> RegistryClient:
        """Return a client that trusts this registry and has its credentials; the caller closes it."""
        given = {
            "credentials": self.login.credentials,
            "ca_pem": self.ca_pem,
            "timeout_seconds": 20.0,
            **options,
        }
        return RegistryClient(self.location, **given)

    def count(self, route: str) -> int:
        """Return how many requests there were whose ``METHOD /path`` has the regular expression."""
        return sum(re.search(route, str(entry)) is not None for entry in self.log)

    def answer(self, request: Request, scopes: list[str]) -> Response:
        """Answer a request as a healthy registry does."""
        if request.path == "/token":
            return self.login.token(request, scopes)
        refusal, granted = self.login.admit(request)
        if refusal is not None:
            return refusal
        return self.contents.handle(
            Request(request.method, request.path, request.query, request.headers, request.body, granted)
        )


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 64

    def __init__(self, host: str, context: ssl.SSLContext, registry: FakeRegistry) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, 0), _Handler)
        self.registry = registry
        self._context = context
        self._open: set[socket.socket] = set()
        self.connections = 0
        self._lock = threading.Lock()

    def process_request_thread(self, request: socket.socket, client_address: object) -> None:
        """Serve one connection; the handshake is here, so that a slow one stops nobody else."""
        request.settimeout(60)
        try:
            connection = self._context.wrap_socket(request, server_side=True)
        except OSError:  # the client does not trust us, or went away
            request.close()
            return
        with self._lock:
            self.connections += 1
            self._open.add(connection)
        try:
            _Handler(connection, client_address, self)
        except OSError:
            pass
        finally:
            with self._lock:
                self._open.discard(connection)
                connection.close()

    def hang_up(self) -> None:
        """Wake every handler that waits for its client's next request."""
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        fault = self.server.registry.faults.take(self.command, parts.path)
        length = int(self.headers.get("Content-Length", "0"))
        if fault is not None and fault.kind == "reset":
            self._break_off(parts.path, self.rfile.read(min(fault.after, length)))
            self._reset()
            return
        most = self.server.registry.contents.most_body
        if most is not None and length > most:
            self._refuse_length(length)
            return
        if fault is not None and fault.kind == "deaf":
            fault.wait()
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True
            self._break_off(parts.path, body)
            return
        pairs = parse_qsl(parts.query)
        request = Request(self.command, parts.path, dict(pairs), self.headers, body)
        if fault is not None and fault.kind == "stall":
            fault.wait()
        if fault is not None and fault.kind == "revoke":
            self.server.registry.login.tokens.clear()
        if fault is not None and fault.kind == "status":
            response = Response(fault.status, fault.headers, fault.body)
        else:
            scopes = [value for key, value in pairs if key == "scope"]
            response = self.server.registry.answer(request, scopes)
        if fault is not None and fault.kind == "lost":
            self._note(0, len(body))
            self._reset()
            return
        self._reply(response, fault, len(body))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815  # the base class's names

    def _reply(self, response: Response, fault: Fault | None, received: int) -> None:
        content = b"" if self.command == "HEAD" else response.body
        if fault is not None and fault.kind == "corrupt":
            middle = len(content) // 2
            content = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        if fault is not None and fault.kind == "truncate":
            content = content[: fault.after]
        self._note(response.status, len(content) or received)
        self.send_response_only(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.status != 204:
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if fault is not None and fault.kind == "pause":
            middle = min(fault.after, len(content) - 1)
            self.wfile.write(content[:middle])
            fault.wait()
            self.wfile.write(content[middle:])
        elif fault is not None and fault.kind == "slow":
            pause = threading.Event()
            for start in range(0, len(content), 1 + len(content) // 8):
                self.wfile.write(content[start : start + 1 + len(content) // 8])
                pause.wait(0.002)
        else:
            self.wfile.write(content)
        if fault is not None and fault.kind == "truncate":
            self._reset(politely=True)

    def _break_off(self, path: str, body: bytes) -> None:
        self._note(0, len(body))
        if self.command in ("PATCH", "PUT"):
            self.server.registry.contents.break_off(path, body)

    def _refuse_length(self, length: int) -> None:
        """Answer before reading, and throw away what comes, as nginx does (client_max_body_size)."""
        self._reply(Response(413, {"Connection": "close"}, b"<h1>413 Request Entity Too Large</h1>"), None, 0)
        self.close_connection = True
        while length > 0 and (piece := self.rfile.read(min(length, 65536))):
            length -= len(piece)

    def _note(self, status: int, size: int) -> None:
        parts = urlsplit(self.path)
        given = self.headers.get("Authorization")
        scheme = given.partition(" ")[0] if given else None
        self.server.registry.log.append(Entry(self.command, parts.path, parts.query, status, size, scheme))

    def _reset(self, *, politely: bool = False) -> None:
        """Break the connection: at once with a RST, or after what was sent has arrived."""
        self.close_connection = True
        if not politely:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


def _tls(leaf: Leaf) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as directory:
        certificate, key = leaf.write(Path(directory))
        context.load_cert_chain(certificate, key)
    return context
