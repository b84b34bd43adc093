"""Asking before something goes for good."""

from __future__ import annotations

import sys

import typer

from bootstrap.errors import ConfigError


def confirm_by_name(name: str, warning: str, doing: str) -> None:
    """Let the user type the site's name.

    Args:
        name: Of the site.
        warning: What will happen, without a full stop.
        doing: ``purging``, before the name.

    Raises:
        ConfigError: It was not typed, or nobody is there to type it.
    """
    refused = ConfigError(
        f"not {doing} {name}",
        why="its name was not typed" if sys.stdin.isatty() else "nobody is there to be asked",
        fix="run it again and type the name, or say --yes",
    )
    if not sys.stdin.isatty():
        raise refused
    try:
        typed = typer.prompt(f"{warning}. Type {name} to go on", err=True)
    except typer.Abort:  # what typer makes of Ctrl-C, and of the end of the input
        raise KeyboardInterrupt from None
    if typed.strip() != name:
        raise refused
