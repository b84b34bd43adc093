from __future__ import annotations

import base64
import contextlib
import json
import ssl
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bootstrap.agent.main import main
from bootstrap.agent.runs import Request, Runs
from bootstrap.store.remote import RemoteStore
from tests.fakes.registry import CREDENTIALS, FakeRegistry, authority
from tests.mirror.world import HEAD, Upstream

CHANNEL = "mirror: {platform: {channels: [{name: stable-4.20}]}}"


class Web:
    """An HTTPS server of small files: the update graph and the signatures."""

    def __init__(self, directory: Path) -> None:
        self.files: dict[str, bytes] = {}
        files = self.files

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                content = files.get(self.path.partition("?")[0])
                self.send_response_only(404 if content is None else 200)
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()
                self.wfile.write(content or b"")

        certificate, key = authority().issue().write(directory)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Site:
    """A mirror host's files, an upstream that plays quay.io, and registries to fill."""

    def __init__(self, directory: Path, upstream: FakeRegistry, registries, web: Web, client) -> None:
        self.directory, self.upstream, self.web = directory, upstream, web
        self.registries = registries
        self.content = Upstream(RemoteStore(client))
        self.state = directory / "state"
        self.settings = directory / "agent.json"
        (directory / "ca.crt").write_text(authority().pem)
        login = base64.b64encode(f"{CREDENTIALS.username}:{CREDENTIALS.password}".encode()).decode()
        hosts = [upstream.location, *(each.location for each in registries)]
        (directory / "auth.json").write_text(json.dumps({"auths": {host: {"auth": login} for host in hosts}}))
        self.configure()
        self.imageset(CHANNEL)

    def configure(self, **changes) -> None:
        ca_file = str(self.directory / "ca.crt")
        data = self.directory / "data"
        data.mkdir(exist_ok=True)
        value = {
            "schema": 1,
            "site": "test",
            "engine": "auto",
            "imageset": str(self.directory / "imageset.yaml"),
            "auth_file": str(self.directory / "auth.json"),
            "state_dir": str(self.state),
            "registries": [
                {"location": each.location, "ca_file": ca_file, "data_dir": str(data)}
                for each in self.registries
            ],
            "redirects": [{"prefix": "quay.io", "location": self.upstream.location}],
            "source_ca_file": ca_file,
            "update_url": f"{self.web.url}/graph",
            "graph_data_url": f"{self.web.url}/graph-data",
            "graph_base_image": "registry.access.redhat.com/ubi9/ubi:latest",
            "signature_url": f"{self.web.url}/signatures",
            "signature_key": None,
            "signature_policy": "skip",
            "parallel": 3,
            **changes,
        }
        self.settings.write_text(json.dumps(value))

    def imageset(self, body: str) -> None:
        (self.directory / "imageset.yaml").write_text(HEAD + body)

    def release(self, *versions, **options) -> None:
        """Publish releases, and make them the channel."""
        for version in versions:
            self.content.release(version, **options)
        self.web.files["/graph"] = self.content.graph_bytes(*versions)

    def run(
        self,
        operation="mirror",
        *,
        deep=False,
        repairs=False,
        directory="",
        document="",
        listed="",
        **free,
    ):
        """Be a run, in this process; gives its exit code and events."""
        run = Runs(self.state).create(
            Request(
                operation,
                free,
                deep=deep,
                repairs=repairs,
                directory=directory,
                document=document,
                listed=listed,
            )
        )
        return main(["run", "--run-id", run, "--settings", str(self.settings)]), self.events(run)

    def events(self, run):
        return [json.loads(line) for line in Runs(self.state).events(run).read_text().splitlines()]

    def spawn(self, *words) -> subprocess.Popen[str]:
        """Be asked from outside, in a process of its own."""
        argv = [sys.executable, "-m", "bootstrap.agent", *words, "--settings", str(self.settings)]
        return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def ask(self, *words, code=0):
        child = self.spawn(*words)
        out, err = child.communicate(timeout=60)
        assert child.returncode == code, out + err
        return json.loads(out)

    def ledger(self):
        return json.loads((self.state / "ledger" / "ledger.json").read_text())


@pytest.fixture
def site(tmp_path):
    with contextlib.ExitStack() as stack:
        upstream, *registries = (stack.enter_context(FakeRegistry()) for _ in range(3))
        web = stack.enter_context(Web(tmp_path / "web"))
        client = stack.enter_context(upstream.client())
        yield Site(tmp_path, upstream, registries, web, client)
