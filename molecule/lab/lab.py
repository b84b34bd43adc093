"""The site of all molecule scenarios: a sandbox host, its inventory, and what roles need from elsewhere.

Usage: ``lab.py create|destroy|unchanged DIRECTORY`` and ``lab.py clean DIRECTORY [MAY_BE_EMPTY …]``.
All of them may be called again.
"""

from __future__ import annotations

import json
import platform
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import snapshot
from bootstrap.sandbox.sandbox import Sandbox

if TYPE_CHECKING:
    from bootstrap.store.memory import MemoryStore

HOST = "registry1"
HOSTS = """\
all:
  vars:
    lab_fixtures: {fixtures}
    lab_arch: {architecture}
    # In every scenario: the name that resolves.
    web_server_hostname: "{{{{ registry_service_hostname }}}}"
registry:
  hosts:
    {host}:
"""
IMAGESET = """\
apiVersion: mirror.openshift.io/v2alpha1
kind: ImageSetConfiguration
mirror:
  additionalImages:
    - name: quay.io/example/hello:1
"""


class _Local:
    """Stands where the internet would be: images made of Debian's packages."""

    def __init__(self, store: MemoryStore, repository: str) -> None:
        self.store, self.repository = store, repository

    def store_for(self, _name: str) -> tuple[MemoryStore, str]:
        return self.store, self.repository


def create(directory: Path) -> None:
    """Make the host, and what ``bootstrap-registry up`` puts on the controller before Ansible runs."""
    import fixtures
    from bootstrap.oci.reference import Reference
    from bootstrap.sandbox import registry_image, web_server_image
    from bootstrap.store.memory import MemoryStore
    from bootstrap.workflow.registry_image import fetch_image

    directory.mkdir(parents=True, exist_ok=True)
    sandbox = Sandbox(directory)
    sandbox.create((HOST,), upstream=False, progress=print)
    site, host = directory / "inventory", sandbox.host(HOST)
    architecture = registry_image.go_architecture(platform.machine())
    (site / "hosts.yml").write_text(
        HOSTS.format(host=HOST, fixtures=directory / "fixtures", architecture=architecture)
    )
    (site / "imageset.yaml").write_text(IMAGESET)
    fixtures.make(directory / "fixtures", host.fqdn)
    archive = site / ".bootstrap-registry/images/registry.tar"
    if not archive.exists():
        store, machine = MemoryStore(), platform.machine()
        registry_image.push(store, host.root, machine)
        reference = Reference.parse(f"docker.io/{registry_image.REPOSITORY}:{registry_image.TAG}")
        fetch_image(
            _Local(store, registry_image.REPOSITORY),
            reference,
            archive,
            architecture,
        )
    shutil.copy(archive, directory / "fixtures/registry.tar")
    server = archive.with_name("web-server.tar")
    if not server.exists():
        store = MemoryStore()
        web_server_image.push(store, Path("/"), platform.machine())
        reference = Reference.parse(f"docker.io/{web_server_image.REPOSITORY}:{web_server_image.TAG}")
        fetch_image(_Local(store, web_server_image.REPOSITORY), reference, server, architecture)
    shutil.copy(server, directory / "fixtures/web-server.tar")
    baseline = directory / "clean.json"
    if not baseline.exists():
        baseline.write_text(json.dumps(snapshot.take(host)))


def destroy(directory: Path) -> None:
    """Remove the host and everything that was made for it."""
    Sandbox(directory).destroy(progress=print)
    shutil.rmtree(directory, ignore_errors=True)


def unchanged(directory: Path) -> None:
    """Fail, and say what, when the host is not as it was, times of change included."""
    _compare(directory, is_same_time=True)


def clean(directory: Path, *may_be_empty: str) -> None:
    """Fail, and say what, when the host is not as it was before the role came."""
    root = Sandbox(directory).host(HOST).root
    for path in may_be_empty:
        snapshot.remove_empty(root / path.lstrip("/"))
    now = _compare(directory, is_same_time=False)
    (directory / "clean.json").write_text(json.dumps(now))


def _compare(directory: Path, *, is_same_time: bool) -> snapshot.Snapshot:
    before = json.loads((directory / "clean.json").read_text())
    now = snapshot.take(Sandbox(directory).host(HOST))
    if found := snapshot.differences(before, now, is_same_time=is_same_time):
        sys.exit(f"{HOST} is not as it was (`molecule destroy` ends it):\n" + "\n".join(found))
    return now


if __name__ == "__main__":
    commands = {"create": create, "destroy": destroy, "unchanged": unchanged, "clean": clean}
    commands[sys.argv[1]](Path(sys.argv[2]), *sys.argv[3:])
