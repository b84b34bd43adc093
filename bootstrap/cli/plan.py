"""The command ``plan``: its options, and its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bootstrap.cli.host_key import AcceptHostKey
from bootstrap.cli.request import ExtraVars, Inventory, Json, NoColor, Request, VaultPasswordFile, Verbose
from bootstrap.cli.session import Look, execute
from bootstrap.cli.table import table
from bootstrap.cli.units import bytes_text, seconds_text

if TYPE_CHECKING:
    from bootstrap.workflow.plan import Line, Planned

Images = Annotated[bool, typer.Option("--images", help="A line for every single image, too.")]


def plan(
    inventory: Inventory,
    images: Images = False,
    extra_vars: ExtraVars = None,
    vault_password_file: VaultPasswordFile = None,
    accept_host_key: AcceptHostKey = None,
    verbose: Verbose = 0,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Say what a run would move, what it takes of each disk, and how long; change nothing."""
    from bootstrap.workflow.check_files import file_problems
    from bootstrap.workflow.plan import plan as run

    request = Request(inventory, None, extra_vars, vault_password_file, accept_host_key)
    execute(
        "plan",
        Look.of(json=json, no_color=no_color, verbose=verbose),
        lambda progress: run(request.site(file_problems), progress),
        lambda found: planned_text(found, images=images),
        problems_of=lambda found: found.problems,
        accept=request.accept,
        inventory=request.inventory,
    )


def planned_text(found: Planned, *, images: bool = False) -> str:
    """Return the plan as tables; what stands against it is told as problems.

    Args:
        found: The plan.
        images: With a table of all images.
    """
    locations = [str(registry["registry"]) for registry in found.registries]
    parts = [_lines("IMAGE", found.images, locations)] if images else []
    parts += [
        _lines("CONTENT", found.content, locations),
        "OWN and TO MOVE add up: what several have stands in a line of its own, and moves once.\n",
        _disks(found.file_systems),
        f"engine: {found.engine}: {found.engine_reason}\ntime: {_time(found.estimate)}\n",
    ]
    parts += [f"note: {warning}\n" for warning in found.warnings]
    return "\n".join(part for part in parts if part)


def _lines(name: str, lines: tuple[Line, ...], locations: list[str]) -> str:
    head = [name, "IMAGES", "BLOBS", "SIZE", "OWN"]
    head += [f"TO MOVE: {location}" for location in locations] if len(locations) > 1 else ["TO MOVE"]
    rows = [
        [
            str(line["name"]),
            str(line["images"] or ""),
            str(line["blobs"]),
            bytes_text(line["bytes"]),
            bytes_text(line["own_bytes"]),
            *(bytes_text(lack["own_bytes"]) if lack["own_bytes"] else "-" for lack in line["missing"]),
        ]
        for line in lines
    ]
    return table(head, rows, right=range(1, len(head)))


def _disks(systems: tuple[Line, ...]) -> str:
    rows = []
    for system in systems:
        free = "not known" if system["bytes_free"] is None else bytes_text(system["bytes_free"])
        figures = [bytes_text(system["bytes_needed"]), free]
        for use in system["uses"]:
            where = f"{use['what']} ({use['path']})" if use["path"] else str(use["what"])
            rows.append([where if figures[1] else f"  and {where}", bytes_text(use["bytes"]), *figures])
            figures = ["", ""]
    head = ["DISK OF", "WILL TAKE", "HAS TO BE FREE", "IS FREE"]
    return table(head, rows, right=(1, 2, 3)) if rows else ""


def _time(estimate: Line) -> str:
    if estimate["seconds"] is None:
        return "no earlier run to go by"
    if not estimate["seconds"]:
        return "nothing has to be moved"
    speed = bytes_text(estimate["bytes_per_second"])
    runs = "the last run" if estimate["runs"] == 1 else f"the last {estimate['runs']} runs"
    return f"about {seconds_text(estimate['seconds'])} to move it, at {speed}/s as in {runs}"
