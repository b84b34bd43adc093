"""``spaceRequired``: read as the operator reads it, and computed from what is in the mirror.

Source: Topology Aware Lifecycle Manager at dacf199, ``controllers/precache.go`` (``parseSpaceRequired``);
docker/go-units v0.5.0, ``size.go`` (``parseSize``).
"""

from __future__ import annotations

import math
import re

GIB = 1024**3
DEFAULT = "35 GiB"  # the operator's, where none is given
_SPARE = 1.1  # files take whole blocks, and a layer that is being pulled lies beside its files for a while
_NUMBER = re.compile(r"(?P<number>.*[0-9.]| *)(?P<space> ?)(?P<unit>[^0-9. ]*)", re.DOTALL)
_DECIMAL = re.compile(r"[+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?")
_UNITS = "kmgtp"


def gib_of(text: str) -> int:
    """Return the GiB, rounded up, that a ``spaceRequired`` such as ``45 GiB``, ``40 GB`` or ``30Gi`` is.

    A small ``i`` anywhere makes it one of powers of two.

    Raises:
        ValueError: It is no size.
    """
    found = _NUMBER.fullmatch(text)
    number = found["number"] if found is not None else ""
    if found is None or not _DECIMAL.fullmatch(number):
        raise ValueError(f"{text!r} is no size: write 45 GiB, or 40 GB")
    unit = found["unit"].lower()
    power = _UNITS.find(unit[:1]) + 1 if unit else 0
    if unit not in ("", "b") and (not power or unit[1:] not in ("", "b", "ib", "i")):
        raise ValueError(f"{text!r} is no size: its unit is {found['unit']!r}; write 45 GiB, or 40 GB")
    size = int(float(number) * (1024 if "i" in text else 1000) ** power)
    return math.ceil(size / GIB)


def is_refused(text: str) -> bool:
    """Say whether the operator refuses what :func:`gib_of` reads: ``30Gi``, without a ``B``."""
    return text.rstrip(" ").lower().endswith("i")


def required(unpacked: int) -> int:
    """Return the GiB to ask for, for images that have so many bytes unpacked; 1 at least."""
    return max(1, math.ceil(unpacked * _SPARE / GIB))


def text_of(gib: int) -> str:
    """Return it as every version of the operator reads it."""
    return f"{gib} GiB"
