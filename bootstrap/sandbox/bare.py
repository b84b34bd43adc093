"""The image of a bare host, and the packages that make an ordinary host of it: made together, and cached.

A bare host has what the minimal installation of a server has. Which packages it lacks is apt's own answer,
with all that they depend on.
"""

from __future__ import annotations

import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap.sandbox import image
from bootstrap.sandbox.files import locked

if TYPE_CHECKING:
    from collections.abc import Callable

PACKAGES = (
    "dbus",
    "iproute2",
    "less",
    "libpam-systemd",
    "openssh-server",
    "procps",
    "python3",
    "sudo",
    "systemd",
    "systemd-sysv",
    "udev",
)
_NOBODYS = {"docker-registry"}  # of the upstream, not of a registry host
LACKED = tuple(package for package in image.PACKAGES if package not in {*PACKAGES, *_NOBODYS})


@dataclass(frozen=True, slots=True)
class Bare:
    """What the cache holds for bare hosts.

    Attributes:
        image: A tar compressed with zstd.
        debs: A directory of Debian packages.
    """

    image: Path
    debs: Path


def bare_image(progress: Callable[[str], None], *, cache: Path | None = None) -> Bare:
    """Return the bare image and the packages it lacks, building both first when the cache lacks them.

    Raises:
        HostError: mmdebstrap or a Debian mirror is missing.
        TransferError: The build failed; the end of its output is in the message.
    """
    folder = cache or image.cache_dir()
    stem = f"bare-{image.SUITE}-{image.recipe_hash(PACKAGES, LACKED)}"
    made = Bare(folder / f"{stem}.tar.zst", folder / f"{stem}.debs")
    if not made.image.exists():
        with locked(
            folder / "lock", lambda: progress("waiting for another sandbox that builds the hosts' image")
        ):
            if not made.image.exists():  # it comes last, so the packages are there when it is
                _build(made, progress)
    return made


def _build(made: Bare, progress: Callable[[str], None]) -> None:
    partial = made.debs.with_suffix(".partial")
    unfinished = made.image.with_name(f"unfinished-{made.image.name}")
    for left in (partial, made.debs):
        shutil.rmtree(left, ignore_errors=True)
    partial.mkdir()
    try:
        archives, debs = '"$1"/var/cache/apt/archives', shlex.quote(str(partial))
        apt_get = 'APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get --yes'
        image.build(
            unfinished,
            PACKAGES,
            progress,
            f"{apt_get} clean && {apt_get} --download-only install {' '.join(LACKED)}",
            f"mv {archives}/*.deb {debs}/",
            # A host's own apt follows recommendations; the image was only built without.
            'rm "$1"/etc/apt/apt.conf.d/99mmdebstrap',
        )
        partial.rename(made.debs)
        unfinished.rename(made.image)
    finally:
        unfinished.unlink(missing_ok=True)
        shutil.rmtree(partial, ignore_errors=True)
