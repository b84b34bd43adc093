"""Archives of ``mirror``: its options for them, and what it says of those it wrote."""

from __future__ import annotations

from typing import Annotated

import typer

from bootstrap.cli.shown import mirrored_text
from bootstrap.cli.units import bytes_text
from bootstrap.errors import ConfigError
from bootstrap.workflow.mirror import Mirrored
from bootstrap.workflow.to_disk import Archived

ToDisk = Annotated[
    str | None,
    typer.Option(
        "--to-disk", metavar="NAME", help="Write archives on the mirror host instead, by oc-mirror or oc."
    ),
]
FromDisk = Annotated[
    str | None,
    typer.Option("--from-disk", metavar="NAME", help="Take such archives, and ask no source."),
]


def refuse_both(to_disk: str | None, from_disk: str | None) -> None:
    """See that at most one is given, and has a name.

    Raises:
        ConfigError: It is not so.
    """
    if to_disk is not None and from_disk is not None:
        raise ConfigError(
            "cannot mirror to disk and from disk at once",
            why="--to-disk and --from-disk are both given",
            fix="run it twice: with the one, and with the other",
        )
    if "" in (to_disk, from_disk):
        raise ConfigError(
            "cannot keep archives without a name",
            why="--to-disk or --from-disk is empty",
            fix="give a name, such as 2026-11",
        )


def text(done: Mirrored | Archived) -> str:
    """Return what a run has done."""
    if isinstance(done, Mirrored):
        return mirrored_text(done)
    lines = ["", f"  archives         {done.host}:{done.directory}; {done.images} images"]
    lines += [f"    {bytes_text(int(each['bytes'])):>10}  {each['name']}" for each in done.files]
    lines += [
        "  copy the whole directory to the mirror host of the other side, below",
        "  mirror_content_state_dir/archives; there: mirror --from-disk NAME",
    ]
    return "\n".join(lines) + "\n"
