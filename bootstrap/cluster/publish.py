"""Publishing rendered files: all of a set or nothing, and earlier sets stay.

``<directory>/cluster-resources`` is a link to the newest of ``<directory>/sets/<number>-<content hash>``; it
is replaced by one rename, so that a reader never sees half a set.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bootstrap.errors import HostError

LINK = "cluster-resources"
_SETS = "sets"
_NUMBER = re.compile(r"(\d+)-")


def publish(directory: Path, files: Mapping[str, str]) -> tuple[Path, bool]:
    """Make ``files`` the current set of ``directory``.

    Args:
        directory: E.g. ``artifacts/<site>``; made when missing.
        files: Text by file name.

    Returns:
        The path by which users know the set, and whether anything changed (the same content is no new set).

    Raises:
        HostError: The directory cannot be written.
    """
    link = directory / LINK
    try:
        if link.is_dir() and _read(link) == dict(files):
            return link, False
        (directory / _SETS).mkdir(parents=True, exist_ok=True)
        target = _write_set(directory / _SETS, files)
        _point(link, target)
    except OSError as error:
        raise HostError(
            f"cannot write {link}", why=str(error), fix="free space there, or make the directory writable"
        ) from error
    return link, True


def published(directory: Path) -> tuple[Path, ...]:
    """Return the sets below ``directory``, the oldest first; none when nothing was published yet."""
    try:
        numbered = [
            (int(m[1]), each) for each in (directory / _SETS).iterdir() if (m := _NUMBER.match(each.name))
        ]
    except FileNotFoundError:
        return ()
    return tuple(each for _, each in sorted(numbered))


def _write_set(sets: Path, files: Mapping[str, str]) -> Path:
    digest = hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()[:12]
    numbers = [int(m[1]) for entry in sets.iterdir() if (m := _NUMBER.match(entry.name))]
    partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=sets))
    for name, text in sorted(files.items()):
        with (partial / name).open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    partial.chmod(0o755)
    target = sets / f"{max(numbers, default=0) + 1:04d}-{digest}"
    partial.rename(target)
    return target


def _point(link: Path, target: Path) -> None:
    new = link.with_name(f".{LINK}.new")
    new.unlink(missing_ok=True)
    new.symlink_to(os.path.relpath(target, link.parent))
    new.replace(link)


def _read(directory: Path) -> dict[str, str]:
    return {entry.name: entry.read_text(encoding="utf-8") for entry in directory.iterdir()}
