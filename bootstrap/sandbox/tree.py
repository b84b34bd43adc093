"""A host's root directory, made of an image: what its container runs in, or its disk is made of."""

from __future__ import annotations

import os
import shutil
import uuid
from typing import TYPE_CHECKING

from bootstrap import process
from bootstrap.errors import HostError
from bootstrap.sandbox import ssh
from bootstrap.sandbox.files import replace
from bootstrap.sandbox.machine import WITH_US
from bootstrap.sandbox.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

HOST_KEY = "etc/ssh/ssh_host_ed25519_key"


def make_tree(tree: Path, image: Path, name: str, fqdn: str, authorized_key: str) -> None:
    """Unpack ``image`` into ``tree`` and make it the host ``name``; what was there before is removed.

    Args:
        tree: Its parent is made when missing.
        image: A tar compressed with zstd.
        name: The host's name.
        fqdn: Its full name.
        authorized_key: The public key that root and admin may log in with.
    """
    remove_tree(tree)
    tree.mkdir(parents=True)
    unpack = ["tar", "--zstd", "-xpf", str(image), "--numeric-owner", "--xattrs", "--xattrs-include=*"]
    process.run([*WITH_US, *unpack, "-C", str(tree)])
    (tree / "etc/hostname").write_text(f"{name}\n")
    (tree / "etc/machine-id").write_text(f"{uuid.uuid4().hex}\n")
    ssh.make_key(tree / HOST_KEY, fqdn)
    for home in ("root", "home/admin"):
        owner = (tree / home).stat()
        keys = tree / home / ".ssh/authorized_keys"
        replace(keys, f"{authorized_key}\n", mode=0o600)
        os.chown(keys, owner.st_uid, owner.st_gid)


def remove_tree(path: Path) -> None:
    """Remove ``path``; what a killed `create` left running may still write into it for a moment."""

    def is_gone() -> bool:
        shutil.rmtree(path, ignore_errors=True)
        return not path.exists()

    if not wait_until(is_gone, timeout_seconds=10):
        raise HostError(
            f"cannot remove {path}",
            why="something in it cannot be removed, or comes again",
            fix=f"see what: rm -r {path}",
        )
