"""``precache instance --into FILE``: judged and patched in place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bootstrap.cluster.install_config.file import ConfigFile
from bootstrap.cluster.install_config.nodes import read_documents
from bootstrap.errors import BootstrapError
from bootstrap.precache.ignition.overrides import Overrides
from bootstrap.precache.instance.patch import corrected, patched
from bootstrap.precache.instance.raising import defects_of_all, notes_of, raise_both, raise_defects
from bootstrap.precache.instance.shown import diff


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
    file = ConfigFile.read(path, "ClusterInstance", is_edited=not dry_run)
    before = file.text()
    try:
        made = patched(before, ours, str(path))
    except BootstrapError as error:
        items = [each.data for each in read_documents(before, str(path))]
        raise_both(error, defects_of_all(items), str(path))
    defects = defects_of_all(made.items)
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
