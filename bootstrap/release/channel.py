"""Channels: which releases of one are wanted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bootstrap.release.version import Version

_NAME = re.compile(r"(?P<prefix>[A-Za-z][A-Za-z0-9-]*)-(?P<minor>[0-9]+\.[0-9]+)")


@dataclass(frozen=True)
class Channel:
    """A channel of the image set, such as ``stable-4.20``.

    Attributes:
        min_version: Oldest release wanted; None with a ``max_version`` or ``is_full``: the channel's oldest.
        max_version: Newest release wanted; None: the channel's newest.
        is_shortest_path: Only the releases one has to step on between the two.
        is_full: With no ``min_version``: from the channel's oldest on. Else only its newest is wanted.
        is_okd: It is one of OKD, which has an update service, a graph and signatures of its own.
    """

    name: str
    min_version: Version | None = None
    max_version: Version | None = None
    is_shortest_path: bool = False
    is_full: bool = False
    is_okd: bool = False


def split_name(name: str) -> tuple[str, int, int]:
    """Return prefix, major and minor: ``("stable", 4, 20)``.

    Raises:
        ValueError: The name is not ``<prefix>-<major>.<minor>``.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        raise ValueError(f"{name!r} is not a channel such as stable-4.20")
    major, minor = found["minor"].split(".")
    return found["prefix"], int(major), int(minor)
