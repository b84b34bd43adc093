"""Looks for secrets where none may be: argument lists, journals, and files that others can read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

_CHUNK = 64 * 1024 * 1024


def in_file(path: Path, secrets: Mapping[str, bytes]) -> set[str]:
    """Return the names of the secrets that stand in one file."""
    try:
        with path.open("rb") as file:
            content = file.read(_CHUNK)
    except OSError:
        return set()
    return {name for name, secret in secrets.items() if secret in content}


def in_tree(root: Path, secrets: Mapping[str, bytes]) -> dict[Path, set[str]]:
    """Return the files below `root` that hold a secret, whoever may read them."""
    found = {
        path: in_file(path, secrets) for path in root.rglob("*") if path.is_file() and not path.is_symlink()
    }
    return {path: names for path, names in found.items() if names}


def readable_by_others(
    root: Path, secrets: Mapping[str, bytes], *, since: float, without: tuple[Path, ...] = ()
) -> dict[Path, set[str]]:
    """Return the files changed after `since` that hold a secret and that others can read."""
    found = {path: in_file(path, secrets) for path in _open_files(root, since, without)}
    return {path: names for path, names in found.items() if names}


def _open_files(root: Path, since: float, without: tuple[Path, ...]) -> Iterator[Path]:
    device = root.stat().st_dev
    pending = [root]
    while pending:
        directory = pending.pop()
        try:
            entries = list(os.scandir(directory))
        except OSError:
            continue
        for entry in entries:
            try:
                found = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue  # what is gone holds no secret
            path = Path(entry.path)
            if stat.S_ISDIR(found.st_mode):
                # A directory that others may not enter hides what is in it.
                if found.st_mode & stat.S_IXOTH and found.st_dev == device and path not in without:
                    pending.append(path)
            elif stat.S_ISREG(found.st_mode) and found.st_mode & stat.S_IROTH and found.st_ctime >= since:
                yield path
