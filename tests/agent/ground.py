"""The agent's process between a source in this process and a real registry, whose log says what was sent."""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bootstrap.agent.runs import Request, Runs
from bootstrap.store.remote import RemoteStore
from tests.agent.conftest import Site
from tests.fakes.distribution import Distribution, distribution
from tests.fakes.images import make_image, noise, push
from tests.fakes.registry import CREDENTIALS, FakeRegistry

PARALLEL = 4
IMAGES = 5
SIZES = (3_300_000, 1_300_000, 90_000, 60_000, 30_000)  # bytes of the layer that each image has for itself
SHARED = 50_000  # bytes of the one that all have


@dataclass
class Ground:
    directory: Path
    source: FakeRegistry
    destination: Distribution

    @property
    def settings(self) -> Path:
        return self.directory / "agent.json"

    @property
    def state(self) -> Path:
        return self.directory / "state"

    def configure(self, client) -> None:
        site = Site(
            self.directory,
            self.source,
            [self.destination],
            SimpleNamespace(url="https://127.0.0.1:1"),
            client,
        )
        users = {self.source.location: CREDENTIALS, self.destination.location: self.destination.credentials}
        logins = {
            host: {"auth": base64.b64encode(f"{user.username}:{user.password}".encode()).decode()}
            for host, user in users.items()
        }
        (self.directory / "auth.json").write_text(json.dumps({"auths": logins}))
        names = ", ".join(f"{{name: 'quay.io/team/app-{number}:v1'}}" for number in range(IMAGES))
        site.imageset(f"mirror: {{additionalImages: [{names}]}}")
        registry = {
            "location": self.destination.location,
            "ca_file": str(self.destination.ca_file),
            "data_dir": str(self.destination.data),
        }
        site.configure(registries=[registry], parallel=PARALLEL)

    def empty(self) -> int:
        """Take all content, runs and the ledger away; returns where the registry's log goes on."""
        for path in (self.destination.data / "docker", self.state):
            shutil.rmtree(path, ignore_errors=True)
        self.destination.data.mkdir(exist_ok=True)
        return self.destination.log.stat().st_size

    @contextlib.contextmanager
    def agent(self) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
        run = Runs(self.state).create(Request("mirror"))
        argv = [sys.executable, "-m", "bootstrap.agent", "run", "--run-id", run]
        with (self.directory / "agent.log").open("wb") as log:
            child = subprocess.Popen(
                [*argv, "--settings", str(self.settings)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
            try:
                yield run, child
            finally:
                child.kill()
                child.wait(timeout=20)

    def end(self) -> list[dict[str, Any]]:
        """Be one run to its end, which is good; returns its events."""
        with self.agent() as (run, child):
            code = child.wait(timeout=60)
        assert code == 0, self.events(run)[-3:]
        return self.events(run)

    def events(self, run: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in Runs(self.state).events(run).read_text().splitlines()]

    def said(self, since: int) -> list[str]:
        with self.destination.log.open("rb") as log:
            log.seek(since)
            return log.read().decode().splitlines()


@contextlib.contextmanager
def playground(directory: Path) -> Iterator[Ground]:
    """Run the registry in ``directory/registry``, and fill the source."""
    with FakeRegistry() as source, distribution(directory / "registry") as destination:
        with source.client() as client:
            for number in range(IMAGES):
                own = {"own": noise(("own", number), SIZES[number])}
                image = make_image(number, layers=[{"base": noise("base", SHARED)}, own])
                push(RemoteStore(client), f"team/app-{number}", image, tag="v1")
            ground = Ground(directory, source, destination)
            ground.configure(client)
        yield ground
