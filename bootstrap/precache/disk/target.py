"""What ``--to`` names, as a directory to fill."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bootstrap.errors import ConfigError


@contextmanager
def opened(target: Path) -> Iterator[Path]:
    """Yield the directory of a disk; it need not exist yet, and is made once there is something to write.

    Raises:
        ConfigError: It is something else.
    """
    if target.exists() and not target.is_dir():
        raise ConfigError(
            f"cannot write a disk to {target}",
            why="it is no directory",
            fix="give --to a directory, such as the place where the partition is mounted",
        )
    yield target
