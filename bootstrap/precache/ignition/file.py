"""Files that hold overrides: judged, and corrected where they are or beside it."""

from __future__ import annotations

import os
import shlex
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bootstrap.cluster.read import read_text
from bootstrap.cluster.take_away import TakeAway, Written, write
from bootstrap.credentials import files
from bootstrap.errors import BootstrapError, ConfigError
from bootstrap.precache.ignition.correct import Corrected, Override, read_overrides

COMMAND = "precache ignition"
_MOST_BYTES = 16 * 1024 * 1024  # an object of Kubernetes has a twelfth of that at most


@dataclass(frozen=True)
class Judged:
    """What was found in a file, and what was done about it.

    Attributes:
        backup: What the file was, where it was changed in its place.
        written: What was written elsewhere.
        is_corrected: Whether it was to be corrected.
    """

    file: Path
    overrides: tuple[Override, ...]
    is_corrected: bool = False
    backup: Path | None = None
    written: Written | None = None

    @property
    def problems(self) -> tuple[BootstrapError, ...]:
        """What is wrong still, as one problem; the defects themselves are in the result."""
        count = sum(len(each.left if self.is_corrected else each.defects) for each in self.overrides)
        if not count:
            return ()
        if self.is_corrected:
            return (
                ConfigError(
                    f"{self.file} has {count} {_defects(count)} that only you can correct",
                    why="they are in what is yours, or cannot be told from what you mean",
                    fix="each has its fix in the list of defects",
                ),
            )
        name = "standard input" if str(self.file) == "-" else self.file
        ours = any(defect.is_corrected for each in self.overrides for defect in each.defects)
        file = "FILE" if str(self.file) == "-" else shlex.quote(str(self.file))
        return (
            ConfigError(
                f"the Ignition overrides in {name} have {count} {_defects(count)}",
                why="nodes would not load what they should, or nothing would be rendered for them",
                fix=f"`bootstrap-registry precache ignition --correct {file}` corrects what can be"
                if ours
                else "only you can correct that: each has its fix in the list of defects",
            ),
        )


def check_file(path: Path) -> Judged:
    """Judge every override in a file, or (``-``) on standard input.

    Raises:
        ConfigError: It cannot be used, or there is no override in it.
        HostError: It cannot be read.
    """
    text = read_text(path) if str(path) == "-" else _text(path)[1]
    return Judged(path, read_overrides(text, "standard input" if str(path) == "-" else str(path)).overrides)


def correct_file(path: Path, *, label: str | None = None, out: Path | None = None) -> Judged:
    """Correct every override in a file; everything else in it stays as it is, byte for byte.

    Args:
        path: The file. What it was is kept beside it as ``NAME.~1~``.
        label: Name of the partition, where another is wanted than the one they have.
        out: Write it there instead, with each override by itself as ``STAGE.ign``.

    Raises:
        ConfigError: It cannot be used, or there is no override in it.
        HostError: It cannot be read or written.
    """
    content, text = _text(path)
    found = read_overrides(text, str(path), label=label)
    if out is not None:
        written = write(out, TakeAway(_files(path, found)), COMMAND)
        return Judged(path, found.overrides, is_corrected=True, written=written)
    real = path.resolve()
    if found.text == text:
        return Judged(path, found.overrides, is_corrected=True)
    if not os.access(real, os.W_OK):
        raise ConfigError(
            f"not correcting {path}",
            why="it is write-protected",
            fix="give --out DIRECTORY, or make it writable",
        )
    status = real.stat()
    mode, owner = status.st_mode & 0o777, (status.st_uid, status.st_gid)
    number = 1
    while (backup := real.with_name(f"{real.name}.~{number}~")).exists():
        number += 1
    files.replace(backup, content, mode, owner=owner)
    try:
        files.replace(real, found.text.encode(), mode, owner=owner)
    except BaseException:
        backup.unlink(missing_ok=True)
        raise
    return Judged(path, found.overrides, is_corrected=True, backup=backup)


def _text(path: Path) -> tuple[bytes, str]:
    """Return the file's bytes, and the same as text."""
    real = path.resolve()
    if not real.is_file() or real.stat().st_size > _MOST_BYTES:
        why = f"it has more than {_MOST_BYTES} bytes" if real.is_file() else "there is no such file"
        raise ConfigError(
            f"cannot use {path}",
            why="it is a directory" if real.is_dir() else why,
            fix="give a config.ign, a ClusterInstance, a SiteConfig, an InfraEnv or a BareMetalHost",
        )
    content = files.read(real)
    assert content is not None, "it was there a moment ago"
    try:
        return content, content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"cannot use {path}", why=f"byte {error.start} is not UTF-8", fix="save it as UTF-8"
        ) from None


def _files(path: Path, found: Corrected) -> dict[str, str]:
    """Return the whole text by its file's name, then each override by its stage's."""
    named = {path.name: found.text}
    if not all(each.place for each in found.overrides):
        return named  # it is the override
    seen: Counter[str] = Counter()
    for override in found.overrides:
        stage = "-".join(override.stages) or "other"
        seen[stage] += 1
        number = f"-{seen[stage]}" if seen[stage] > 1 else ""
        named.setdefault(f"{stage}{number}.ign", override.text)
    return named


def _defects(count: int) -> str:
    return "defect" if count == 1 else "defects"
