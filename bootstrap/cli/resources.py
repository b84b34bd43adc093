"""``bootstrap-registry resources``: what clusters take from the mirror."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bootstrap.cli.host_key import AcceptHostKey
from bootstrap.cli.request import (
    ExtraVars,
    Inventory,
    Json,
    NoColor,
    Request,
    VaultPasswordFile,
)
from bootstrap.cli.resources_assisted import assisted
from bootstrap.cli.resources_dns import check_dns, dns
from bootstrap.cli.resources_hosted import (
    hosted_cluster,
    hosted_cluster_init,
    hosted_cluster_scale,
    hosted_cluster_status,
)
from bootstrap.cli.resources_install_config import install_config
from bootstrap.cli.resources_mirror_sets import mirror_sets
from bootstrap.cli.resources_operators import catalogs, update_service
from bootstrap.cli.resources_pull_secret import pull_secret
from bootstrap.cli.resources_trust import trust
from bootstrap.cli.session import Look, execute
from bootstrap.cli.shown_resources import compared_text, published_text
from bootstrap.cli.take_away import Out, give
from bootstrap.cluster.given import Given
from bootstrap.cluster.mirror_sets import to_yaml
from bootstrap.cluster.rendered import Rendered
from bootstrap.cluster.signatures import signatures
from bootstrap.cluster.take_away import TakeAway
from bootstrap.errors import ConfigError, ExitCode
from bootstrap.workflow.progress import Progress
from bootstrap.workflow.resources import (
    Compared,
    compare_resources,
    publish_again,
    rendered_now,
)

app = typer.Typer(
    help="What clusters take from the mirror: mirror sets, catalogs, signatures, update service.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def diff(
    inventory: Inventory,
    against: Annotated[
        Path | None,
        typer.Option(
            help="What to compare with: a file or directory of objects, as an earlier set or what "
            "`oc get … -o yaml` printed; - is standard input. Default: the newest earlier set that differs.",
            show_default=False,
        ),
    ] = None,
    kubeconfig: Annotated[
        Path | None,
        typer.Option(help="Ask this cluster with `oc`, and change nothing there.", show_default=False),
    ] = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="End with 8 when there are differences.")
    ] = False,
    extra_vars: ExtraVars = None,
    vault_password_file: VaultPasswordFile = None,
    accept_host_key: AcceptHostKey = None,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Show what would change for a cluster, and whether its nodes would drain."""
    request = Request(inventory, None, extra_vars, vault_password_file, accept_host_key)

    def do(_progress: Progress) -> Compared:
        if against is not None and kubeconfig is not None:
            raise ConfigError(
                "cannot compare with two things at once",
                why="--against and --kubeconfig are both given",
                fix="give one of them",
            )
        return compare_resources(request.site(), against=against, kubeconfig=kubeconfig)

    def code_of(found: Compared) -> ExitCode:
        return ExitCode.DIFFERENT if exit_code and found.is_different else ExitCode.OK

    execute(
        "resources diff",
        Look.of(json=json, no_color=no_color, verbose=0),
        do,
        compared_text,
        accept=request.accept,
        inventory=request.inventory,
        code_of=code_of,
    )


@app.command()
def publish(
    inventory: Inventory,
    extra_vars: ExtraVars = None,
    vault_password_file: VaultPasswordFile = None,
    accept_host_key: AcceptHostKey = None,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Render them again from what is mirrored, without mirroring, and say where they are."""
    request = Request(inventory, None, extra_vars, vault_password_file, accept_host_key)
    execute(
        "resources publish",
        Look.of(json=json, no_color=no_color, verbose=0),
        lambda _progress: publish_again(request.site()),
        published_text,
        accept=request.accept,
        inventory=request.inventory,
    )


@app.command()
def show(
    inventory: Inventory,
    extra_vars: ExtraVars = None,
    vault_password_file: VaultPasswordFile = None,
    accept_host_key: AcceptHostKey = None,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Print them as one YAML stream, as for `oc apply -f -`; nothing is written."""
    request = Request(inventory, None, extra_vars, vault_password_file, accept_host_key)

    def text(found: Rendered) -> str:
        return to_yaml(found.objects)

    execute(
        "resources show",
        Look.of(json=json, no_color=no_color, verbose=0),
        lambda _progress: rendered_now(request.site()),
        text,
        accept=request.accept,
        inventory=request.inventory,
    )


@app.command(name="release-signatures")
def release_signatures(
    inventory: Inventory,
    out: Out = None,
    extra_vars: ExtraVars = None,
    vault_password_file: VaultPasswordFile = None,
    accept_host_key: AcceptHostKey = None,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Print the signatures of the mirrored releases, without which a cluster refuses to update."""

    def make(given: Given) -> TakeAway:
        return TakeAway.of_objects({"signatures.yaml": signatures(given.ledger)})

    request = Request(inventory, None, extra_vars, vault_password_file, accept_host_key)
    look = Look.of(json=json, no_color=no_color, verbose=0)
    give("resources release-signatures", request, look, make, out=out)


app.command(name="mirror-sets")(mirror_sets)
app.command(name="assisted")(assisted)
app.command(name="dns")(dns)
app.command(name="check-dns")(check_dns)
app.command(name="trust")(trust)
app.command(name="install-config")(install_config)
app.command(name="pull-secret")(pull_secret)
app.command(name="catalogs")(catalogs)
app.command(name="update-service")(update_service)
app.command(name="hosted-cluster")(hosted_cluster)
app.command(name="hosted-cluster-init")(hosted_cluster_init)
app.command(name="hosted-cluster-scale")(hosted_cluster_scale)
app.command(name="hosted-cluster-status")(hosted_cluster_status)
