"""``bootstrap-registry precache partition``."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bootstrap.cli.confirm import confirm_by_name
from bootstrap.cli.request import Json, NoColor
from bootstrap.cli.session import Look, execute

if TYPE_CHECKING:
    from bootstrap.precache.partition.device import Device
    from bootstrap.precache.partition.make import Made
    from bootstrap.precache.partition.plan import Plan

Erase = Annotated[
    str | None,
    typer.Option(
        metavar="SERIAL",
        help="All that is on the disk of this serial number may go (or WWN; a path where it has neither).",
        show_default=False,
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def partition(
    device: Annotated[
        Path, typer.Argument(help="A disk, or a file that becomes the image of one.", show_default=False)
    ],
    label: Annotated[str, typer.Option(help="The partition's name, by which nodes find it.")] = "data",
    size: Annotated[
        str | None,
        typer.Option(help="As 300GiB, or all. Default: what is there, or else 250GiB.", show_default=False),
    ] = None,
    number: Annotated[int, typer.Option(help="The partition's number.")] = 1,
    erase: Erase = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done.")] = False,
    yes: Yes = False,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Make the partition for a site's images at the end of a disk; shows what it does, and asks first."""
    from bootstrap.precache.partition import tools
    from bootstrap.precache.partition.make import Made, make, survey
    from bootstrap.precache.partition.plan import Wanted
    from bootstrap.precache.partition.sizes import read_size

    def do(_progress: object) -> Made:
        wanted = Wanted(label, None if size is None else read_size(size), number, erase)
        tools.require()
        if dry_run:
            found = survey(device, wanted)
            return Made(found.device, found.partition, found.steps, False)
        return make(device, wanted, lambda found: confirm(found, is_asking=not yes))

    execute(
        "precache partition",
        Look.of(json=json, no_color=no_color, verbose=0),
        do,
        made_text,
        on_interrupt="the same command again goes on from there.",
    )


def confirm(found: Plan, *, is_asking: bool) -> None:
    """Show what will be done to a disk, and ask.

    Raises:
        ConfigError: The user did not agree, or nobody is there to be asked.
    """
    tell(found, "will do:")
    if is_asking:
        device = found.device
        name = device.names[0] if found.is_erasing else str(device.path)
        what = (
            f"This erases everything on {device.path}"
            if found.is_erasing
            else f"This writes to {device.path}"
        )
        confirm_by_name(name, what, "writing to")


def tell(found: Plan, title: str = "would do:") -> None:
    """Show on standard error what is done to a disk."""
    lines = ["", *_device_lines(found.device), title, *(f"  - {step}" for step in found.steps)]
    sys.stderr.write("\n".join(lines) + "\n")
    sys.stderr.flush()


def made_text(made: Made) -> str:
    """Return what is there now, or would be."""
    from bootstrap.precache.partition.sizes import gib

    it = made.partition
    if made.steps and not made.changed:
        steps = [f"  - {step}" for step in made.steps]
        return "\n".join([*_device_lines(made.device), "would do:", *steps]) + "\n"
    how = "made" if made.changed else "there already, and left as it is"
    return (
        f"{made.device.path}: partition {it.number}, {it.name}: {gib(it.size)}, {it.content}: {how}\n"
        "fill it: bootstrap-registry precache disk -i INVENTORY --site FILE "
        f"--to {shlex.quote(str(made.device.path))}\n"
    )


def _device_lines(device: Device) -> list[str]:
    from bootstrap.precache.partition.sizes import gib

    kind = "image of a disk" if device.is_file else device.model or "disk of no known model"
    named = [f"serial number {device.serial}"] if device.serial else []
    named += [f"WWN {device.wwn}"] if device.wwn else []
    head = ", ".join([f"{device.path}: {kind}", gib(device.size), *named])
    lines = [f"  {line}" for line in device.contents] or ["  nothing on it"]
    return [head, *lines]
