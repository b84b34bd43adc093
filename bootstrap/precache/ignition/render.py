"""The overrides of a site as files that a user takes away."""

from __future__ import annotations

import shlex
from pathlib import Path

from bootstrap.cluster.take_away import TakeAway
from bootstrap.errors import ConfigError
from bootstrap.precache.ignition.overrides import merge, overrides

DISCOVERY_FILE, INSTALL_FILE = "discovery.ign", "install.ign"


def render(label: str, *, discovery: Path | None = None, install: Path | None = None) -> TakeAway:
    """Return both overrides.

    Args:
        label: Name of the partition.
        discovery: A file with an override of the discovery stage that ours goes into.
        install: The same of the install stage.

    Raises:
        ConfigError: The label or a file cannot be used.
    """
    ours = overrides(label)
    args = ", ".join(f'"{each}"' for each in ours.installer_args)
    return TakeAway(
        {
            DISCOVERY_FILE: _into(discovery, ours.discovery) + "\n",
            INSTALL_FILE: _into(install, ours.install) + "\n",
        },
        notes=(
            f"{DISCOVERY_FILE} is spec.ignitionConfigOverride of a ClusterInstance, or of an InfraEnv",
            f"{INSTALL_FILE} is spec.nodes[].ignitionConfigOverride, of each node that has a disk",
            f"spec.nodes[].installerArgs has to keep the partition: '[{args}]'",
        ),
    )


def _into(path: Path | None, ours: str) -> str:
    """Return ``ours`` merged into the override in a file; alone when there is none."""
    if path is None:
        return ours
    try:
        existing = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"cannot read the Ignition config {path}",
            why=getattr(error, "strerror", None) or str(error),
            fix="give a readable file of Ignition: JSON, as ignitionConfigOverride has it",
        ) from error
    try:
        return merge(existing, ours)
    except ConfigError as error:
        error.what = f"{path}: {error.what}"
        error.fix = error.fix.replace("--check FILE", f"--check {shlex.quote(str(path))}")
        raise
