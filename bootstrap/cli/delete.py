"""The command ``delete``: what goes is shown, and deleted when the user says so."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from bootstrap.cli.confirm import confirm_by_name
from bootstrap.cli.host_key import AcceptHostKey
from bootstrap.cli.request import (
    GOES_ON,
    STOPPED,
    ExtraVars,
    Inventory,
    Json,
    Limit,
    NoColor,
    Request,
    VaultPasswordFile,
    Verbose,
)
from bootstrap.cli.session import Look, execute
from bootstrap.cli.units import bytes_text
from bootstrap.workflow.delete import Deleted, ToDelete
from bootstrap.workflow.progress import Progress


def delete(
    file: Annotated[Path, typer.Argument(help="A DeleteImageSetConfiguration.", show_default=False)],
    inventory: Inventory,
    limit: Limit = None,
    extra_vars: ExtraVars = None,
    vault_password_file: VaultPasswordFile = None,
    accept_host_key: AcceptHostKey = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    verbose: Verbose = 0,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Delete images from the registries, by oc-mirror; shows what goes, and asks first."""
    from bootstrap.workflow.check_files import file_problems
    from bootstrap.workflow.delete import delete as run
    from bootstrap.workflow.delete import read

    request = Request(inventory, limit, extra_vars, vault_password_file, accept_host_key)

    def do(progress: Progress) -> Deleted:
        text = read(file)
        site = request.site(file_problems)

        def confirm(found: tuple[ToDelete, ...]) -> None:
            sys.stderr.write(list_text(found))
            sys.stderr.flush()
            if not yes:
                confirm_by_name(
                    site.name,
                    f"This deletes these images from the registries of {site.name}",
                    "deleting from",
                )

        return run(site, text, progress, confirm=confirm, verbosity=verbose)

    execute(
        "delete",
        Look.of(json=json, no_color=no_color, verbose=verbose),
        do,
        text_of,
        on_interrupt=STOPPED.format(shlex.quote(str(inventory))),
        on_leaving=GOES_ON.format(shlex.quote(str(inventory))),
        accept=request.accept,
        inventory=request.inventory,
    )


def list_text(found: tuple[ToDelete, ...]) -> str:
    """Return what goes at each registry, and what stays although it was named."""
    lines = [""]
    for registry in found:
        lines.append(
            f"  {registry.registry}: {len(registry.images)} images to delete, {bytes_text(registry.bytes)} "
            "that nothing else has"
        )
        for each in registry.images:
            joint = "@" if each["reference"] == each["digest"] else ":"
            name = f"{each['repository']}{joint}{each['reference']}"
            lines.append(f"    {bytes_text(each['bytes']):>10}  {each['source']}  ({name})")
            lines += [f"                goes too, the same manifest: {also}" for also in each["also"]]
        lines += [
            f"    warning: stays: {each['destination']}, needed by {', '.join(each['needed_by'])}"
            for each in registry.staying
        ]
        if registry.absent:
            known = f"; what is mirrored forgets {registry.stale} of them" if registry.stale else ""
            lines.append(f"    {registry.absent} images are not there{known}")
    return "\n".join(lines) + "\n"


def text_of(done: Deleted) -> str:
    """Return what was deleted."""
    if not done.run:
        return list_text(done.listed) + "  there is nothing to delete\n"
    lines = ["", *(f"  {registry}: {number} images deleted" for registry, number in done.deleted.items())]
    lines.append("  space comes back only when the registry collects its garbage")
    lines.append("  what the image set still names, the next `mirror` brings back")
    lines.append(f"  cluster resources  {done.resources}{' (changed)' if done.is_new else ''}")
    return "\n".join(lines) + "\n"
