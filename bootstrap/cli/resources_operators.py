"""``resources catalogs`` and ``resources update-service``."""

from __future__ import annotations

from typing import Annotated

import typer

from bootstrap.cli.host_key import AcceptHostKey
from bootstrap.cli.request import ExtraVars, Inventory, Json, NoColor, Request, VaultPasswordFile
from bootstrap.cli.session import Look
from bootstrap.cli.take_away import Out, give
from bootstrap.cluster.operator_files import catalog_files, update_service_files


def catalogs(
    inventory: Inventory,
    out: Out = None,
    extra_vars: ExtraVars = None,
    vault_password_file: VaultPasswordFile = None,
    accept_host_key: AcceptHostKey = None,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Print the mirrored operator catalogs, and what takes the default ones away."""
    request = Request(inventory, None, extra_vars, vault_password_file, accept_host_key)
    look = Look.of(json=json, no_color=no_color, verbose=0)
    give("resources catalogs", request, look, catalog_files, out=out)


def update_service(
    inventory: Inventory,
    registry: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT", help="Which registry it reads. Default: the first.", show_default=False
        ),
    ] = None,
    catalog: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="CatalogSource that has its operator. Default: the mirrored one of Red Hat.",
            show_default=False,
        ),
    ] = None,
    out: Out = None,
    extra_vars: ExtraVars = None,
    vault_password_file: VaultPasswordFile = None,
    accept_host_key: AcceptHostKey = None,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Print the update service and its operator, in order, and what to type for clusters to ask it."""
    request = Request(inventory, None, extra_vars, vault_password_file, accept_host_key)
    give(
        "resources update-service",
        request,
        Look.of(json=json, no_color=no_color, verbose=0),
        lambda given: update_service_files(given, registry=registry, catalog=catalog),
        out=out,
    )
