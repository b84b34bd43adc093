"""Where archives are on the mirror host, and which engine writes and reads them."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap.agent.toolbox import surroundings
from bootstrap.errors import ConfigError
from bootstrap.mirror.checksums import IMAGESET
from bootstrap.mirror.engines.names import EngineName
from bootstrap.mirror.engines.oc_archiver import OcArchiver
from bootstrap.mirror.engines.oc_mirror.archiver import OcMirrorArchiver
from bootstrap.store.oc_directory import ROOT

if TYPE_CHECKING:
    from bootstrap.agent.settings import Settings
    from bootstrap.mirror.engines.interface import Archiver


def directory_of(settings: Settings, words: str) -> Path:
    """Return the directory of archives that ``words`` mean: a name, or a path below that of all.

    Raises:
        ConfigError: The agent may not write there.
    """
    home = settings.state_dir / "archives"
    path = Path(os.path.normpath(home / words))
    if not words or home not in path.parents:
        raise ConfigError(
            f"cannot keep archives in {words or 'no directory'}",
            why=f"all archives are below {home}: a run may write there",
            fix=f"give a name, which stands for {home}/NAME; another disk can be mounted at {home}",
        )
    return path


def engine_for(settings: Settings, directory: Path, *, is_writer: bool) -> tuple[EngineName, str]:
    """Return the engine that writes archives, or that wrote them, and why it is that one."""
    if not is_writer:
        wrote = EngineName.OC if (directory / ROOT).is_dir() else EngineName.OC_MIRROR
        return wrote, "it wrote the archives"
    if settings.engine == EngineName.OC.value:
        return EngineName.OC, "the setting names it"
    return EngineName.OC_MIRROR, "nothing else knows its archives"


def archiver_for(settings: Settings, directory: Path, *, is_writer: bool) -> Archiver:
    """Return what writes or reads the archives in ``directory``.

    Raises:
        ConfigError: It is not installed, or cannot work with that directory.
        TransferError: It does not run.
    """
    around = surroundings(settings)
    name, _ = engine_for(settings, directory, is_writer=is_writer)
    program = around.find(name.value)
    if program is None:
        raise ConfigError(
            "cannot work with archives",
            why=f"{name.value} writes and reads them, and is not installed on the mirror host",
            fix=f"install {name.value} there (role mirror_tools)",
        )
    if name is EngineName.OC:
        return OcArchiver(around, program, directory)
    OcMirrorArchiver.refuse(directory)
    if not is_writer:
        around = replace(around, imageset=directory / IMAGESET)
    return OcMirrorArchiver(around, program, directory, is_writer=is_writer)
