"""``precache instance --into FILE``: judged and patched in place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bootstrap.cluster.install_config.file import ConfigFile
from bootstrap.errors import BootstrapError, ConfigError, Problems
from bootstrap.precache.ignition.overrides import Overrides
from bootstrap.precache.instance.defect import Defect, text
from bootstrap.precache.instance.judge import KIND, judged
from bootstrap.precache.instance.patch import corrected, patched
from bootstrap.precache.instance.shown import diff
from bootstrap.precache.instance.site_config import judged_site_config


@dataclass(frozen=True)
class Edited:
    """What became of the file.

    Attributes:
        file: The file; a symbolic link was followed.
        is_changed: Whether its text is other than before.
        is_written: False for a dry run.
        backup: What it was before, when it has changed.
        fields: What was set.
        corrected: What was wrong with the overrides before.
        diff: What changes, without the content of files.
        notes: What else is wrong with it, or should not be so.
    """

    file: Path
    is_changed: bool
    is_written: bool
    backup: Path | None
    fields: tuple[str, ...]
    corrected: tuple[str, ...]
    diff: str
    notes: tuple[str, ...]


def edit_file(path: Path, ours: Overrides, *, dry_run: bool, despite_defects: bool) -> Edited:
    """Put overrides and installerArgs into the ClusterInstances or SiteConfigs of the file at ``path``.

    Args:
        path: The user's file.
        ours: What is put.
        dry_run: Change nothing.
        despite_defects: Let other defects be notes.

    Raises:
        ConfigError: (several as ``Problems``) It cannot be read or merged with, or has other defects.
        HostError: It cannot be written; then it is as it was.
        Busy: Somebody has changed it meanwhile.
    """
    file = ConfigFile.read(path, "ClusterInstance")
    before = file.text()
    made = patched(before, ours, str(path))
    defects = [
        each
        for item in made.items
        for each in (judged(item) if text(item, "kind") == KIND else judged_site_config(item))
    ]
    if not despite_defects:
        raise_defects(defects, str(path))
    is_changed, backup = (made.text != before, None) if dry_run else file.replace(made.text, is_private=False)
    return Edited(
        file.path,
        is_changed,
        not dry_run,
        backup,
        tuple(each.place for each in made.changes),
        corrected(made.changes),
        diff(made.changes, str(path)),
        notes_of(defects),
    )


def notes_of(defects: Iterable[Defect]) -> tuple[str, ...]:
    """Return defects as sentences."""
    return tuple(f"{each.path}: {each.why}; {each.fix}" for each in defects)


def raise_defects(defects: Iterable[Defect], name: str) -> None:
    """Refuse what has defects.

    Raises:
        ConfigError: (several as ``Problems``) It has some that keep it from working.
    """
    found: list[BootstrapError] = [
        ConfigError(f"{name}: {each.path} will not do", why=each.why, fix=each.fix)
        for each in defects
        if each.is_error
    ]
    if found:
        raise found[0] if len(found) == 1 else Problems(found)
