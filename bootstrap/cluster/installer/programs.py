"""Which program of a release runs where, and in which image it is.

Source: openshift/oc, ``pkg/cli/admin/release/extract_tools.go``, ``availableTargets``.
"""

from __future__ import annotations

import platform as machine
from collections.abc import Collection
from dataclasses import dataclass

from bootstrap.errors import ConfigError
from bootstrap.oci.platform import Platform
from bootstrap.release.architecture import DEFAULT, SUFFIXES

INSTALL, BARE_METAL = "openshift-install", "openshift-baremetal-install"
_ARTIFACTS = "installer-artifacts"
# Programs for another machine than the release is for: folder in the image of all of them.
_FOLDERS = {
    "linux/amd64": "linux_amd64",
    "linux/arm64": "linux_arm64",
    "darwin/amd64": "mac",
    "darwin/arm64": "mac_arm64",
}
_MACHINES = {suffix: architecture for architecture, suffix in SUFFIXES.items()}


@dataclass(frozen=True)
class Program:
    """A program of a release.

    Attributes:
        name: What the file is called, and oc's ``--command``.
        component: Whose image has it.
        path: In that image.
    """

    name: str
    component: str
    path: str


def platform_of(text: str | None) -> Platform:
    """Read ``linux/amd64``, ``mac/arm64`` or ``darwin/arm64``; None is the machine that this runs on.

    Raises:
        ConfigError: It is none.
    """
    if text is None:
        return Platform("linux", _MACHINES.get(machine.machine(), DEFAULT))
    system, _, architecture = text.partition("/")
    found = Platform("darwin" if system == "mac" else system, architecture or DEFAULT)
    known = {"linux": tuple(_MACHINES.values()), "darwin": ("amd64", "arm64")}
    if architecture == "multi" or found.architecture not in known.get(found.os, ()):
        raise ConfigError(
            f"cannot extract the installer for {text}",
            why="there is none for that platform",
            fix="give --platform linux/ and amd64, arm64, ppc64le or s390x; or mac/amd64, mac/arm64",
        )
    return found


def programs(wanted: Platform, release: str, components: Collection[str], name: str) -> tuple[Program, ...]:
    """Return the installers for ``wanted`` that a release has: the usual one, and the one for bare metal.

    Args:
        wanted: Where they are to run.
        release: Architecture of the release image that was read.
        components: Names of the images of the release.
        name: The release, for messages.

    Raises:
        ConfigError: It has none for that platform.
    """
    is_its_own = wanted.os == "linux" and wanted.architecture == release
    folder = _FOLDERS.get(str(wanted))
    found = []
    if is_its_own:
        found.append(Program(INSTALL, "installer", f"usr/bin/{INSTALL}"))
    elif folder is not None:
        found.append(Program(INSTALL, _ARTIFACTS, f"usr/share/openshift/{folder}/{INSTALL}"))
    if is_its_own and "baremetal-installer" in components:
        found.append(Program(BARE_METAL, "baremetal-installer", f"usr/bin/{INSTALL}"))
    if not found or found[0].component not in components:
        other = "mac/amd64" if str(wanted) == "linux/amd64" else "linux/amd64"
        raise ConfigError(
            f"release {name} has no {INSTALL} for {wanted}",
            why=f"it has no image {found[0].component}" if found else f"it is for linux/{release}",
            fix=f"give another --platform, such as {other}",
        )
    return tuple(found)
