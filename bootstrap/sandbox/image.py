"""The image every host of a sandbox starts from: Debian with what a default host has, built once and cached.

The cache holds one compressed tar per recipe, named after the recipe's hash, so a changed recipe is a new
file and several versions of this package do not disturb each other.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap import process
from bootstrap.errors import HostError
from bootstrap.sandbox import apt
from bootstrap.sandbox.files import locked
from bootstrap.sandbox.machine import WITH_US

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SUITE = "trixie"  # podman 5.4 with Quadlet, firewalld 2, systemd 257
PACKAGES = (
    "aardvark-dns",
    "bash-completion",
    "ca-certificates",
    "crun",
    "curl",
    "dbus",
    "docker-registry",  # the upstream, and the registry image is made of it
    "firewalld",
    "gpgv",
    "iproute2",
    "less",
    "libpam-systemd",
    "netavark",
    "nftables",
    "openssh-server",
    "openssl",
    "podman",
    "procps",
    "python3",
    "python3-apt",  # without it Ansible's apt module wants to fetch it, and there is no repository
    "python3-firewall",
    "skopeo",
    "sudo",
    "systemd",
    "systemd-sysv",
    "udev",
)
_SETUP = Path(__file__).with_name("image_setup.sh")


def cache_dir() -> Path:
    """Return where images are kept; it may not exist yet."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "bootstrap-registry"


def recipe_hash(*more: Sequence[str]) -> str:
    """Return what an image's content depends on, as 16 hex digits (mirrors serve the same packages).

    Args:
        more: What else it depends on; without, the hash is that of the ordinary host.
    """
    recipe = json.dumps([SUITE, PACKAGES, _SETUP.read_text(), os.uname().machine, *more])
    return hashlib.sha256(recipe.encode()).hexdigest()[:16]


def image(progress: Callable[[str], None], *, cache: Path | None = None) -> Path:
    """Return the image, a tar compressed with zstd, building it first when the cache lacks it.

    Two callers at once build it once: the second waits for the first. Building takes half a minute and
    about 170 MB from the Debian mirror; a build that was broken off leaves nothing that looks finished.

    Raises:
        HostError: mmdebstrap or a Debian mirror is missing.
        TransferError: The build failed; the end of its output is in the message.
    """
    folder = cache or cache_dir()
    path = folder / f"host-{SUITE}-{recipe_hash()}.tar.zst"
    if path.exists():
        return path
    with locked(
        folder / "lock", lambda: progress("waiting for another sandbox that builds the hosts' image")
    ):
        if not path.exists():
            _build(path, progress)
    return path


def _build(path: Path, progress: Callable[[str], None]) -> None:
    build(path, PACKAGES, progress)


def build(
    path: Path,
    packages: Sequence[str],
    progress: Callable[[str], None],
    *hooks: str,
    early: Sequence[str] = (),
) -> None:
    """Make an image of these packages at ``path``, all of it or nothing.

    Args:
        path: Its name ends in ``.tar.zst``.
        packages: Besides the essential ones; what they only recommend is left out.
        progress: Told that it takes long.
        hooks: Shell commands, run with the tree as ``$1`` while it still has its package repository.
        early: Likewise, when it has the essential packages and none of ``packages``.

    Raises:
        HostError: mmdebstrap or a Debian mirror is missing.
        TransferError: The build failed; the end of its output is in the message.
    """
    if shutil.which("mmdebstrap") is None:
        raise HostError(
            "cannot build the sandbox's image",
            why="mmdebstrap is not installed",
            fix="apt-get install mmdebstrap zstd debian-archive-keyring",
        )
    mirror = apt.debian_mirror()
    progress(f"building the hosts' image: Debian {SUITE} from {mirror.url} (once, about a minute)")
    partial = path.with_name(path.name.replace(".tar.zst", ".partial.tar.zst"))
    try:
        process.run(
            [
                *WITH_US,
                "mmdebstrap",
                "--variant=minbase",
                f"--keyring={mirror.keyring}",
                "--components=main",
                f"--include={','.join(packages)}",
                "--aptopt=APT::Install-Recommends false",
                *(f"--essential-hook={hook}" for hook in early),
                *(f"--customize-hook={hook}" for hook in hooks),
                f'--customize-hook=sh {shlex.quote(str(_SETUP))} "$1"',
                SUITE,
                str(partial),
                mirror.url,
            ],
            timeout_seconds=1800,
        )
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
