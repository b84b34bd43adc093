"""``precache talm``: an upgrade for Topology Aware Lifecycle Manager, its images first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bootstrap.cli.host_key import AcceptHostKey
from bootstrap.cli.request import ExtraVars, Inventory, Json, NoColor, Request, VaultPasswordFile
from bootstrap.cli.session import Look, execute
from bootstrap.cli.take_away import Out, give
from bootstrap.cli.waiting import say_waiting
from bootstrap.cluster.given import Given
from bootstrap.cluster.take_away import TakeAway

if TYPE_CHECKING:
    from bootstrap.precache.talm.check import Checked

Texts = list[str] | None


def talm(
    inventory: Inventory,
    to: Annotated[
        str | None, typer.Option(help="The release to upgrade to: 4.20.9.", show_default=False)
    ] = None,
    from_: Annotated[
        str | None,
        typer.Option(
            "--from", help="The release that the clusters have; says what is new.", show_default=False
        ),
    ] = None,
    clusters: Annotated[
        Texts, typer.Option(help="Names of clusters, NAME,NAME; may be repeated.", show_default=False)
    ] = None,
    selector: Annotated[
        Texts,
        typer.Option(
            help="Clusters by label, KEY=VALUE,KEY=VALUE; of several, one has to fit.", show_default=False
        ),
    ] = None,
    operators: Annotated[
        Texts,
        typer.Option(
            help="Operators that the clusters have: PACKAGE[:CHANNEL][@NAMESPACE[/SUBSCRIPTION]]; may be "
            "repeated.",
            show_default=False,
        ),
    ] = None,
    catalog: Annotated[
        str | None,
        typer.Option(
            help="The catalog that --operators are from, where several have them: as the image set names it, "
            "or its CatalogSource.",
            show_default=False,
        ),
    ] = None,
    site: Annotated[
        Path | None,
        typer.Option(
            help="Operators and additional images of this edge site, too: edge-site.yaml.", show_default=False
        ),
    ] = None,
    exclude: Annotated[
        Texts,
        typer.Option(
            help="Leave out images of the release: a pattern of `grep -G`, for NAME$PULLSPEC; may be "
            "repeated.",
            show_default=False,
        ),
    ] = None,
    additional_image: Annotated[
        Texts, typer.Option(help="One more image; may be repeated.", show_default=False)
    ] = None,
    space: Annotated[
        str | None,
        typer.Option(
            help="Space to ask for on a node: 45 GiB, 40 GB. Default: computed.", show_default=False
        ),
    ] = None,
    canary: Annotated[
        Texts, typer.Option(help="Clusters to upgrade before the others.", show_default=False)
    ] = None,
    max_concurrency: Annotated[int, typer.Option(help="Most clusters to upgrade at once.")] = 1,
    timeout: Annotated[
        int, typer.Option(help="Minutes, for the pre-caching of a cluster and for the upgrade.")
    ] = 240,
    architecture: Annotated[
        str | None,
        typer.Option(help="Of the clusters' nodes. Default: that of the release.", show_default=False),
    ] = None,
    channel: Annotated[
        str | None, typer.Option(help="Of the ClusterVersion. Default: stable-X.Y.", show_default=False)
    ] = None,
    upstream: Annotated[
        str | None,
        typer.Option(help="Update service for the ClusterVersion: its URL.", show_default=False),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(help="Of the ClusterGroupUpgrade. Default: upgrade-X-Y-Z.", show_default=False),
    ] = None,
    namespace: Annotated[str, typer.Option(help="Of all objects, on the hub.")] = "ztp-upgrade",
    cluster_set: Annotated[str, typer.Option(help="ManagedClusterSet that has the clusters.")] = "global",
    out: Out = None,
    extra_vars: ExtraVars = None,
    vault_password_file: VaultPasswordFile = None,
    accept_host_key: AcceptHostKey = None,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Render an upgrade that pre-caches: policies, PreCachingConfig, ClusterGroupUpgrade, image list."""
    from bootstrap.precache.read import read_file
    from bootstrap.precache.talm.read import Typed, read_upgrade
    from bootstrap.precache.talm.render import talm_files

    typed = Typed(
        before=from_,
        version=to,
        clusters=clusters or (),
        selectors=selector or (),
        canaries=canary or (),
        operators=operators or (),
        catalog=catalog,
        exclude=exclude or (),
        additional=additional_image or (),
        architecture=architecture,
        name=name,
        namespace=namespace,
        space=space,
        max_concurrency=max_concurrency,
        timeout_minutes=timeout,
        channel=channel,
        upstream=upstream,
        cluster_set=cluster_set,
    )

    def make(given: Given) -> TakeAway:
        upgrade = read_upgrade(typed, None if site is None else read_file(site, is_installed=False).content)
        return talm_files(given, upgrade)

    request = Request(inventory, None, extra_vars, vault_password_file, accept_host_key)
    give("precache talm", request, Look.of(json=json, no_color=no_color, verbose=0), make, out=out)


def check_talm(
    file: Annotated[
        Path,
        typer.Argument(
            help="ClusterGroupUpgrades, PreCachingConfigs, policies: a file or directory; - is standard "
            "input."
        ),
    ] = Path("-"),
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Judge objects of your own for TALM: what it ignores or refuses, and what contradicts; asks nobody."""
    from bootstrap.cluster.read import read_objects
    from bootstrap.precache.talm.check import check

    def do(_progress: object) -> Checked:
        say_waiting(file, "objects for TALM, as `oc get … -o yaml` prints them,")
        return check(read_objects(file))

    execute(
        "precache check-talm",
        Look.of(json=json, no_color=no_color, verbose=0),
        do,
        _checked_text,
        problems_of=lambda found: tuple(each.problem for each in found.findings if each.is_error),
    )


def _checked_text(found: Checked) -> str:
    warnings = [
        f"warning: {each.where}\n  why: {each.why}\n  fix: {each.fix}\n"
        for each in found.findings
        if not each.is_error
    ]
    objects, warned = len(found.objects), len(warnings)
    counted = f"{objects} object{'s'[: objects != 1]}, {warned} warning{'s'[: warned != 1]}\n"
    return "".join(warnings) + counted
