"""``resources install-config``: a user's file, so that a cluster is installed from the mirror."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from bootstrap.cluster.given import Given
from bootstrap.cluster.install_config.bundle import expired
from bootstrap.cluster.install_config.edit import BUNDLE, Edit, edited
from bootstrap.cluster.install_config.file import ConfigFile
from bootstrap.cluster.install_config.nodes import read_document
from bootstrap.cluster.install_config.shown import diff
from bootstrap.cluster.install_config.wanted import architectures_of, release_of, wanted_of
from bootstrap.cluster.installer.extract import Extracted, extract
from bootstrap.cluster.installer.programs import platform_of
from bootstrap.errors import ConfigError
from bootstrap.release.version import Version
from bootstrap.site.model import Site
from bootstrap.workflow.given import given_of
from bootstrap.workflow.progress import Progress, Silent

_SILENT = Silent()


@dataclass(frozen=True)
class Edited:
    """What became of the file.

    Attributes:
        file: The file; a symbolic link was followed.
        release: Version of the release that it is for.
        architecture: Of that release; ``multi`` for several.
        section: Where the mirrors are: ``imageDigestSources`` or ``imageContentSources``.
        is_changed: Whether anything is other than before, its permissions included.
        is_written: False for a dry run.
        backup: What it was before, when its text has changed.
        diff: What changes, without secrets.
        notes: What the user should look at.
        installers: The programs that were extracted.
    """

    file: Path
    release: str
    architecture: str
    section: str
    is_changed: bool
    is_written: bool
    backup: Path | None
    diff: str
    notes: tuple[str, ...]
    installers: tuple[Extracted, ...]


@dataclass(frozen=True)
class Installer:
    """Where the release's installer is to go.

    Attributes:
        directory: Made when missing.
        platform: Where it is to run; None is the machine that this runs on.
    """

    directory: Path
    platform: str | None = None


def edit_install_config(
    site: Site,
    path: Path,
    *,
    version: str | None = None,
    dry_run: bool = False,
    installer: Installer | None = None,
    progress: Progress = _SILENT,
) -> Edited:
    """Put the site's trust, mirrors and credentials into the install-config at ``path``.

    Args:
        site: Whose mirror it is.
        path: The user's file.
        version: Of the release to install; None is the newest that is mirrored for its machines.
        dry_run: Change nothing, extract nothing.
        installer: Extract the release's installer, before the file is touched.
        progress: Told what is being done.

    Raises:
        ConfigError: (several as ``Problems``) The file cannot be read, or the installer would refuse it.
        HostError: Nothing is mirrored, the mirror host cannot be asked, or a file not be written.
        RegistryError, TransferError, VerificationError: The installer cannot be extracted.
        Busy: Somebody has changed the file meanwhile.
    """
    _check_version(version)
    if installer is not None:
        platform_of(installer.platform)
    file = ConfigFile.read(path)
    text = file.text()
    data = read_document(text, str(path)).data
    given = given_of(site)
    release = release_of(given, version, architectures_of(data))
    wanted = wanted_of(given, release.version)
    edit = edited(text, wanted, str(path))
    programs: tuple[Extracted, ...] = ()
    if installer is not None and not dry_run:
        where = installer.directory.expanduser()
        programs = extract(given, release, where, platform=installer.platform, progress=progress.phase)
    changed, backup = (edit.after.text != text, None) if dry_run else file.replace(edit.after.text)
    return Edited(
        file.path,
        release.version,
        release.architecture,
        wanted.section,
        changed,
        not dry_run,
        backup,
        diff(edit, str(path)),
        _notes(edit, given),
        programs,
    )


def _check_version(version: str | None) -> None:
    try:
        Version.parse(version or "4.14.0")
    except ValueError as error:
        raise ConfigError("cannot use --release", why=str(error), fix="write it in full: 4.20.9") from error


def _notes(edit: Edit, given: Given) -> tuple[str, ...]:
    """Return what to look at: what the edit says, what is over, and what nobody knows."""
    over = expired(str(edit.after.data[BUNDLE]), dt.datetime.now(dt.UTC))
    found = [f"{BUNDLE}: the certificate {name} is expired" for name in over]
    found += [
        f"pullSecret: no credentials of {location} are known here"
        for location in given.registries
        if location not in given.auths
    ]
    return (*edit.notes, *found)
