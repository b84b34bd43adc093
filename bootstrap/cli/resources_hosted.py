"""``resources hosted-cluster…``: from one short file to a hosted cluster, and how it gets on."""

from __future__ import annotations

import datetime as dt
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bootstrap.cli.host_key import AcceptHostKey
from bootstrap.cli.request import ExtraVars, Inventory, Json, NoColor, Request, VaultPasswordFile
from bootstrap.cli.session import Look, execute
from bootstrap.cli.take_away import Out, ShowSecrets, Taken, give, text_of
from bootstrap.cli.waiting import say_waiting
from bootstrap.cluster.given import Given
from bootstrap.cluster.take_away import TakeAway, write
from bootstrap.cluster.trust_files import raise_out_of_date

if TYPE_CHECKING:
    from bootstrap.cluster.hosted.status.overview import Overview

File = Annotated[Path, typer.Argument(help="The hosted cluster: hosted-cluster.yaml.", show_default=False)]


def hosted_cluster(
    file: File,
    inventory: Inventory,
    out: Out = None,
    show_secrets: ShowSecrets = False,
    extra_vars: ExtraVars = None,
    vault_password_file: VaultPasswordFile = None,
    accept_host_key: AcceptHostKey = None,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Render a hosted cluster on bare metal: directories in the order to apply, and `apply.sh`."""
    from bootstrap.cluster.hosted.bundle import bundle
    from bootstrap.cluster.hosted.read import read_file
    from bootstrap.workflow.hosted_cluster import etcd_key

    request = Request(inventory, None, extra_vars, vault_password_file, accept_host_key)

    def make(given: Given) -> TakeAway:
        spec = read_file(file)
        raise_out_of_date(given, dt.datetime.now(dt.UTC))
        return bundle(spec, given, lambda: etcd_key(request.site().state, spec))

    look = Look.of(json=json, no_color=no_color, verbose=0)
    give("resources hosted-cluster", request, look, make, out=out, show_secrets=show_secrets)


def hosted_cluster_init(
    file: Annotated[Path, typer.Argument(help="The file to make.")] = Path("hosted-cluster.yaml"),
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Write a commented hosted-cluster.yaml to begin with; no file is written over."""
    from bootstrap.cluster.hosted.example import write_example

    def show(path: Path) -> str:
        name = shlex.quote(str(path))
        return (
            f"wrote {name}\nedit it, then: bootstrap-registry resources hosted-cluster {name} "
            "-i INVENTORY --out DIRECTORY\n"
        )

    look = Look.of(json=json, no_color=no_color, verbose=0)
    execute("resources hosted-cluster-init", look, lambda _progress: write_example(file), show)


def hosted_cluster_scale(
    file: File,
    replicas: Annotated[int, typer.Option(help="How many nodes.", show_default=False)],
    out: Out = None,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Print what sets the number of nodes, to apply once the hosts are there."""
    from bootstrap.cluster.hosted.bundle import scaled
    from bootstrap.cluster.hosted.read import read_file

    def do(_progress: object) -> Taken:
        made = scaled(read_file(file), replicas)
        return Taken(made.files, made.notes, None if out is None else write(out, made, command))

    command = "resources hosted-cluster-scale"
    execute(command, Look.of(json=json, no_color=no_color, verbose=0), do, text_of)


def hosted_cluster_status(
    file: Annotated[
        Path,
        typer.Argument(
            help="What `oc get hostedcluster,nodepool,baremetalhost,agent -A -o json` printed; - is standard "
            "input."
        ),
    ] = Path("-"),
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Tell how hosted clusters get on: progress, problems, and an exit code; 9 while all is on its way."""
    from bootstrap.cluster.hosted.status.overview import QUESTION, overview
    from bootstrap.cluster.read import read_objects

    def do(_progress: object) -> Overview:
        say_waiting(file, f"what `{QUESTION}` prints")
        return overview(read_objects(file), dt.datetime.now(dt.UTC))

    execute(
        "resources hosted-cluster-status",
        Look.of(json=json, no_color=no_color, verbose=0),
        do,
        _status_text,
        problems_of=lambda found: found.problems,
        code_of=lambda found: found.exit_code,
    )


def _status_text(found: Overview) -> str:
    """Return a line for each object, and the sum."""
    rows = [
        (each.state.value, each.kind, f"{each.namespace}/{each.name}", each.stage, each.why)
        for each in found.objects
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        "  ".join([*(text.ljust(width) for text, width in zip(row[:3], widths, strict=True)), row[3]])
        + (f": {row[4]}" if row[4] else "")
        for row in rows
    ]
    sums = ", ".join(f"{count} {state}" for state, count in found.counts.items() if count)
    return "\n".join([*lines, f"{len(rows)} objects: {sums}"]) + "\n"
