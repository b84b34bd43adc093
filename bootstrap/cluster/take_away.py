"""Files that users take away: written whole, again at will, and never over the user's own.

What we wrote in a directory is noted there, with its hashes and by whom (``.bootstrap-registry-files``): a
file that somebody changed since, or that was never ours, is left alone and named. Several commands may share
a directory: each removes only what it gave itself.
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

NOTE = ".bootstrap-registry-files"  # JSON; `oc apply -f DIRECTORY` takes files with that suffix for objects
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


def write(directory: Path, given: TakeAway, command: str) -> Written:
    """Write ``given`` to ``directory`` (made when missing); what ``command`` gives no more is removed.

    Args:
        directory: Where to write; other commands may have written there, too.
        given: The files.
        command: Who gives them: ``resources trust``.

    Raises:
        ConfigError: (several as ``Problems``) It is no directory, or a file there is the user's own, or
            another command's; then nothing is written.
        HostError: The directory cannot be written.
    """
    if directory.exists() and not directory.is_dir():
        raise ConfigError(
            f"cannot write files into {directory}",
            why="it is no directory",
            fix="give another name with --out: a directory, which is made when it is missing",
        )
    note = _note(directory)
    before = note.pop(command, {})
    _refuse_foreign(directory, given, before, note)
    changed = []
    try:
        for name, text in given.files.items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            mode = _PRIVATE_FILE if name in given.private else _PUBLIC_FILE
            mode |= 0o100 if name in given.executable else 0
            if files.replace(path, text.encode(), mode):
                changed.append(name)
        kept = {*given.files, *(name for others in note.values() for name in others)}
        removed = [name for name in before if name not in kept and (directory / name).exists()]
        for name in removed:
            (directory / name).unlink()
            _remove_empty(directory, (directory / name).parent)
        note[command] = {name: _hash(text.encode()) for name, text in given.files.items()}
        content = json.dumps(note, indent=1, sort_keys=True) + "\n"
        files.replace(directory / NOTE, content.encode(), _PUBLIC_FILE)
    except OSError as error:
        raise HostError(
            f"cannot write {directory}",
            why=error.strerror or str(error),
            fix="free space there, or make it writable to you",
        ) from error
    return Written(directory, tuple(given.files), tuple(changed), tuple(removed))


def _refuse_foreign(
    directory: Path, given: TakeAway, before: Mapping[str, str], others: Mapping[str, Mapping[str, str]]
) -> None:
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
        command = next((each for each, theirs in others.items() if name in theirs), "")
        state = "it was changed since it was written" if name in before else "it is not from here"
        problems.append(
            ConfigError(
                f"not writing {path}",
                why=f"it is what `{command}` wrote" if command and name not in before else state,
                fix="move it away, or give another directory with --out",
            )
        )
    if problems:
        raise problems[0] if len(problems) == 1 else Problems(problems)


def _note(directory: Path) -> dict[str, dict[str, str]]:
    """Return the hashes of what was written, by command and path."""
    content = files.read(directory / NOTE)
    try:
        found = json.loads(content) if content is not None else {}
    except ValueError:
        return {}  # then nothing there counts as ours
    by_command = found.items() if isinstance(found, dict) else ()
    return {
        str(command): {str(name): str(value) for name, value in theirs.items()}
        for command, theirs in by_command
        if isinstance(theirs, dict)
    }


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _remove_empty(top: Path, directory: Path) -> None:
    while directory != top and not any(directory.iterdir()):
        directory.rmdir()
        directory = directory.parent
