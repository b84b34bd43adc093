"""``bootstrap-registry resources``: what clusters take from the mirror."""

from __future__ import annotations

from collections.abc import Callable
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
from bootstrap.cli.waiting import say_waiting
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
    help="What clusters take from the mirror, all of it or one thing at a time.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


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
        if against is not None:
            say_waiting(against, "Kubernetes objects, as `oc get … -o yaml` prints them,")
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


_Command = Callable[..., None]
# In the order in which they are met; the words are what the list of commands has room for.
_COMMANDS: tuple[tuple[str, _Command, str], ...] = (
    ("diff", diff, "Show what would change for a cluster."),
    ("publish", publish, "Render the current set again."),
    ("show", show, "Print the current set as one YAML stream."),
    ("mirror-sets", mirror_sets, "Print mirror sets, in the form that is wanted."),
    ("trust", trust, "Print what clusters have to trust, verified."),
    ("pull-secret", pull_secret, "Write the pull secret of clusters."),
    ("release-signatures", release_signatures, "Print the signatures of releases."),
    ("catalogs", catalogs, "Print the mirrored operator catalogs."),
    ("update-service", update_service, "Print the update service and its operator."),
    ("install-config", install_config, "Put the mirror into an install-config.yaml."),
    ("assisted", assisted, "Print what a hub needs to install hosts."),
    ("hosted-cluster-init", hosted_cluster_init, "Write a hosted-cluster.yaml to begin with."),
    ("hosted-cluster", hosted_cluster, "Render a hosted cluster on bare metal."),
    ("hosted-cluster-scale", hosted_cluster_scale, "Print what sets the number of nodes."),
    ("hosted-cluster-status", hosted_cluster_status, "Tell how hosted clusters get on."),
    ("dns", dns, "Print the records of registries and clusters."),
    ("check-dns", check_dns, "Ask a name server for every name."),
)
for _name, _function, _summary in _COMMANDS:
    app.command(name=_name, short_help=_summary)(_function)
