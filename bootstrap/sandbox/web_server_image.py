"""An image of nginx, made of Debian's package: what a site's ``web_server_image`` is in tests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bootstrap import process
from bootstrap.sandbox import images
from bootstrap.sandbox.registry_image import go_architecture

if TYPE_CHECKING:
    from pathlib import Path

    from bootstrap.store.interface import Destination

REPOSITORY = "library/nginx"
TAG = "stable"
_BINARY = "usr/sbin/nginx"
_FILES = {
    "etc/passwd": b"root:x:0:0:root:/root:/bin/false\nnobody:x:65534:65534:nobody:/:/bin/false\n",
    "etc/group": b"root:x:0:\nnogroup:x:65534:\n",
    # Where nginx was built to log before it has read its config; it has to be able to look.
    "var/log/nginx/.keep": b"",
}


def push(store: Destination, root: Path, machine: str) -> None:
    """Store the image, an index with this machine's architecture, as the official one is for many.

    Args:
        store: Where it goes.
        root: A Debian tree that has the package nginx.
        machine: What ``uname -m`` says.
    """
    listed = process.run(["chroot", str(root), "ldd", f"/{_BINARY}"]).stdout
    paths = [path.lstrip("/") for path in re.findall(r"(/\S+) \(0x", listed)]
    programs = {path: (root / path).read_bytes() for path in (_BINARY, *paths)}
    layer = images.make_layer({**programs, **_FILES}, executable=list(programs), is_compressed=True)
    image = images.make_image(
        [layer],
        architecture=go_architecture(machine),
        config={"Cmd": ["nginx"], "Env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]},
        oci=True,
    )
    images.push_index(store, REPOSITORY, [image], tag=TAG, oci=True)
