"""``bootstrap-registry resources assisted``."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bootstrap.cli.host_key import AcceptHostKey
from bootstrap.cli.request import ExtraVars, Inventory, Json, NoColor, Request, VaultPasswordFile
from bootstrap.cli.session import Look
from bootstrap.cli.take_away import Out, give
from bootstrap.cluster.trust_files import raise_out_of_date
from bootstrap.workflow.trust import raise_unverified

if TYPE_CHECKING:
    from bootstrap.cluster.given import Given
    from bootstrap.cluster.take_away import TakeAway


def assisted(
    inventory: Inventory,
    os_images: Annotated[
        Path | None,
        typer.Option(
            "--os-images",
            help="The boot images that the web server has (docs/assisted.md). "
            "Default: artifacts/<site>/os-images.yaml.",
            show_default=False,
        ),
    ] = None,
    namespace: Annotated[
        str, typer.Option(help="Of the multicluster engine operator.")
    ] = "multicluster-engine",
    storage_class: Annotated[
        str, typer.Option(help="Of all volumes. Default: the cluster's.", show_default=False)
    ] = "",
    database_storage: Annotated[str, typer.Option(help="Size of the database.")] = "10Gi",
    filesystem_storage: Annotated[str, typer.Option(help="Size of logs and such.")] = "20Gi",
    image_storage: Annotated[str, typer.Option(help="Size of the boot images, 2Gi for each.")] = "50Gi",
    offline: Annotated[
        bool, typer.Option("--offline", help="Do not ask the registries whether the trust verifies them.")
    ] = False,
    out: Out = None,
    extra_vars: ExtraVars = None,
    vault_password_file: VaultPasswordFile = None,
    accept_host_key: AcceptHostKey = None,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Print what a hub needs to install hosts from the mirror: AgentServiceConfig and what belongs to it."""

    def make(given: Given) -> TakeAway:
        from bootstrap.cluster.assisted.os_images import NAME, read_os_images
        from bootstrap.cluster.assisted.render import assisted
        from bootstrap.cluster.assisted.storage import Storage

        raise_out_of_date(given, dt.datetime.now(dt.UTC))
        if not offline:
            raise_unverified(given)
        images = read_os_images(os_images or request.site().artifacts / NAME)
        storage = Storage(storage_class, database_storage, filesystem_storage, image_storage)
        return assisted(given, images, storage, namespace=namespace)

    request = Request(inventory, None, extra_vars, vault_password_file, accept_host_key)
    look = Look.of(json=json, no_color=no_color, verbose=0)
    give("resources assisted", request, look, make, out=out)
