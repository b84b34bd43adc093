"""Registries to measure with: Debian's ``docker-registry`` on the loopback, with TLS."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from bootstrap.credentials import htpasswd
from bootstrap.registry.auth import Credentials
from bootstrap.registry.client import RegistryClient
from bootstrap.registry.retry import RetryPolicy
from tests.fakes.tls import Authority

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = "docker-registry"
CREDENTIALS = Credentials("mirror", "a password for benches only")
_START_SECONDS = 30.0
_REQUEST = re.compile(r'"(GET|HEAD|PUT|POST|PATCH|DELETE) (\S+) HTTP/[\d.]+" (\d+)')


@dataclass
class Registry:
    """A registry that is running.

    Attributes:
        name: As clients know it, ``host[:port]``.
        data: Its data directory.
        ca_file: The CA that its certificate is of.
    """

    name: str
    directory: Path
    data: Path
    ca_file: Path
    _config: dict[str, object]
    _process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """Its log, access lines included."""
        return self.directory / "registry.log"

    def start(self) -> None:
        """Run it, and wait until it answers."""
        config = self.directory / "config.yml"
        config.write_text(yaml.safe_dump(self._config))
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [PROGRAM, "serve", str(config)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(self.log.read_text()[-2000:])
            time.sleep(0.02)

    def _answers(self) -> bool:
        addr = self._config["http"]["addr"]  # type: ignore[index]  # our own
        host, _, port = addr.rpartition(":")
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), 1):
            return True
        return False

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=30)
            self._process = None

    def processor(self) -> float:
        """Return the seconds that it has had a processor since it was started."""
        assert self._process is not None, "it is running"
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def reset(self) -> None:
        """Begin anew with nothing."""
        self.stop()
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir()
        self.log.write_bytes(b"")
        self.start()

    def serve(self, data: Path) -> None:
        """Have other data."""
        self.stop()
        self.data = data
        self._config["storage"]["filesystem"]["rootdirectory"] = str(data)  # type: ignore[index]  # our own
        self.log.write_bytes(b"")
        self.start()

    def client(self) -> RegistryClient:
        """Return a client, to be closed by the caller."""
        return RegistryClient(
            self.name, credentials=CREDENTIALS, ca_file=str(self.ca_file), retries=RetryPolicy(attempts=1)
        )

    def forget(self) -> None:
        """Count requests from here."""
        self.log.write_bytes(b"")

    def requests(self) -> Counter[str]:
        """Return how often what was asked since: ``HEAD blobs``, ``GET manifests``, ``GET .sig``."""
        found: Counter[str] = Counter()
        for method, path, status in _REQUEST.findall(self.log.read_text(errors="replace")):
            if status == "401":
                continue
            kind = path.partition("?")[0].split("/")
            what = next((each for each in ("uploads", "manifests", "blobs", "tags") if each in kind), "other")
            found[f"{method} {'.sig' if kind[-1].endswith('.sig') else what}"] += 1
        return found


@contextlib.contextmanager
def registry(
    directory: Path,
    authority: Authority,
    *,
    host: str,
    port: int = 0,
    name: str = "",
    is_open: bool = False,
) -> Iterator[Registry]:
    """Run a registry until the end of the ``with``.

    Args:
        directory: For its files, and for its data unless it is told to ``serve`` other.
        authority: Of its certificate.
        host: The loopback's address that it listens on.
        port: A free one when 0.
        name: What clients call it instead of host and port.
        is_open: For everybody, without a password.
    """
    directory.mkdir(parents=True)
    certificate, key = authority.issue(host, name or host).write(directory / "tls")
    ca_file = directory / "ca.crt"
    ca_file.write_text(authority.pem)
    user = htpasswd.User(CREDENTIALS.username, CREDENTIALS.password, htpasswd.COST_RANDOM)
    (directory / "htpasswd").write_text(htpasswd.with_user("", user))
    port = port or free_port(host)
    data = directory / "data"
    data.mkdir()
    config: dict[str, object] = {
        "version": "0.1",
        "log": {"level": "error", "accesslog": {"disabled": False}},
        "storage": {
            "filesystem": {"rootdirectory": str(data)},
            "delete": {"enabled": True},
            "maintenance": {"uploadpurging": {"enabled": False}},
        },
        "http": {
            "addr": f"{host}:{port}",
            "secret": "a secret for benches only",
            "tls": {"certificate": str(certificate), "key": str(key)},
        },
    }
    if not is_open:
        config["auth"] = {"htpasswd": {"realm": "bench", "path": str(directory / "htpasswd")}}
    running = Registry(name or f"{host}:{port}", directory, data, ca_file, config)
    running.start()
    try:
        yield running
    finally:
        running.stop()


def auth_file(path: Path, *names: str) -> Path:
    """Write an auth file for the registries ``names``."""
    packed = base64.b64encode(f"{CREDENTIALS.username}:{CREDENTIALS.password}".encode()).decode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps({"auths": {name: {"auth": packed} for name in names}}))
    return path


def free_port(host: str) -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
