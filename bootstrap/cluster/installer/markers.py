"""Places in an installer that are filled in when it is extracted: which release it installs.

Source: openshift/oc, ``pkg/cli/admin/release/extract_tools.go``: ``releaseImageMarker``,
``releaseVersionMarker``, ``releaseArchitectureMarker`` and ``copyAndReplace``. A marker begins with NUL, a
value is written over its beginning and ended with NUL. oc warns of a marker that is not there; such an
installer installs something else than was asked for, so here that is an error.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bootstrap.errors import VerificationError

# Name of the marker, and how many X follow it.
_MARKERS = {"IMAGE": 300, "VERSION": 64, "ARCHITECTURE": 64}


@dataclass(frozen=True)
class Values:
    """What an installer is told.

    Attributes:
        image: The release image by digest, as clusters name it.
        version: ``4.20.9``.
        architecture: ``linux/amd64``; of a release for several, ``multi (linux/amd64)``.
    """

    image: str
    version: str
    architecture: str

    @property
    def by_marker(self) -> dict[str, bytes]:
        """The values by marker."""
        texts = {"IMAGE": self.image, "VERSION": self.version, "ARCHITECTURE": self.architecture}
        return {name: text.encode() for name, text in texts.items()}


def marker(name: str) -> bytes:
    """Return a marker as it stands in a program that nobody has told anything."""
    return b"\0_RELEASE_" + name.encode() + b"_LOCATION_\0" + b"X" * _MARKERS[name] + b"\0"


def fill(path: Path, values: Values, name: str) -> None:
    """Tell the program at ``path`` its release.

    Args:
        path: Changed in place.
        values: What to tell.
        name: The program, for messages.

    Raises:
        VerificationError: A marker is missing, there twice, or of another length than it should be.
    """
    _refuse_empty(path, name)
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as content:
        for kind, value in values.by_marker.items():
            place = _place(content, kind, name)
            if len(value) > len(marker(kind)) - 1:
                raise _unusable(
                    name, kind, f"it has room for {len(marker(kind)) - 1} bytes, not {len(value)}"
                )
            content[place : place + len(value) + 1] = value + b"\0"
        content.flush()


def check(path: Path, values: Values, name: str) -> None:
    """See that the program at ``path`` was told its release, by whomever.

    Raises:
        VerificationError: It was not, or of another.
    """
    _refuse_empty(path, name)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for kind, value in values.by_marker.items():
            told = value + b"\0" + marker(kind)[len(value) + 1 :]
            if len(list(_all(content, told))) != 1 or content.find(marker(kind)) >= 0:
                raise _unusable(name, kind, f"it does not hold {value.decode()}")


def _refuse_empty(path: Path, name: str) -> None:
    if path.stat().st_size == 0:  # which cannot be mapped
        raise _unusable(name, "IMAGE", "the file is empty")


def _place(content: mmap.mmap, kind: str, name: str) -> int:
    """Return where the one marker of a kind begins."""
    wanted = marker(kind)
    begin = wanted[: wanted.index(b"X")]
    places = list(_all(content, begin))
    if len(places) != 1:
        raise _unusable(name, kind, f"it is there {len(places)} times" if places else "it is not there")
    found = content[places[0] : places[0] + len(wanted)]
    if found != wanted:
        room = len(re.match(rb"X*", content[places[0] + len(begin) : places[0] + 4096])[0])  # type: ignore[index]
        raise _unusable(name, kind, f"it is {room} bytes long, and {_MARKERS[kind]} were expected")
    return places[0]


def _all(content: mmap.mmap, wanted: bytes) -> Iterator[int]:
    place = content.find(wanted)
    while place >= 0:
        yield place
        place = content.find(wanted, place + 1)


def _unusable(name: str, kind: str, why: str) -> VerificationError:
    return VerificationError(
        f"cannot tell {name} which release it installs",
        why=f"its marker _RELEASE_{kind}_LOCATION_: {why}",
        fix="see that this is the installer of an OpenShift release; nothing was left where it was to go",
    )
