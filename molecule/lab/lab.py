"""The site of a molecule scenario: a sandbox host, its inventory, and the registry's image as an archive.

Usage: ``lab.py create|destroy DIRECTORY``; both may be called again.
"""

from __future__ import annotations

import platform
import shutil
import sys
from pathlib import Path

from bootstrap.oci.reference import Reference
from bootstrap.sandbox import registry_image
from bootstrap.sandbox.sandbox import Sandbox
from bootstrap.store.memory import MemoryStore
from bootstrap.workflow.registry_image import fetch_image

HOSTS = """\
registry:
  hosts:
    registry1:
"""
IMAGESET = """\
apiVersion: mirror.openshift.io/v2alpha1
kind: ImageSetConfiguration
mirror:
  additionalImages:
    - name: quay.io/example/hello:1
"""


class _Local:
    """Stands where the internet would be: the registry's image, made of Debian's package."""

    def __init__(self, store: MemoryStore) -> None:
        self.store = store

    def store_for(self, _name: str) -> tuple[MemoryStore, str]:
        return self.store, registry_image.REPOSITORY


def create(directory: Path) -> None:
    """Make the host, and what ``bootstrap-registry up`` puts on the controller before Ansible runs."""
    directory.mkdir(parents=True, exist_ok=True)
    sandbox = Sandbox(directory)
    sandbox.create(("registry1",), upstream=False, progress=print)
    site = directory / "inventory"
    (site / "hosts.yml").write_text(HOSTS)
    (site / "imageset.yaml").write_text(IMAGESET)
    archive = site / ".bootstrap-registry/images/registry.tar"
    if not archive.exists():
        store, machine = MemoryStore(), platform.machine()
        registry_image.push(store, sandbox.host("registry1").root, machine)
        reference = Reference.parse(f"docker.io/{registry_image.REPOSITORY}:{registry_image.TAG}")
        fetch_image(_Local(store), reference, archive, registry_image.go_architecture(machine))


def destroy(directory: Path) -> None:
    """Remove the host and everything that was made for it."""
    Sandbox(directory).destroy(progress=print)
    shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    {"create": create, "destroy": destroy}[sys.argv[1]](Path(sys.argv[2]))
