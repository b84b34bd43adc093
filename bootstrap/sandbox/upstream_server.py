"""Serves update graph, release signatures, boot images and packages over HTTPS: a script for ``upstream``.

``upstream_server.py DIRECTORY CERTIFICATE KEY PORT``. In DIRECTORY: ``graph.json`` (graphs by
``<channel>/<architecture>``), ``graph-data.tar.gz``, ``signatures/sha256=<hex>/signature-<n>``, boot images
below ``rhcos/`` and, maybe, a package repository in ``debian/``. Standard library only; the access log goes
to standard error: the journal.
"""

from __future__ import annotations

import json
import posixpath
import re
import socket
import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

_SIGNATURE = re.compile(r"/signatures/(sha256=[0-9a-f]{64}/signature-[0-9]+)")
_PACKAGE = re.compile(r"/debian/([A-Za-z0-9][A-Za-z0-9.+~_-]*)")
_BOOT_IMAGE = re.compile(r"/rhcos/((?:[A-Za-z0-9][A-Za-z0-9._-]*/)*[A-Za-z0-9][A-Za-z0-9._-]*)")
_FROM = re.compile(r"bytes=([0-9]+)-")
_NO_GRAPH = {"version": 1, "nodes": [], "edges": [], "conditionalEdges": []}


class Server(ThreadingHTTPServer):
    """Listens on IPv6 and IPv4; the handshake happens in the connection's own thread."""

    address_family = socket.AF_INET6
    daemon_threads = True

    def __init__(self, directory: Path, context: ssl.SSLContext, port: int) -> None:
        self.directory, self.context = directory, context
        super().__init__(("::", port), Handler)

    def server_bind(self) -> None:
        """Take IPv4 clients, too."""
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()

    def get_request(self) -> tuple[socket.socket, object]:
        """Accept a connection; a client that never speaks blocks only itself."""
        connection, address = self.socket.accept()
        connection.settimeout(30)
        return self.context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002  # the base class calls it
        """Say in one line what went wrong with a client: a handshake that it refused, mostly."""
        sys.stderr.write(f"{client_address}: {sys.exc_info()[1]!r}\n")


class Handler(BaseHTTPRequestHandler):
    """Answers GET."""

    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer the graph, a signature, a file of the package repository, or 404."""
        parts = urlsplit(self.path)
        path = posixpath.normpath(unquote(parts.path))  # apt asks for /debian/./InRelease
        signature, package = _SIGNATURE.fullmatch(path), _PACKAGE.fullmatch(path)
        boot_image = _BOOT_IMAGE.fullmatch(path)
        if parts.path == "/graph":
            self._graph(parse_qs(parts.query))
        elif parts.path == "/graph-data":
            self._file(self.server.directory / "graph-data.tar.gz")
        elif signature:
            self._file(self.server.directory / "signatures" / signature[1])
        elif package:
            self._file(self.server.directory / "debian" / package[1])
        elif boot_image:
            self._file(self.server.directory / "rhcos" / boot_image[1])
        else:
            self._answer(404, b"not found\n", "text/plain")

    def _file(self, path: Path) -> None:
        if not path.is_file():
            self._answer(404, b"not found\n", "text/plain")
            return
        content = path.read_bytes()
        asked = _FROM.fullmatch(self.headers.get("Range", ""))
        if asked is None:
            self._answer(200, content, "application/octet-stream")
            return
        begin, size = int(asked[1]), len(content)
        if begin >= size:
            self._answer(416, b"", "text/plain", f"bytes */{size}")
        else:
            self._answer(206, content[begin:], "application/octet-stream", f"bytes {begin}-{size - 1}/{size}")

    def _graph(self, query: dict[str, list[str]]) -> None:
        channel = query.get("channel", [""])[0]
        if not channel:  # Cincinnati: a mandatory parameter is missing
            self._answer(400, b'{"kind":"missing_params","value":"channel"}', "application/json")
            return
        graphs = json.loads((self.server.directory / "graph.json").read_text())
        graph = graphs.get(f"{channel}/{query.get('arch', ['amd64'])[0]}", _NO_GRAPH)
        self._answer(200, json.dumps(graph).encode(), "application/json")

    def _answer(self, status: int, body: bytes, media_type: str, content_range: str = "") -> None:
        self.send_response(status)
        if content_range:
            self.send_header("Content-Range", content_range)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main(directory: str, certificate: str, key: str, port: str) -> None:
    """Serve until killed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    Server(Path(directory), context, int(port)).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
