"""``bootstrap-registry resources dns`` and ``check-dns``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bootstrap.cli.host_key import AcceptHostKey
from bootstrap.cli.request import ExtraVars, Inventory, Json, NoColor, Request, VaultPasswordFile
from bootstrap.cli.session import Look, execute
from bootstrap.cli.table import table
from bootstrap.cli.take_away import Out, hand_over
from bootstrap.errors import BootstrapError

if TYPE_CHECKING:
    from bootstrap.cluster.dns.ask import Checked

ClusterFile = Annotated[
    Path | None,
    typer.Option("--cluster", help="Clusters and their addresses (docs/dns.md).", show_default=False),
]


def dns(
    inventory: Inventory,
    cluster: ClusterFile = None,
    out: Out = None,
    extra_vars: ExtraVars = None,
    vault_password_file: VaultPasswordFile = None,
    accept_host_key: AcceptHostKey = None,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Print what DNS needs of registries and clusters: zone fragments, and dnsmasq's configuration."""
    from bootstrap.workflow.dns import dns_of

    request = Request(inventory, None, extra_vars, vault_password_file, accept_host_key)
    look = Look.of(json=json, no_color=no_color, verbose=0)
    hand_over("resources dns", request, look, lambda: dns_of(request.site(), cluster), out=out)


def check_dns(
    inventory: Inventory,
    cluster: ClusterFile = None,
    resolver: Annotated[
        str | None,
        typer.Option(
            help="Ask this name server: an address, or address:port. Default: the one of this machine.",
            show_default=False,
        ),
    ] = None,
    extra_vars: ExtraVars = None,
    vault_password_file: VaultPasswordFile = None,
    accept_host_key: AcceptHostKey = None,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Ask a name server for every name that registries and clusters need, and say what is wrong."""
    from bootstrap.cluster.dns.ask import check_names, resolver_of
    from bootstrap.workflow.dns import names_of_site

    def do(_progress: object) -> Checked:
        who = resolver_of(resolver)
        return check_names(names_of_site(request.site(), cluster), who)

    def problems_of(found: Checked) -> tuple[BootstrapError, ...]:
        return found.problems

    request = Request(inventory, None, extra_vars, vault_password_file, accept_host_key)
    look = Look.of(json=json, no_color=no_color, verbose=0)
    execute(
        "resources check-dns",
        look,
        do,
        checked_text,
        accept=request.accept,
        problems_of=problems_of,
        inventory=inventory,
    )


def checked_text(found: Checked) -> str:
    """Return a line for each question: what was expected, and what was found."""
    rows = [
        (
            each.name,
            each.type,
            "any" if each.expected is None else ", ".join(each.expected) or "none",
            "?" if each.outcome == "no answer" else ", ".join(each.found) or "none",
            each.outcome,
        )
        for each in found.names
    ]
    said = table(("name", "type", "expected", "found", ""), rows)
    return f"asked {', '.join(found.servers)}\n{said}"
