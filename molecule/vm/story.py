"""The site of the scenario ``vm``, and what happens to its machine.

Usage: ``story.py create|power-cut|destroy DIRECTORY``.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

from bootstrap.host.agent import AGENT
from bootstrap.oci.reference import Reference
from bootstrap.sandbox import registry_image
from bootstrap.sandbox.host import SandboxHost
from bootstrap.sandbox.release import ReleaseSpec
from bootstrap.sandbox.sandbox import Sandbox
from bootstrap.sandbox.waiting import wait_until
from bootstrap.store.memory import MemoryStore
from bootstrap.workflow.registry_image import fetch_image

# An emulated machine moves a megabyte in seconds: few bytes, in enough pieces for a run to have a middle.
CONTENT = ReleaseSpec(
    versions=("4.20.8",),
    components=8,
    component_size=256 * 1024,
    base_sizes=(512 * 1024, 256 * 1024),
)
SERVED_BEFORE_THE_CUT = 6  # blobs, of about thirty
HOSTS = """\
registry:
  hosts:
    registry1:
"""
IMAGESET = """\
apiVersion: mirror.openshift.io/v2alpha1
kind: ImageSetConfiguration
mirror:
  platform:
    architectures:
      - amd64
    channels:
      - name: stable-4.20
        minVersion: 4.20.8
        maxVersion: 4.20.8
"""


class _Local:
    """Stands where the internet would be: the registry's image, made of Debian's package."""

    def __init__(self, store: MemoryStore) -> None:
        self.store = store

    def store_for(self, _name: str) -> tuple[MemoryStore, str]:
        return self.store, registry_image.REPOSITORY


def create(directory: Path) -> None:
    """Make the machine, its upstream, and what ``bootstrap-registry up`` puts on the controller first."""
    site = directory / "inventory"
    site.mkdir(parents=True, exist_ok=True)
    (site / "hosts.yml").write_text(HOSTS)
    (site / "imageset.yaml").write_text(IMAGESET)
    sandbox = Sandbox(directory)
    sandbox.create(("registry1",), vms=("registry1",), content=CONTENT, progress=print)
    archive = site / ".bootstrap-registry/images/registry.tar"
    if not archive.exists():
        store, machine = MemoryStore(), platform.machine()
        registry_image.push(store, sandbox.host("upstream").root, machine)
        reference = Reference.parse(f"docker.io/{registry_image.REPOSITORY}:{registry_image.TAG}")
        fetch_image(_Local(store), reference, archive, registry_image.go_architecture(machine))


def power_cut(directory: Path) -> None:
    """Cut the power in the middle of a run, switch it on again, and see ``up`` end what was begun."""
    sandbox = Sandbox(directory)
    host, upstream = sandbox.host("registry1"), sandbox.host("upstream")
    before = _served(upstream)
    started = json.loads(host.run(["python3", AGENT, "start"]).stdout)
    print(f"run {started['run']} {started['state']}", flush=True)
    begun = wait_until(
        lambda: _served(upstream) - before >= SERVED_BEFORE_THE_CUT, timeout_seconds=600, every_seconds=0.2
    )
    assert begun, f"after 600 s, {_served(upstream) - before} blobs were asked for"
    host.kill()
    served = _served(upstream) - before
    print(f"power cut after {served} blobs", flush=True)
    host.start()
    finished = _up(directory)["mirrored"]["finished"]
    copied = sum(int(registry["blobs_copied"]) for registry in finished["registries"])
    print(f"blobs copied afterwards: {copied}", flush=True)
    assert finished["outcome"] == "ok"
    assert copied > 0, "the run before the cut had moved all of it: it was not in its middle"


def destroy(directory: Path) -> None:
    """Remove the machine, its upstream, and everything that was made for them."""
    Sandbox(directory).destroy(progress=print)
    shutil.rmtree(directory, ignore_errors=True)


def _served(upstream: SandboxHost) -> int:
    """Return how many blobs the upstream's registry has been asked for, from its own log."""
    said = upstream.container.inside(
        ["journalctl", "--unit=docker-registry", "--output=cat", "--no-pager", "--grep=GET /v2/.*/blobs/"]
    )
    return said.stdout.count('"GET /v2/') if said is not None else 0


def _up(directory: Path) -> dict[str, object]:
    """Run ``bootstrap-registry up`` as a user would, and return its result."""
    begin = time.monotonic()
    done = subprocess.run(
        [str(Path(sys.executable).with_name("bootstrap-registry")), "up", "--json", "-i", "inventory"],
        cwd=directory,
        env={**os.environ, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=1500,
    )
    print(f"up took {time.monotonic() - begin:.0f} s", flush=True)
    assert done.returncode == 0, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    return json.loads(done.stdout)["result"]


if __name__ == "__main__":
    {"create": create, "power-cut": power_cut, "destroy": destroy}[sys.argv[1]](Path(sys.argv[2]))
