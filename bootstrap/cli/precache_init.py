"""``bootstrap-registry precache init``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from bootstrap.cli.request import Json, NoColor
from bootstrap.cli.session import Look, execute


def init(
    file: Annotated[Path, typer.Argument(help="The file to make.")] = Path("edge-site.yaml"),
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Write a commented file of an edge site to begin with; no file is written over."""
    from bootstrap.precache.example import write_example

    def show(path: Path) -> str:
        name = shlex.quote(str(path))
        return (
            f"wrote {name}\nedit it, then: bootstrap-registry precache instance --site {name} "
            "-i INVENTORY --out DIRECTORY\n"
        )

    look = Look.of(json=json, no_color=no_color, verbose=0)
    execute("precache init", look, lambda _progress: write_example(file), show)
