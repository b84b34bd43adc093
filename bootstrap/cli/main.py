"""``bootstrap-registry``: the commands, their options, and nothing else."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from bootstrap import __version__
from bootstrap.cli import shown, shown_archives
from bootstrap.cli.confirm import confirm_by_name
from bootstrap.cli.delete import delete
from bootstrap.cli.document import document
from bootstrap.cli.host_key import AcceptHostKey
from bootstrap.cli.plan import plan
from bootstrap.cli.precache import app as precache_app
from bootstrap.cli.request import (
    GOES_ON,
    STOPPED,
    ExtraVars,
    Inventory,
    Json,
    Limit,
    NoColor,
    Request,
    VaultPasswordFile,
    Verbose,
)
from bootstrap.cli.resources import app as resources_app
from bootstrap.cli.sandbox import app as sandbox_app
from bootstrap.cli.session import Look, execute
from bootstrap.cli.shown_archives import FromDisk, ToDisk, refuse_both
from bootstrap.cli.verify import verify
from bootstrap.errors import BootstrapError, ConfigError, ExitCode
from bootstrap.workflow.mirror import Mirrored
from bootstrap.workflow.progress import Progress
from bootstrap.workflow.to_disk import Archived

_NAME = "bootstrap-registry"

app = typer.Typer(
    name=_NAME,
    help="From a bare host to a populated, verified mirror registry for a disconnected OpenShift.",
    epilog="Exit codes: " + " · ".join(f"{int(code)} {code.name.lower()}" for code in ExitCode),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.add_typer(resources_app, name="resources")
app.add_typer(precache_app, name="precache")
app.add_typer(sandbox_app, name="sandbox")

Adopt = Annotated[
    bool,
    typer.Option(
        "--adopt", help="Take over a registry that somebody else set up there; its data and users stay."
    ),
]
NewCa = Annotated[
    bool,
    typer.Option(
        "--new-ca", help="Replace a certificate and credentials that this site's state does not know."
    ),
]


def _print_version(value: bool) -> None:  # typer calls it with the option's value
    if value:
        typer.echo(f"bootstrap-registry {__version__}")
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    """Say what we are."""


@app.command()
def init(
    site: Annotated[Path, typer.Argument(help="The directory to make, e.g. sites/lab.")],
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Write a commented inventory and an imageset.yaml for real hosts."""
    from bootstrap.site.new import write_site

    def show(written: tuple[Path, ...]) -> str:
        files = "\n".join(f"  {path}" for path in written)
        return f"wrote\n{files}\nedit them, then: bootstrap-registry check -i {shlex.quote(str(site))}\n"

    execute("init", Look.of(json=json, no_color=no_color, verbose=0), lambda _p: write_site(site), show)


@app.command()
def check(
    inventory: Inventory,
    limit: Limit = None,
    extra_vars: ExtraVars = None,
    vault_password_file: VaultPasswordFile = None,
    accept_host_key: AcceptHostKey = None,
    adopt: Adopt = False,
    new_ca: NewCa = False,
    verbose: Verbose = 0,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Look at everything, change nothing, and list every problem with its fix."""
    from bootstrap.workflow.check import Checked
    from bootstrap.workflow.check import check as run
    from bootstrap.workflow.check_files import file_problems
    from bootstrap.workflow.consent import Consent

    def problems_of(found: Checked) -> tuple[BootstrapError, ...]:
        return tuple(found.problems)

    request = Request(inventory, limit, extra_vars, vault_password_file, accept_host_key)
    execute(
        "check",
        Look.of(json=json, no_color=no_color, verbose=verbose),
        lambda progress: run(request.site(file_problems), progress, consent=Consent(adopt, new_ca)),
        lambda found: f"{len(found.seen)} hosts looked at, {len(found.problems)} problems\n",
        problems_of=problems_of,
        accept=request.accept,
        inventory=request.inventory,
    )


app.command()(plan)


@app.command()
def up(
    inventory: Inventory,
    limit: Limit = None,
    extra_vars: ExtraVars = None,
    vault_password_file: VaultPasswordFile = None,
    accept_host_key: AcceptHostKey = None,
    adopt: Adopt = False,
    new_ca: NewCa = False,
    verbose: Verbose = 0,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Take the hosts to a populated, verified mirror registry; run it again at any time."""
    from bootstrap.workflow.check_files import file_problems
    from bootstrap.workflow.consent import Consent
    from bootstrap.workflow.up import Up
    from bootstrap.workflow.up import up as run

    request = Request(inventory, limit, extra_vars, vault_password_file, accept_host_key)
    consent = Consent(adopt, new_ca)

    def show(done: Up) -> str:
        return shown.up_text(request.site(), done)

    execute(
        "up",
        Look.of(json=json, no_color=no_color, verbose=verbose),
        lambda progress: run(request.site(file_problems), progress, verbosity=verbose, consent=consent),
        show,
        on_interrupt=STOPPED.format(shlex.quote(str(inventory))),
        on_leaving=GOES_ON.format(shlex.quote(str(inventory))),
        accept=request.accept,
        inventory=request.inventory,
    )


@app.command()
def mirror(
    inventory: Inventory,
    limit: Limit = None,
    extra_vars: ExtraVars = None,
    vault_password_file: VaultPasswordFile = None,
    accept_host_key: AcceptHostKey = None,
    to_disk: ToDisk = None,
    from_disk: FromDisk = None,
    verbose: Verbose = 0,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Fill the registries again, as after a release: only what is new moves."""
    from bootstrap.workflow.check_files import file_problems
    from bootstrap.workflow.mirror import mirror as run
    from bootstrap.workflow.to_disk import to_disk as write

    request = Request(inventory, limit, extra_vars, vault_password_file, accept_host_key)

    def do(progress: Progress) -> Mirrored | Archived:
        refuse_both(to_disk, from_disk)
        site = request.site(file_problems)
        if to_disk is not None:
            return write(site, to_disk, progress, verbosity=verbose)
        return run(site, progress, verbosity=verbose, from_disk=from_disk or "")

    execute(
        "mirror",
        Look.of(json=json, no_color=no_color, verbose=verbose),
        do,
        shown_archives.text,
        on_interrupt=STOPPED.format(shlex.quote(str(inventory))),
        on_leaving=GOES_ON.format(shlex.quote(str(inventory))),
        accept=request.accept,
        inventory=request.inventory,
    )


app.command()(verify)
app.command()(delete)


@app.command()
def status(
    inventory: Inventory,
    limit: Limit = None,
    extra_vars: ExtraVars = None,
    vault_password_file: VaultPasswordFile = None,
    accept_host_key: AcceptHostKey = None,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Tell how the registries are, what is mirrored, and whether a run is going on."""
    from bootstrap.workflow.status import status as run

    request = Request(inventory, limit, extra_vars, vault_password_file, accept_host_key)
    execute(
        "status",
        Look.of(json=json, no_color=no_color, verbose=0),
        lambda _progress: run(request.site()),
        shown.status_text,
        problems_of=lambda found: found.problems,
        accept=request.accept,
        inventory=request.inventory,
    )


@app.command()
def down(
    inventory: Inventory,
    limit: Limit = None,
    extra_vars: ExtraVars = None,
    vault_password_file: VaultPasswordFile = None,
    accept_host_key: AcceptHostKey = None,
    purge: Annotated[bool, typer.Option("--purge", help="Remove the data, too; asks first.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    verbose: Verbose = 0,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Take away what `up` put there; the mirrored data stays unless purged."""
    from bootstrap.workflow.down import down as run

    request = Request(inventory, limit, extra_vars, vault_password_file, accept_host_key)

    def show(changed: int) -> str:
        kept = "the data is gone" if purge else "the data is kept; `up` finds it again"
        return f"down: {changed} changes; {kept}\n" if changed else f"it was down already; {kept}\n"

    def do(progress: Progress) -> int:
        site = request.site()
        if purge and not yes:
            confirm_by_name(
                site.name, f"This removes all mirrored content of {site.name} for good", "purging"
            )
        return run(site, progress, purge=purge, verbosity=verbose)

    execute(
        "down",
        Look.of(json=json, no_color=no_color, verbose=verbose),
        do,
        show,
        on_interrupt="some of it is down; the same command again goes on from there.",
        accept=request.accept,
        inventory=request.inventory,
    )


def main() -> None:
    """Run the command line; the console script's entry."""
    if "--json" in sys.argv[1:]:
        sys.exit(_main_with_json())
    app(prog_name=_NAME)


def _main_with_json() -> int:
    """Run the command line; what is wrong with it is told by the document, too. Returns the exit code."""
    try:
        return int(app(prog_name=_NAME, standalone_mode=False) or 0)
    except typer.Abort:
        return int(ExitCode.INTERRUPTED)
    except Exception as error:
        if not hasattr(error, "format_message"):  # what all of typer's errors of usage have, and click's
            raise
        error.show()  # type: ignore[attr-defined]  # likewise
        context = getattr(error, "ctx", None)
        path = context.command_path if context else _NAME
        problem = ConfigError(
            "cannot read the command line", why=error.format_message(), fix=f"see `{path} --help`"
        )
        command = path.removeprefix(_NAME).strip()
        sys.stdout.write(document(command, ExitCode.CONFIG, (problem,), None))
        return int(ExitCode.CONFIG)
