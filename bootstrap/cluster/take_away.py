"""Files that users take away: written whole, again at will, and never over the user's own.

What we wrote there is noted, with its hashes, in ``.bootstrap-registry.json``: a file that somebody changed
since, or that was never ours, is left alone and named.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from bootstrap.cluster.mirror_sets import to_yaml
from bootstrap.credentials import files
from bootstrap.errors import ConfigError, HostError, Problems

NOTE = ".bootstrap-registry.json"
_PUBLIC_FILE, _PRIVATE_FILE = 0o644, 0o600


@dataclass(frozen=True)
class TakeAway:
    """What one command gives.

    Attributes:
        files: Text by relative path, in the order in which they are used.
        private: Paths of those that hold secrets: they are written 0600, and printed only when asked for.
        executable: Paths of scripts.
        notes: What the user should know or do next, a sentence each.
    """

    files: Mapping[str, str] = field(repr=False)
    private: frozenset[str] = frozenset()
    executable: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    @classmethod
    def of_objects(
        cls, by_file: Mapping[str, Sequence[Mapping[str, Any]]], notes: Sequence[str] = ()
    ) -> TakeAway:
        """Return Kubernetes objects as files of YAML; a file with a Secret in it is private."""
        kept = {name: items for name, items in by_file.items() if items}
        secret = frozenset(
            name for name, items in kept.items() if any(item["kind"] == "Secret" for item in items)
        )
        return cls({name: to_yaml(items) for name, items in kept.items()}, secret, notes=tuple(notes))


@dataclass(frozen=True)
class Written:
    """What writing a take-away changed.

    Attributes:
        changed: Paths of files that are new or other than before.
        removed: Paths of files of an earlier time that are not given any more.
    """

    directory: Path
    files: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


def write(directory: Path, given: TakeAway) -> Written:
    """Write ``given`` to ``directory`` (made when missing); files given before and no more are removed.

    Raises:
        ConfigError: (several as ``Problems``) A file there is the user's own; then nothing is written.
        HostError: The directory cannot be written.
    """
    before = _note(directory)
    _refuse_foreign(directory, given, before)
    changed = []
    try:
        for name, text in given.files.items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            mode = _PRIVATE_FILE if name in given.private else _PUBLIC_FILE
            mode |= 0o100 if name in given.executable else 0
            if files.replace(path, text.encode(), mode):
                changed.append(name)
        removed = [name for name in before if name not in given.files and (directory / name).exists()]
        for name in removed:
            (directory / name).unlink()
            _remove_empty(directory, (directory / name).parent)
        hashes = {name: _hash(text.encode()) for name, text in sorted(given.files.items())}
        files.replace(directory / NOTE, (json.dumps(hashes, indent=1) + "\n").encode(), _PUBLIC_FILE)
    except OSError as error:
        raise HostError(
            f"cannot write {directory}",
            why=error.strerror or str(error),
            fix="free space there, or make it writable to you",
        ) from error
    return Written(directory, tuple(given.files), tuple(changed), tuple(removed))


def _refuse_foreign(directory: Path, given: TakeAway, before: Mapping[str, str]) -> None:
    """Refuse to lose what somebody else wrote.

    Raises:
        ConfigError: (several as ``Problems``) A file is there and is not as we wrote it.
    """
    problems = []
    for name in dict.fromkeys((*given.files, *before)):
        assert not PurePosixPath(name).is_absolute(), name
        assert ".." not in PurePosixPath(name).parts, name
        path = directory / name
        content = files.read(path)
        text = given.files.get(name)
        if content is None or _hash(content) == before.get(name):
            continue
        if text is not None and content == text.encode():
            continue
        state = "it was changed since it was written" if name in before else "it is not from here"
        problems.append(
            ConfigError(
                f"not writing {path}",
                why=state,
                fix="move it away, or give another directory with --out",
            )
        )
    if problems:
        raise problems[0] if len(problems) == 1 else Problems(problems)


def _note(directory: Path) -> dict[str, str]:
    content = files.read(directory / NOTE)
    try:
        found = json.loads(content) if content is not None else {}
    except ValueError:
        return {}  # then nothing there counts as ours
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _remove_empty(top: Path, directory: Path) -> None:
    while directory != top and not any(directory.iterdir()):
        directory.rmdir()
        directory = directory.parent
