"""``bootstrap-registry precache instance``."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bootstrap.cli.host_key import AcceptHostKey
from bootstrap.cli.request import ExtraVars, Json, NoColor, Request, VaultPasswordFile
from bootstrap.cli.session import Look, execute
from bootstrap.cli.take_away import Out, ShowSecrets, Taken, give, text_of
from bootstrap.cluster.given import Given
from bootstrap.cluster.take_away import TakeAway, write
from bootstrap.cluster.trust_files import raise_out_of_date
from bootstrap.errors import ConfigError

if TYPE_CHECKING:
    from bootstrap.precache.instance.into import Edited
    from bootstrap.precache.spec import EdgeSite

_COMMAND = "precache instance"


def instance(
    site: Annotated[
        Path | None,
        typer.Option(
            help="The edge site: what `precache init` writes. With --into and --from-siteconfig, for its "
            "partition and templates; default: `data`, and the operator's own.",
            show_default=False,
        ),
    ] = None,
    inventory: Annotated[
        Path | None,
        typer.Option(
            "--inventory",
            "-i",
            help="The site of the mirror: an inventory directory or file. Not for --into, --from-siteconfig.",
            show_default=False,
            readable=False,
        ),
    ] = None,
    out: Out = None,
    into: Annotated[
        Path | None,
        typer.Option(
            help="Put overrides and installerArgs into the ClusterInstances, or SiteConfigs, of this file.",
            show_default=False,
        ),
    ] = None,
    from_siteconfig: Annotated[
        Path | None,
        typer.Option(help="Convert the SiteConfigs of this file, which stays.", show_default=False),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --into: show what would change, and write nothing.")
    ] = False,
    despite_defects: Annotated[
        bool,
        typer.Option(
            "--despite-defects",
            help="With --into and --from-siteconfig: do it although something else is wrong; that is told.",
        ),
    ] = False,
    show_secrets: ShowSecrets = False,
    extra_vars: ExtraVars = None,
    vault_password_file: VaultPasswordFile = None,
    accept_host_key: AcceptHostKey = None,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Render an edge site's ClusterInstance with all it needs; or patch one, or convert a SiteConfig."""
    look = Look.of(json=json, no_color=no_color, verbose=0)
    is_more = dry_run or despite_defects
    if not (into or from_siteconfig or is_more) and site is not None and inventory is not None:
        _render(
            site,
            Request(inventory, None, extra_vars, vault_password_file, accept_host_key),
            look,
            out,
            show_secrets,
        )
    elif into is not None and from_siteconfig is None and out is None:
        _patch(into, site, look, dry_run=dry_run, despite_defects=despite_defects)
    elif from_siteconfig is not None and into is None and not dry_run:
        _convert(from_siteconfig, site, look, out, despite_defects=despite_defects)
    elif site is not None and not (into or from_siteconfig or is_more):
        execute(_COMMAND, look, _refuse_without_mirror, str)
    else:
        execute(_COMMAND, look, _refuse, str)


def _refuse(_progress: object) -> str:
    raise ConfigError(
        "cannot tell what is wanted of precache instance",
        why="it takes --site and -i, to render; or --into, which may have --dry-run; or --from-siteconfig, "
        "which may have --out",
        fix="give one of the three; `bootstrap-registry precache instance --help` has them",
    )


def _refuse_without_mirror(_progress: object) -> str:
    raise ConfigError(
        "cannot render a ClusterInstance without the mirror",
        why="release, mirror sets and pull secret are its; --site is there, and -i is not",
        fix="give -i INVENTORY, too; or --into FILE, which puts what loads images into a ClusterInstance",
    )


def _render(site: Path, request: Request, look: Look, out: Path | None, show_secrets: bool) -> None:
    from bootstrap.precache.instance.bundle import bundle
    from bootstrap.precache.read import read_file

    def make(given: Given) -> TakeAway:
        spec = read_file(site)
        raise_out_of_date(given, dt.datetime.now(dt.UTC))
        return bundle(spec, given)

    give(_COMMAND, request, look, make, out=out, show_secrets=show_secrets)


def _patch(into: Path, site: Path | None, look: Look, *, dry_run: bool, despite_defects: bool) -> None:
    from bootstrap.precache.ignition.overrides import overrides
    from bootstrap.precache.instance.into import edit_file
    from bootstrap.precache.spec import LABEL

    def do(_progress: object) -> Edited:
        edge = _edge_site(site)
        ours = overrides(LABEL if edge is None else edge.content.label)
        return edit_file(into, ours, dry_run=dry_run, despite_defects=despite_defects)

    execute(_COMMAND, look, do, edited_text)


def _convert(source: Path, site: Path | None, look: Look, out: Path | None, *, despite_defects: bool) -> None:
    from bootstrap.precache.ignition.overrides import overrides
    from bootstrap.precache.instance.convert import convert_file
    from bootstrap.precache.spec import LABEL, Templates

    def do(_progress: object) -> Taken:
        edge = _edge_site(site)
        ours = overrides(LABEL if edge is None else edge.content.label)
        templates = Templates() if edge is None else edge.templates
        made = convert_file(source, ours, templates, despite_defects=despite_defects)
        return Taken(made.files, made.notes, None if out is None else write(out, made, _COMMAND))

    execute(_COMMAND, look, do, text_of)


def _edge_site(site: Path | None) -> EdgeSite | None:
    from bootstrap.precache.read import read_file

    return None if site is None else read_file(site, is_installed=False)


def edited_text(edited: Edited) -> str:
    """Return it for a person: the diff, then what was done, then what is wrong with the file."""
    if not edited.is_changed:
        line = f"{edited.file}: nothing to change"
    elif edited.is_written:
        line = f"{edited.file}: changed; what it was: {edited.backup}"
    else:
        line = f"{edited.file}: would change"
    return edited.diff + "".join(f"{each}\n" for each in (*edited.corrected, line, *edited.notes))
