"""What the real oc-mirror resolves image sets to: a dry run against an upstream of this process."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, urlsplit

from bootstrap.oci.digest import Digest
from bootstrap.release.architecture import SUFFIXES
from bootstrap.store.remote import RemoteStore
from tests.fakes.images import make_image, make_index, push
from tests.fakes.registry import FakeRegistry
from tests.imageset.case import GRAPHS, HEAD, NO_GRAPH
from tests.release.releases import release_image
from tests.release.signer import Signer, claim

RELEASES = "openshift-release-dev/ocp-release"
_RELEASE = re.compile(r"=docker://[^/]+/openshift/release-images:(\S+)")


class Upstream:
    """The recorded update graphs, with payloads and signatures that are made when they are asked for."""

    def __init__(self, directory: Path, registry: FakeRegistry, signer: Signer) -> None:
        self._directory, self._registry, self._signer = directory, registry, signer
        self._tags: dict[str, str] = {}  # by digest
        self._digests: dict[str, Digest] = {}  # by tag
        self._signatures: dict[str, bytes] = {}
        self._lock = threading.Lock()
        (directory / "key.asc").write_bytes(signer.public(armor=True))
        (directory / "ca.crt").write_text(registry.ca_pem)
        (directory / "registries.conf").write_text(
            f'[[registry]]\nprefix = "quay.io"\nlocation = "{registry.location}"\n'
        )
        (directory / "auth.json").write_text('{"auths": {}}')
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = upstream.answer(self.path)
                self.send_response_only(200 if body is not None else 404)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._client = registry.client()
        self._store = RemoteStore(self._client)

    def __enter__(self) -> Self:
        component = make_image("component", docker=True)
        push(self._store, "openshift-release-dev/ocp-v4.0-art-dev", component)
        self._component = f"quay.io/openshift-release-dev/ocp-v4.0-art-dev@{component.digest}"
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._client.close()

    def answer(self, path: str) -> bytes | None:
        parts = urlsplit(path)
        signature = re.fullmatch(r"/signatures/sha256=([0-9a-f]{64})/signature-1", parts.path)
        with self._lock:
            if parts.path == "/graph":
                query = parse_qs(parts.query)
                return self._graph(query["channel"][0], query["arch"][0])
            return self._signature(f"sha256:{signature[1]}") if signature else None

    def _graph(self, channel: str, architecture: str) -> bytes:
        graph = json.loads(json.dumps(GRAPHS.get(f"{channel}/{architecture}", NO_GRAPH)))
        for node in graph["nodes"]:
            node["payload"] = f"quay.io/{RELEASES}@{self._published(node['version'], architecture)}"
        return json.dumps(graph).encode()

    def _published(self, version: str, architecture: str) -> Digest:
        """Publish the release if it is not there yet; where it goes follows from its digest."""
        tag = f"{version}-{SUFFIXES[architecture]}"
        if tag not in self._digests:
            images = [
                release_image(version, {"etcd": self._component}, architecture=each, base=())
                for each in (("amd64", "arm64") if architecture == "multi" else (architecture,))
            ]
            image = make_index(images, docker=True) if architecture == "multi" else images[0]
            push(self._store, RELEASES, image, tag=tag)
            self._digests[tag], self._tags[str(image.digest)] = image.digest, tag
        return self._digests[tag]

    def _signature(self, digest: str) -> bytes | None:
        if digest not in self._tags:
            return None
        if digest not in self._signatures:
            identity = f"quay.io/{RELEASES}:{self._tags[digest]}"
            self._signatures[digest] = self._signer.sign(claim(digest, identity))
        return self._signatures[digest]

    def resolve(self, name: str, body: str) -> tuple[list[str], str]:
        """Return the tags of the release images that oc-mirror would mirror, sorted, and what it printed.

        None are returned where it failed.
        """
        workspace = self._directory / re.sub(r"\W+", "-", name)
        workspace.mkdir()
        (workspace / "imageset.yaml").write_text(HEAD + body)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        words = ["oc-mirror", "--v2", "--dry-run", "-c", str(workspace / "imageset.yaml"), "-p", str(port)]
        words += ["--workspace", f"file://{workspace}", f"docker://{self._registry.location}"]
        words += ["--authfile", str(self._directory / "auth.json"), "--cache-dir", str(workspace)]
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(workspace),
            "SSL_CERT_FILE": str(self._directory / "ca.crt"),
            "CONTAINERS_REGISTRIES_CONF": str(self._directory / "registries.conf"),
            "UPDATE_URL_OVERRIDE": f"{self._url}/graph",
            "OCP_SIGNATURE_URL": f"{self._url}/signatures/",
            "OCP_SIGNATURE_VERIFICATION_PK": str(self._directory / "key.asc"),
        }
        done = subprocess.run(
            words, env=environment, capture_output=True, text=True, timeout=120, cwd=workspace
        )
        mapping = workspace / "working-dir/dry-run/mapping.txt"
        if done.returncode != 0 or not mapping.is_file():
            return [], done.stdout + done.stderr
        return sorted(set(_RELEASE.findall(mapping.read_text()))), done.stdout + done.stderr
