"""The image of a virtual machine: the ordinary host's, and a kernel; and how a disk is made of a tree."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap import process
from bootstrap.errors import HostError
from bootstrap.sandbox import image
from bootstrap.sandbox.files import locked
from bootstrap.sandbox.machine import WITH_US

if TYPE_CHECKING:
    from collections.abc import Callable

PACKAGES = (*image.PACKAGES, "initramfs-tools", "linux-image-cloud-amd64", "zstd")
_EARLY = Path(__file__).with_name("vm_early.sh")
_SETUP = Path(__file__).with_name("vm_setup.sh")
DISK_SIZE = "8G"  # of which only what is written takes room


def vm_image(progress: Callable[[str], None], *, cache: Path | None = None) -> Path:
    """Return the image, a tar compressed with zstd, building it first when the cache lacks it.

    Raises:
        HostError: mmdebstrap or a Debian mirror is missing.
        TransferError: The build failed; the end of its output is in the message.
    """
    folder = cache or image.cache_dir()
    recipe = image.recipe_hash(PACKAGES, [script.read_text() for script in (_EARLY, _SETUP)])
    path = folder / f"vm-{image.SUITE}-{recipe}.tar.zst"
    if not path.exists():
        with locked(
            folder / "lock", lambda: progress("waiting for another sandbox that builds the hosts' image")
        ):
            if not path.exists():
                image.build(path, PACKAGES, progress, _hook(_SETUP), early=[_hook(_EARLY)])
    return path


def _hook(script: Path) -> str:
    return f'sh {shlex.quote(str(script))} "$1"'


def make_disk(tree: Path, disk: Path) -> None:
    """Make the file ``disk`` an ext4 file system with what is in ``tree``; at once, or not at all."""
    partial = disk.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    command = ["mke2fs", "-q", "-F", "-t", "ext4", "-L", "root", "-d", str(tree), str(partial), DISK_SIZE]
    process.run([*WITH_US, *command])
    partial.replace(disk)


def kernel(tree: Path) -> tuple[Path, Path]:
    """Return the kernel of a tree and its initial RAM disk.

    Raises:
        HostError: It has none.
    """
    kernels, disks = sorted(tree.glob("boot/vmlinuz-*")), sorted(tree.glob("boot/initrd.img-*"))
    if not kernels or not disks:
        raise HostError(
            "cannot make a virtual machine of the sandbox",
            why=f"its image has {len(kernels)} kernels and {len(disks)} initial RAM disks in /boot",
            fix="remove the cached image and create the sandbox again",
        )
    return kernels[-1], disks[-1]
