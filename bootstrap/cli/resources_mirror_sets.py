"""``resources mirror-sets``."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from bootstrap.cli.host_key import AcceptHostKey
from bootstrap.cli.request import ExtraVars, Inventory, Json, NoColor, Request, VaultPasswordFile
from bootstrap.cli.session import Look
from bootstrap.cli.take_away import Out, give
from bootstrap.cluster.given import Given
from bootstrap.cluster.mirror_files import Form, mirror_files
from bootstrap.cluster.take_away import TakeAway
from bootstrap.cluster.trust_files import raise_out_of_date


def mirror_sets(
    inventory: Inventory,
    form: Annotated[
        list[Form] | None,
        typer.Option(
            "--format",
            help="Who takes them; several times for several. Default: cluster (IDMS and ITMS).",
            show_default=False,
        ),
    ] = None,
    never_contact_source: Annotated[
        bool, typer.Option("--never-contact-source", help="Sources themselves are never asked.")
    ] = False,
    out: Out = None,
    extra_vars: ExtraVars = None,
    vault_password_file: VaultPasswordFile = None,
    accept_host_key: AcceptHostKey = None,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Print which mirrors stand in for which sources, in the form that who takes them wants.

    All forms mean the same, and name every registry of the site.
    """
    request = Request(inventory, None, extra_vars, vault_password_file, accept_host_key)
    forms = form or [Form.CLUSTER]

    def make(given: Given) -> TakeAway:
        if Form.ASSISTED in forms:  # the one with certificates in it
            raise_out_of_date(given, dt.datetime.now(dt.UTC))
        return mirror_files(given, forms, blocked=never_contact_source)

    look = Look.of(json=json, no_color=no_color, verbose=0)
    give("resources mirror-sets", request, look, make, out=out)
