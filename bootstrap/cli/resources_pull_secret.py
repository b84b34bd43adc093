"""``resources pull-secret``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bootstrap.cli.host_key import AcceptHostKey
from bootstrap.cli.request import ExtraVars, Inventory, Json, NoColor, Request, VaultPasswordFile
from bootstrap.cli.session import Look
from bootstrap.cli.take_away import Out, ShowSecrets, give
from bootstrap.cli.waiting import say_waiting
from bootstrap.cluster.given import Given
from bootstrap.cluster.pull_secret_files import NAME, NAMESPACE, pull_secret_files
from bootstrap.cluster.take_away import TakeAway
from bootstrap.credentials.pull_secret import PullSecret
from bootstrap.errors import ConfigError
from bootstrap.site.model import Site


def pull_secret(
    inventory: Inventory,
    merge_with: Annotated[
        Path | None,
        typer.Option(
            help="An auth.json to merge with, as what the cluster has now; - is standard input. "
            "Default: the site's pull_secret_file.",
            show_default=False,
        ),
    ] = None,
    mirror_only: Annotated[
        bool, typer.Option("--mirror-only", help="The registries of the site, and no other.")
    ] = False,
    namespace: Annotated[str, typer.Option(help="Of the Secret.")] = NAMESPACE,
    name: Annotated[str, typer.Option(help="Of the Secret.")] = NAME,
    out: Out = None,
    show_secrets: ShowSecrets = False,
    extra_vars: ExtraVars = None,
    vault_password_file: VaultPasswordFile = None,
    accept_host_key: AcceptHostKey = None,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Write the pull secret of clusters: your own, with the registries of the site."""
    request = Request(inventory, None, extra_vars, vault_password_file, accept_host_key)

    def make(given: Given) -> TakeAway:
        if merge_with is not None and mirror_only:
            raise ConfigError(
                "cannot merge a pull secret and leave the rest out",
                why="--merge-with and --mirror-only are both given",
                fix="give one of them",
            )
        own = None if mirror_only else _own(request.site(), merge_with)
        return pull_secret_files(given, own, namespace=namespace, name=name)

    look = Look.of(json=json, no_color=no_color, verbose=0)
    give("resources pull-secret", request, look, make, out=out, show_secrets=show_secrets)


def _own(site: Site, merge_with: Path | None) -> PullSecret | None:
    if merge_with is not None and str(merge_with) == "-":
        say_waiting(merge_with, "a pull secret (auth.json)")
        secret = PullSecret.parse(sys.stdin.buffer.read(), "standard input")
        secret.raise_unusable("standard input")
        return secret
    if merge_with is not None and not merge_with.expanduser().exists():
        raise ConfigError(
            f"there is no pull secret {merge_with}",
            why="no such file on the controller",
            fix="correct the path after --merge-with; - is standard input",
        )
    path = merge_with or site.mirror_host.path("pull_secret_file")
    return PullSecret.load(path) if path is not None else None
