"""``resources trust``."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from bootstrap.cli.host_key import AcceptHostKey
from bootstrap.cli.request import ExtraVars, Inventory, Json, NoColor, Request, VaultPasswordFile
from bootstrap.cli.session import Look
from bootstrap.cli.take_away import Out, give
from bootstrap.cluster.given import Given
from bootstrap.cluster.take_away import TakeAway
from bootstrap.cluster.trust_files import CONFIG_MAP, raise_out_of_date, read_pem, trust_files
from bootstrap.workflow.trust import raise_unverified


def trust(
    inventory: Inventory,
    config_map: Annotated[
        str, typer.Option("--config-map", help="Name of the ConfigMap with the registries' CAs.")
    ] = CONFIG_MAP,
    also_trust: Annotated[
        Path | None,
        typer.Option(help="Certificates (PEM) that bundles have beside ours.", show_default=False),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Do not ask the registries whether it verifies them.")
    ] = False,
    out: Out = None,
    extra_vars: ExtraVars = None,
    vault_password_file: VaultPasswordFile = None,
    accept_host_key: AcceptHostKey = None,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Print what clusters have to trust, for each place that wants it; every registry is verified with it."""

    def make(given: Given) -> TakeAway:
        also = read_pem(also_trust) if also_trust is not None else ""
        raise_out_of_date(given, dt.datetime.now(dt.UTC))
        if not offline:
            raise_unverified(given)
        made = trust_files(given, config_map=config_map, also=also)
        said = (
            "not asked, because of --offline: "
            if offline
            else "verified by a TLS handshake with this alone: "
        )
        return dataclasses.replace(made, notes=(*made.notes, said + ", ".join(given.registries)))

    request = Request(inventory, None, extra_vars, vault_password_file, accept_host_key)
    give("resources trust", request, Look.of(json=json, no_color=no_color, verbose=0), make, out=out)
