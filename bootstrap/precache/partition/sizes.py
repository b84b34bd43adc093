"""Sizes of partitions, as people write them."""

from __future__ import annotations

import re

from bootstrap.errors import ConfigError

GIB = 1024**3
ALL = "all"
_UNITS = {"M": 1024**2, "MiB": 1024**2, "MB": 1000**2, "G": GIB, "GiB": GIB, "GB": 1000**3}
_UNITS |= {"T": 1024**4, "TiB": 1024**4, "TB": 1000**4}
_SIZE = re.compile(r"([0-9]{1,6}) ?([A-Za-z]+)")


def read_size(text: str) -> int:
    """Return the bytes of ``250GiB``, ``250G`` (the same, as sgdisk has it), ``250GB``; 0 for ``all``.

    Raises:
        ConfigError: It is no size.
    """
    if text == ALL:
        return 0
    match = _SIZE.fullmatch(text)
    if match is None or match[2] not in _UNITS or not int(match[1]):
        raise ConfigError(
            f"cannot read the size {text!r}",
            why="it is a whole number and a unit, or all",
            fix=f"write it as 250GiB; the units are {', '.join(_UNITS)}",
        )
    return int(match[1]) * _UNITS[match[2]]


def gib(size: int) -> str:
    """Return bytes in the unit that partitions are asked for in."""
    return f"{size / GIB:.1f} GiB"
