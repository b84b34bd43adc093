"""``bootstrap-registry resources install-config``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bootstrap.cli.host_key import AcceptHostKey
from bootstrap.cli.request import ExtraVars, Inventory, Json, NoColor, Request, VaultPasswordFile
from bootstrap.cli.session import Look, execute
from bootstrap.errors import ConfigError

if TYPE_CHECKING:
    from bootstrap.workflow.install_config import Edited
    from bootstrap.workflow.progress import Progress


def install_config(
    file: Annotated[Path, typer.Argument(help="The install-config.yaml to edit.", show_default=False)],
    inventory: Inventory,
    release: Annotated[
        str | None,
        typer.Option(
            "--release",
            metavar="VERSION",
            help="The release to install. Default: the newest that is mirrored for the file's machines.",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change, and write nothing.")
    ] = False,
    installer: Annotated[
        Path | None,
        typer.Option(
            "--installer",
            metavar="DIR",
            help="Extract openshift-install, and openshift-baremetal-install where the release has it, into "
            "this directory: out of the mirror, and pinned to the release.",
            show_default=False,
        ),
    ] = None,
    platform: Annotated[
        str | None,
        typer.Option(
            help="Where the installer is to run: linux/arm64, mac/arm64 … Default: as this machine.",
            show_default=False,
        ),
    ] = None,
    extra_vars: ExtraVars = None,
    vault_password_file: VaultPasswordFile = None,
    accept_host_key: AcceptHostKey = None,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Put the mirror's trust, mirrors and pull secret into an install-config.yaml, keeping all else."""
    from bootstrap.workflow.install_config import Installer, edit_install_config

    request = Request(inventory, None, extra_vars, vault_password_file, accept_host_key)

    def do(progress: Progress) -> Edited:
        if platform is not None and installer is None:
            raise ConfigError(
                "cannot use --platform alone",
                why="it says where the installer is to run, and --installer does not ask for one",
                fix="give --installer DIR, too, or leave --platform out",
            )
        programs = None if installer is None else Installer(installer, platform)
        return edit_install_config(
            request.site(), file, version=release, dry_run=dry_run, installer=programs, progress=progress
        )

    execute(
        "resources install-config",
        Look.of(json=json, no_color=no_color, verbose=0),
        do,
        edited_text,
        accept=request.accept,
        inventory=request.inventory,
    )


def edited_text(edited: Edited) -> str:
    """Return it for a person: the diff, then what was done, then what to look at."""
    kind = "" if edited.architecture == "amd64" else f" ({edited.architecture})"
    told = f"{edited.file}: for release {edited.release}{kind}, {edited.section}"
    if not edited.is_changed:
        lines = [f"{told}: nothing to change"]
    elif not edited.is_written:
        lines = [f"{told}: would change"]
    elif edited.backup is None:
        lines = [f"{told}: only its permissions changed, to 0600"]
    else:
        lines = [f"{told}: changed, and 0600", f"what it was: {edited.backup}"]
    lines += [
        f"{each.path}: installs {each.version} ({each.release_image}); for {each.platform}, by {each.by}"
        for each in edited.installers
    ]
    return edited.diff + "".join(f"{line}\n" for line in (*lines, *edited.notes))
