"""What commands on a site have in common: their options, and the site that they are about."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated

import typer

from bootstrap.cli.host_key import is_accepted
from bootstrap.errors import BootstrapError
from bootstrap.host.interface import UnknownHostKey
from bootstrap.site.load import load_site
from bootstrap.site.model import Site

Inventory = Annotated[
    Path,
    typer.Option(
        "--inventory",
        "-i",
        help="The site: an inventory directory or file.",
        show_default=False,
        readable=False,  # else typer says so, with less to go by
    ),
]
Limit = Annotated[
    str | None, typer.Option("--limit", "-l", help="Only these hosts: an Ansible host pattern.")
]
ExtraVars = Annotated[
    list[str] | None,
    typer.Option(
        "--extra-vars", "-e", metavar="SETTING", help="A setting, as ansible-playbook -e; secrets as @FILE."
    ),
]
VaultPasswordFile = Annotated[
    Path | None, typer.Option("--vault-password-file", help="Handed to Ansible for vaulted settings.")
]
Verbose = Annotated[
    int, typer.Option("--verbose", "-v", count=True, help="Tell every task; twice: more.", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
NoColor = Annotated[bool, typer.Option("--no-color", help="No colours; so does a non-empty NO_COLOR.")]

STOPPED = (
    "everything stopped where it was, and the same command again goes on from there. If a run had begun "
    "by then, it goes on on the mirror host: `bootstrap-registry status -i {0}` tells."
)
GOES_ON = (
    "run {{run}} goes on on the mirror host without us. `bootstrap-registry mirror -i {0}` follows it, "
    "`bootstrap-registry status -i {0}` tells how it is; `systemctl stop bootstrap-registry-mirror@{{run}}` "
    "on the mirror host ends it, and what it has moved stays."
)


@dataclasses.dataclass
class Request:
    """What the user asked for; the site is read once, on first use, inside :func:`execute`."""

    inventory: Path
    limit: str | None
    extra_vars: list[str] | None
    vault_password_file: Path | None
    accept_host_keys: list[str] | None
    _site: Site | None = None

    def site(self, more_problems: Callable[[Site], Iterable[BootstrapError]] = lambda _site: ()) -> Site:
        """Return the site.

        Args:
            more_problems: What else to tell when something is wrong with it; see :func:`load_site`.

        Raises:
            BootstrapError: Something about it is wrong.
        """
        if self._site is None:
            vault = self.vault_password_file
            self._site = load_site(
                self.inventory,
                limit=self.limit,
                extra_vars=self.extra_vars or (),
                vault_args=("--vault-password-file", str(vault)) if vault else (),
                accept_host_keys=self.accept_host_keys or (),
                more_problems=more_problems,
            )
        return self._site

    def accept(self, problem: UnknownHostKey) -> bool:
        """Ask the user about a host key; whether the command is worth another try with it."""
        if not is_accepted(problem):
            return False
        self.accept_host_keys = [*(self.accept_host_keys or ()), problem.fingerprint]
        self._site = None
        return True
