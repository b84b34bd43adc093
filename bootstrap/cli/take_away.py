"""What ``resources …`` commands that give files have in common: ``--out``, secrets, how they are shown."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from bootstrap.cli.request import Request
from bootstrap.cli.session import Look, execute
from bootstrap.cluster.given import Given
from bootstrap.cluster.take_away import TakeAway, Written, write
from bootstrap.workflow.given import given_of

Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        help="Write files into this directory, and never over what you changed there. Default: print them.",
        show_default=False,
    ),
]
ShowSecrets = Annotated[
    bool, typer.Option("--show-secrets", help="Print secrets, too; with --out they are written anyway.")
]

_HERE = re.compile(r"(\boc apply [^`;]*-[fk]) \.(?!\S)")  # the directory of the files, before it is known


@dataclass(frozen=True)
class Taken:
    """The result of such a command, as ``--json`` tells it.

    Attributes:
        files: Text by path; None for one with secrets, unless they were asked for.
        written: None without ``--out``.
    """

    files: Mapping[str, str | None]
    notes: tuple[str, ...]
    written: Written | None


def give(
    command: str,
    request: Request,
    look: Look,
    make: Callable[[Given], TakeAway],
    *,
    out: Path | None = None,
    show_secrets: bool = False,
) -> None:
    """Run one command: ask the site, ``make`` the files, print or write them.

    Args:
        command: Its whole name, ``resources trust``.
        request: What the user asked for.
        look: How to show it.
        make: Raises BootstrapError for what cannot be given.
        out: Where to write; None prints.
        show_secrets: Whether files with secrets are printed.
    """

    def made() -> TakeAway:
        return make(given_of(request.site()))

    hand_over(command, request, look, made, out=out, show_secrets=show_secrets)


def hand_over(
    command: str,
    request: Request | None,
    look: Look,
    make: Callable[[], TakeAway],
    *,
    out: Path | None = None,
    show_secrets: bool = False,
) -> None:
    """Run one command that needs nothing of the mirror host, or of any site: then without a request."""

    def do(_progress: object) -> Taken:
        made = make()
        written = None if out is None else write(out, made, command)
        shown = {
            name: text if show_secrets or name not in made.private else None
            for name, text in made.files.items()
        }
        return Taken(shown, made.notes, written)

    if request is None:
        execute(command, look, do, text_of)
    else:
        execute(command, look, do, text_of, accept=request.accept, inventory=request.inventory)


def text_of(taken: Taken) -> str:
    """Return it for a person: the files themselves, or what was written where; then the notes."""
    if taken.written is None:
        return _printed(taken)
    written = taken.written
    lines = [f"{written.directory}:"]
    lines += [f"  {name}   ({'new' if name in written.changed else 'as before'})" for name in written.files]
    lines += [f"  {name}   (removed: no longer given)" for name in written.removed]
    return "\n".join([*lines, *_with_paths(taken.notes, written)]) + "\n"


def _with_paths(notes: Sequence[str], written: Written) -> list[str]:
    """Return the notes with written files, and their directory, by their paths: as they can be typed."""
    paths = {name: shlex.quote(str(written.directory / name)) for name in written.files}
    names = "|".join(re.escape(name) for name in sorted(paths, key=len, reverse=True)) or "(?!)"
    named = re.compile(rf"(?<![\w./-])(?:{names})(?![\w/-])")
    directory = shlex.quote(str(written.directory))
    placed = [_HERE.sub(lambda match: f"{match[1]} {directory}", note) for note in notes]
    return [named.sub(lambda match: paths[match[0]], note) for note in placed]


def _printed(taken: Taken) -> str:
    """Return the files, each under its name as a comment; notes are comments, too: it can be piped."""
    parts = []
    for name, text in taken.files.items():
        if text is None:
            parts.append(f"# {name}: not shown, it has secrets (--show-secrets, or --out DIR)\n")
        elif len(taken.files) == 1:
            parts.append(text)
        else:
            parts.append(f"# {name}\n{text}")
    parts += [f"# {line}\n" for note in taken.notes for line in note.splitlines()]
    return "".join(parts)
