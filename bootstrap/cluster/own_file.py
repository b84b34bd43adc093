"""A user's own short file of YAML: whatever is in it, it is read or refused, and never quoted from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bootstrap.errors import ConfigError, HostError
from bootstrap.imageset.document import UNREADABLE, load, why_unreadable
from bootstrap.imageset.fields import Fields, Problems


def read_own_file(path: Path, what: str, *, known: Sequence[str], fix: str) -> tuple[Fields, Problems]:
    """Return the mapping that the file is, and what is wrong with it so far.

    Args:
        path: Of the file.
        what: It holds, for messages.
        known: Keys that may be there.
        fix: What to do where it cannot be read.

    Raises:
        ConfigError: It cannot be read, or is not YAML.
    """
    try:
        value, duplicates = load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"cannot read {what} in {path}", why=why, fix=fix) from error
    except UNREADABLE as error:
        raise ConfigError(
            f"cannot use {path}",
            why=f"it is not YAML: {why_unreadable(error)}",
            fix="correct the syntax at that place",
        ) from None  # what the library says repeats the line, and that may have a password
    problems = Problems()
    for key, line in duplicates:
        problems.add(f"line {line}", f"the key {key} is there twice in one mapping")
    return Fields({} if value is None else value, "", problems, known=known), problems


def raise_wrong(path: Path, problems: Problems, page: str) -> None:
    """Refuse the file when anything is wrong with it.

    Raises:
        ConfigError: ``why`` has a line for each problem.
    """
    if problems.lines:
        raise ConfigError(
            f"cannot use {path}",
            why="\n".join(problems.lines),
            fix=f"correct these entries; {page} has every key",
        )


def write_new(path: Path, text: str) -> Path:
    """Write a file to begin with (its directory is made when missing), and never over another.

    Raises:
        ConfigError: There is one.
        HostError: It cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise ConfigError(
            f"not writing {path}", why="it is there already", fix="give another name, or edit it"
        ) from error
    except OSError as error:
        raise HostError(
            f"cannot write {path}",
            why=error.strerror or str(error),
            fix="free space there, or make its directory writable to you",
        ) from error
    return path
