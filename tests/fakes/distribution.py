"""A real registry: Debian's ``docker-registry`` (distribution 2.8) as a child process, TLS and htpasswd."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import bcrypt
import yaml

from bootstrap.errors import BootstrapError
from bootstrap.registry.auth import Credentials
from bootstrap.registry.client import RegistryClient
from bootstrap.registry.retry import RetryPolicy
from tests.fakes.tls import Authority

PROGRAM = "docker-registry"  # the Debian package has the same name
_START_SECONDS = 30.0
_PORT_ATTEMPTS = 5


def is_installed() -> bool:
    return shutil.which(PROGRAM) is not None


@dataclass(frozen=True)
class Distribution:
    """A running registry.

    ``log`` is its own log with an access line a request, ``data`` its storage.
    """

    location: str
    ca_file: Path
    credentials: Credentials
    data: Path
    log: Path
    process: subprocess.Popen[bytes]

    def client(self, **options: object) -> RegistryClient:
        given = {"credentials": self.credentials, "ca_file": str(self.ca_file), **options}
        return RegistryClient(self.location, **given)

    def stored_bytes(self) -> int:
        """Bytes of blobs and uploads on disk."""
        return sum(path.stat().st_size for path in self.data.rglob("data") if path.is_file())


@contextlib.contextmanager
def distribution(directory: Path, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[Distribution]:
    """Run a registry with its files in ``directory`` until the end of the ``with``; data left there is kept.

    Its user is ``mirror``, its certificate has the names of the loopback and ``host``.
    """
    authority = Authority("Distribution CA")
    directory.mkdir(parents=True, exist_ok=True)
    ca_file = directory / "ca.crt"
    ca_file.write_text(authority.pem)
    certificate, key = authority.issue("localhost", host).write(directory / "tls")
    credentials = Credentials("mirror", "a password for tests only")
    hashed = bcrypt.hashpw(credentials.password.encode(), bcrypt.gensalt(rounds=5)).decode()
    (directory / "htpasswd").write_text(f"{credentials.username}:{hashed}\n")
    for attempt in range(_PORT_ATTEMPTS):
        chosen = port or _free_port(host)
        config = directory / "config.yml"
        config.write_text(yaml.safe_dump(_config(directory, host, chosen, certificate, key)))
        with (directory / "registry.log").open("ab") as log:
            process = subprocess.Popen(
                [PROGRAM, "serve", str(config)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        location = f"[{host}]:{chosen}" if ":" in host else f"{host}:{chosen}"
        running = Distribution(
            location, ca_file, credentials, directory / "data", directory / "registry.log", process
        )
        try:
            if _answers(running) or port or attempt == _PORT_ATTEMPTS - 1:
                assert process.poll() is None, running.log.read_text()[-3000:]
                yield running
                return
        finally:
            process.terminate()
            process.wait(timeout=20)


def _config(directory: Path, host: str, port: int, certificate: Path, key: Path) -> dict[str, object]:
    return {
        "version": "0.1",
        "log": {"level": "info", "accesslog": {"disabled": False}},
        "storage": {
            "filesystem": {"rootdirectory": str(directory / "data")},
            "delete": {"enabled": True},
            "maintenance": {"uploadpurging": {"enabled": False}},
        },
        "http": {
            "addr": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            "secret": "a secret for tests only",
            "tls": {"certificate": str(certificate), "key": str(key)},
        },
        "auth": {"htpasswd": {"realm": "test", "path": str(directory / "htpasswd")}},
    }


def _free_port(host: str) -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _answers(running: Distribution) -> bool:
    """Wait until it serves; False when it ended first (the port was taken in the meantime)."""
    deadline, pause = time.monotonic() + _START_SECONDS, threading.Event()
    with running.client(retries=RetryPolicy(attempts=1)) as client:
        while running.process.poll() is None:
            try:
                client.ping()
            except BootstrapError:
                assert time.monotonic() < deadline, running.log.read_text()[-3000:]
                pause.wait(0.02)
            else:
                return True
    return False
