"""Asking the user about a host key that is not known, where a user is there."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from bootstrap.host.interface import UnknownHostKey

AcceptHostKey = Annotated[
    list[str] | None,
    typer.Option(
        "--accept-host-key",
        metavar="SHA256:…",
        help="Accept a host key that is not known, by its fingerprint; may be repeated.",
    ),
]


def is_accepted(problem: UnknownHostKey) -> bool:
    """Ask the user on the terminal; without one, and for anything but "yes", the key is not accepted.

    Raises:
        KeyboardInterrupt: Ctrl-C.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    typer.echo(
        f"The host key of {problem.host} is not known. It shows {problem.kind}\n"
        f"    {problem.fingerprint}\n"
        "Compare it with what the host's own console says: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub",
        err=True,
    )
    try:
        typed = typer.prompt(
            "Type yes to accept it for this site", default="no", show_default=False, err=True
        )
    except typer.Abort:  # what typer makes of Ctrl-C, and of the end of the input
        raise KeyboardInterrupt from None
    return str(typed).strip() == "yes"
