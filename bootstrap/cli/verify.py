"""The command ``verify``: its options, and its table."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bootstrap.cli.host_key import AcceptHostKey
from bootstrap.cli.request import (
    GOES_ON,
    STOPPED,
    ExtraVars,
    Inventory,
    Json,
    NoColor,
    Request,
    VaultPasswordFile,
    Verbose,
)
from bootstrap.cli.session import Look, execute
from bootstrap.cli.table import table
from bootstrap.cli.units import bytes_text, seconds_text
from bootstrap.workflow.progress import Progress

if TYPE_CHECKING:
    from bootstrap.workflow.verify import Verified

Deep = Annotated[bool, typer.Option("--deep", help="Read and hash every blob, too.")]
Repair = Annotated[bool, typer.Option("--repair", help="Mirror again what is missing or broken.")]
Junit = Annotated[
    Path | None,
    typer.Option("--junit", metavar="FILE", help="Also write a JUnit XML report: a test case an image."),
]


def verify(
    inventory: Inventory,
    deep: Deep = False,
    repair: Repair = False,
    junit: Junit = None,
    extra_vars: ExtraVars = None,
    vault_password_file: VaultPasswordFile = None,
    accept_host_key: AcceptHostKey = None,
    verbose: Verbose = 0,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Check every mirrored image at every registry, where clusters look for it, by its digests."""
    from bootstrap.cli import junit as report
    from bootstrap.workflow.verify import verify as run

    request = Request(inventory, None, extra_vars, vault_password_file, accept_host_key)

    def do(progress: Progress) -> Verified:
        if junit is not None:
            report.refuse_unwritable(junit)
        done = run(request.site(), progress, deep=deep, repairs=repair)
        if junit is not None:
            report.write(junit, done)
        return done

    execute(
        "verify",
        Look.of(json=json, no_color=no_color, verbose=verbose),
        do,
        verified_text,
        problems_of=lambda done: done.problems,
        on_interrupt=STOPPED.format(shlex.quote(str(inventory))),
        on_leaving=GOES_ON.format(shlex.quote(str(inventory))),
        accept=request.accept,
        inventory=request.inventory,
    )


def verified_text(done: Verified) -> str:
    """Return how the images are, by registry and content; what is broken is told as problems."""
    rows = []
    for registry in done.registries:
        images = [image for image in done.images if image.registry == registry["registry"]]
        for group in dict.fromkeys(image.group for image in images):
            ours = [image for image in images if image.group == group]
            size = bytes_text(sum(image.bytes for image in ours))
            wrong = (sum(image.outcome == each for image in ours) for each in ("broken", "unchecked"))
            rows.append(
                (registry["registry"], group, str(len(ours)), size, *(str(each or "-") for each in wrong))
            )
    lines = [
        f"{registry['registry']}: {registry['images']} images are as the ledger says"
        f"{_broken(registry.get('broken', 0))}{_unchecked(registry.get('unchecked', 0))}"
        f"{_read(registry.get('bytes_read', 0))}"
        f" ({seconds_text(registry['seconds'])})"
        for registry in done.registries
    ]
    head = ("REGISTRY", "CONTENT", "IMAGES", "SIZE", "BROKEN", "UNCHECKED")
    shown = table(head, sorted(rows, key=_releases_first), right=(2, 3, 4, 5)) + "\n" if rows else ""
    return shown + "\n".join(lines) + "\n"


def _releases_first(row: Sequence[str]) -> tuple[str, bool, str]:
    return row[0], not row[1].startswith("release "), row[1]


def _broken(number: int) -> str:
    return f", {number} are NOT" if number else ""


def _unchecked(number: int) -> str:
    return f", {number} could not be checked" if number else ""


def _read(size: int) -> str:
    return f", {bytes_text(size)} read and hashed" if size else ""
