"""``bootstrap-registry sandbox``: throw-away hosts, for laptops and for CI."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from bootstrap.cli.session import Look, execute
from bootstrap.sandbox.sandbox import Listed, Sandbox
from bootstrap.workflow.progress import Progress

app = typer.Typer(
    help="Throw-away hosts that boot systemd, and an upstream that plays quay.io (root, Linux).",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Site = Annotated[
    Path,
    typer.Option("--inventory", "-i", help="The site whose hosts they are; sandbox.yml is written there."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
NoColor = Annotated[bool, typer.Option("--no-color", help="No colours; so does a non-empty NO_COLOR.")]


@app.command()
def create(
    hosts: Annotated[list[str] | None, typer.Argument(help="Host names; default: registry1.")] = None,
    inventory: Site = Path("inventory"),
    upstream: Annotated[bool, typer.Option(help="With the host that plays quay.io.")] = True,
    bare: Annotated[
        list[str] | None,
        typer.Option(help="A host like a minimal installation: no podman; packages are on the upstream."),
    ] = None,
    vm: Annotated[
        bool, typer.Option("--vm", help="Make the hosts virtual machines, not containers.")
    ] = False,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Make the hosts, or start what is missing of them."""

    def do(progress: Progress) -> Sequence[Listed]:
        progress.phase("make the sandbox")
        sandbox = _sandbox(inventory)
        minimal = tuple(bare or ())
        ordinary = tuple(hosts or (() if minimal else ("registry1",)))
        sandbox.create(
            hosts=ordinary,
            upstream=upstream,
            bare=minimal,
            vms=ordinary if vm else (),
            progress=progress.note,
        )
        if minimal and upstream:
            sandbox.offer_packages(minimal, progress=progress.note)
        return sandbox.list()

    again = "what is half made is finished by `sandbox create`, or removed by `sandbox destroy`"
    execute(
        "sandbox create", Look.of(json=json, no_color=no_color, verbose=0), do, _listed, on_interrupt=again
    )


@app.command()
def destroy(inventory: Site = Path("inventory"), json: Json = False, no_color: NoColor = False) -> None:
    """Remove the hosts and everything that was made for them."""

    def do(progress: Progress) -> None:
        progress.phase("remove the sandbox")
        _sandbox(inventory).destroy(progress=progress.note)

    again = "the same command again removes the rest"
    look = Look.of(json=json, no_color=no_color, verbose=0)
    execute("sandbox destroy", look, do, lambda _none: "the sandbox is gone\n", on_interrupt=again)


@app.command("list")
def list_hosts(inventory: Site = Path("inventory"), json: Json = False, no_color: NoColor = False) -> None:
    """List the hosts, their names and addresses."""
    look = Look.of(json=json, no_color=no_color, verbose=0)
    execute("sandbox list", look, lambda _progress: _sandbox(inventory).list(), _listed)


def _sandbox(inventory: Path) -> Sandbox:
    """Return the sandbox of a site: it lives in ``.sandbox`` beside the inventory directory."""
    site = inventory.absolute()
    return Sandbox(site.parent, site)


def _listed(hosts: Sequence[Listed]) -> str:
    rows = [
        f"{host.name:<12} {host.fqdn:<40} {host.address4:<16} {host.address6:<24} {host.kind}"
        for host in hosts
    ]
    return "\n".join(rows) + "\n" if rows else "no sandbox hosts\n"
