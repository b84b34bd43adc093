"""What ``--to`` names, as a directory to fill: one, or a partition of a disk that is mounted meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bootstrap.errors import ConfigError
from bootstrap.precache.partition.make import filled
from bootstrap.precache.partition.plan import Wanted
from bootstrap.precache.spec import LABEL

_DEVICES = Path("/dev")


def is_disk(target: Path) -> bool:
    """Return whether it is a disk, or the image of one, and not a directory that may have to be made."""
    return target.exists() and not target.is_dir()


@contextmanager
def opened(target: Path, label: str = LABEL, prepare: Callable[[], None] = lambda: None) -> Iterator[Path]:
    """Yield the directory of a disk; it need not exist yet, and is made once there is something to write.

    Args:
        target: A directory; or a disk, or an image of one, whose partition is mounted as long as this lasts.
        label: Of that partition.
        prepare: Makes it where it is not there; called before it is looked for.

    Raises:
        ConfigError: It is something else.
        HostError: The disk has no such partition, it is in use, or cannot be mounted.
    """
    if is_disk(target):
        prepare()
        with filled(target, Wanted(label)) as directory:
            yield directory
        return
    if _DEVICES in target.absolute().parents:
        raise ConfigError(
            f"cannot write a disk to {target}",
            why="there is no such disk",
            fix="see `lsblk`; or give --to the directory where the partition is mounted",
        )
    yield target
