"""Who mirrors: we, the limit, and the tools that people have; each as they would be called."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.content import REGISTRY
from bench.registry import free_port
from bench.room import ROOT, Room, Took
from bootstrap.agent.runs import Request, Runs
from bootstrap.host.agent_file import build_agent

if TYPE_CHECKING:
    from bench.content import Content, Images, Release

PYTHON = "/usr/bin/python3"  # as on a host
PARALLEL = 4  # the default of mirror_content_parallel; the limit has the same
_HEAD = "kind: ImageSetConfiguration\napiVersion: mirror.openshift.io/v2alpha1\nmirror:\n"


class Native:
    """The agent as it is carried to a host: one file, run as its unit runs it."""

    name = "native"

    def __init__(self, room: Room, content: Content, *, with_disk: bool = True) -> None:
        self._room = room
        self._agent = build_agent(room.directory / "agent")
        self._settings = room.directory / "agent.json"
        imageset = room.directory / "imageset.yaml"
        imageset.write_text(_HEAD + content.imageset())
        registry = {"location": room.destination.name, "ca_file": str(room.ca_file)}
        if with_disk:
            registry["data_dir"] = str(room.destination.data)
        self.state = room.directory / "state"
        value = {
            "schema": 1,
            "site": "bench",
            "engine": "native",
            "imageset": str(imageset),
            "auth_file": str(room.auth),
            "state_dir": str(self.state),
            "registries": [registry],
            "redirects": [],
            "source_ca_file": str(room.ca_file),
            "update_url": "https://update.invalid/graph",
            "signature_url": "https://signature.invalid/",
            "signature_key": None,
            "signature_policy": "skip",
            "graph_data_url": "https://update.invalid/graph-data",
            "graph_base_image": "registry.redhat.io/ubi9/ubi:latest",
            "parallel": PARALLEL,
        }
        self._settings.write_text(json.dumps(value))
        self.forget()

    def forget(self) -> None:
        """Be as never run."""
        shutil.rmtree(self.state, ignore_errors=True)

    def ask(self, *words: str) -> Took:
        """Run one command of the agent."""
        return self._room.run([PYTHON, str(self._agent), *words, "--settings", str(self._settings)])

    def seconds(self) -> float:
        """Do it once, from nothing."""
        self.forget()
        return self.run().took.seconds

    def run(self, operation: str = "mirror", *, deep: bool = False) -> Run:
        """Carry out one run."""
        runs = Runs(self.state)
        run = runs.create(Request(operation, deep=deep))
        took = self.ask("run", "--run-id", run)
        events = [json.loads(line) for line in runs.events(run).read_text().splitlines()]
        return Run(took, events)


@dataclass(frozen=True)
class Run:
    """A run of the agent, and what it told."""

    took: Took
    events: list[dict[str, Any]]

    def find(self, kind: str) -> dict[str, Any]:
        """Return the last event of a kind."""
        return next(event for event in reversed(self.events) if event["event"] == kind)

    @property
    def moving(self) -> float:
        """Seconds between plan and verification."""
        return float(self.find("progress")["seconds"])


class Limit:
    """Raw connections; see `bench.limit`."""

    name = "limit"

    def __init__(self, room: Room, content: Content, what: str = "push", data: Path | None = None) -> None:
        self._room, self._what = room, what
        self._job = room.write_job(data or room.load(content), PARALLEL)

    def seconds(self) -> float:
        """Do it once; making ready is not counted."""
        took = self._room.run(
            [sys.executable, "-m", "bench.limit", self._what, str(self._job)], PYTHONPATH=str(ROOT)
        )
        return float(json.loads(took.output)["seconds"])


class Skopeo:
    """``skopeo sync`` of the same images, as its manual has it: a YAML file of what is wanted."""

    name = "skopeo sync"

    def __init__(self, room: Room, content: Images) -> None:
        self._room, self._file = room, room.directory / "skopeo.yaml"
        images = "".join(f'    {repository}: ["v1"]\n' for repository in content.repositories)
        self._file.write_text(f"{REGISTRY}:\n  images:\n{images}")

    def seconds(self) -> float:
        """Do it once."""
        destination = self._room.destination.name
        argv = [
            "skopeo",
            "sync",
            "--all",
            "--authfile",
            str(self._room.auth),
            "--src",
            "yaml",
            "--dest",
            "docker",
        ]
        return self._room.run([*argv, str(self._file), destination]).seconds


class OcMirror:
    """``oc-mirror --v2``, mirror to mirror, with the same image set; each time with nothing cached."""

    name = "oc-mirror --v2"

    def __init__(self, room: Room, content: Content) -> None:
        self._room = room
        self._file = room.directory / "oc-mirror.yaml"
        self._file.write_text(_HEAD + content.imageset())

    def seconds(self) -> float:
        """Do it once."""
        room = self._room
        work = room.directory / "oc-mirror"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        argv = ["oc-mirror", "--v2", "-c", str(self._file), "--workspace", f"file://{work}/workspace"]
        argv += ["--cache-dir", str(work), "--authfile", str(room.auth), "--ignore-release-signature"]
        argv += ["--port", str(free_port("127.0.0.1")), f"docker://{room.destination.name}"]
        return room.run(argv).seconds


class Oc:
    """``oc adm release mirror`` of the same release."""

    name = "oc adm release mirror"

    def __init__(self, room: Room, content: Release) -> None:
        self._room, self._image = room, content.image

    def seconds(self) -> float:
        """Do it once."""
        room = self._room
        argv = ["oc", "adm", "release", "mirror", f"--from={self._image}", f"--registry-config={room.auth}"]
        argv += [f"--certificate-authority={room.ca_file}", f"--to={room.destination.name}/openshift/release"]
        argv += [
            f"--to-release-image={room.destination.name}/openshift/release-images:{self._image.rpartition(':')[2]}"
        ]
        return room.run(argv).seconds
