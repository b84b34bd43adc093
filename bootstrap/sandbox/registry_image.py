"""The image ``docker.io/library/registry:2`` as the upstream has it: made of Debian's package."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bootstrap import process
from bootstrap.sandbox import images

if TYPE_CHECKING:
    from pathlib import Path

    from bootstrap.store.interface import Destination

REPOSITORY = "library/registry"
TAG = "2"
_BINARY = "usr/bin/docker-registry"
_GO_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "ppc64le": "ppc64le", "s390x": "s390x"}
# The official image's own path and defaults.
_CONFIG = """\
version: 0.1
storage:
  filesystem:
    rootdirectory: /var/lib/registry
http:
  addr: :5000
"""


def go_architecture(machine: str) -> str:
    """Return Go's name for what ``uname -m`` says."""
    return _GO_ARCHITECTURES.get(machine, machine)


def push(store: Destination, root: Path, machine: str) -> None:
    """Store the image, an index with this machine's architecture, as the official one is for many.

    Args:
        store: Where it goes.
        root: A Debian tree that has the package docker-registry.
        machine: What ``uname -m`` says.
    """
    files = {path.lstrip("/"): (root / path.lstrip("/")).read_bytes() for path in _libraries(root)}
    files |= {
        "bin/registry": (root / _BINARY).read_bytes(),
        "etc/docker/registry/config.yml": _CONFIG.encode(),
    }
    programs = [path for path in files if not path.endswith(".yml")]
    image = images.make_image(
        [images.make_layer(files, executable=programs, is_compressed=True)],
        architecture=go_architecture(machine),
        config={
            "Entrypoint": ["/bin/registry"],
            "Cmd": ["serve", "/etc/docker/registry/config.yml"],
            "ExposedPorts": {"5000/tcp": {}},
        },
        oci=True,
    )
    images.push_index(store, REPOSITORY, [image], tag=TAG, oci=True)


def _libraries(root: Path) -> list[str]:
    """Return the paths of the binary's libraries and its loader, as the binary looks for them."""
    listed = process.run(["chroot", str(root), "ldd", f"/{_BINARY}"]).stdout
    return re.findall(r"(/\S+) \(0x", listed)
