"""``bootstrap-registry precache disk``."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bootstrap.cli.host_key import AcceptHostKey
from bootstrap.cli.precache_partition import Erase, Yes, confirm, tell
from bootstrap.cli.request import ExtraVars, Inventory, Json, NoColor, Request, VaultPasswordFile, Verbose
from bootstrap.cli.session import Look, execute
from bootstrap.cli.table import table
from bootstrap.cli.units import bytes_text
from bootstrap.errors import ConfigError
from bootstrap.precache.disk.names import Format

if TYPE_CHECKING:
    from bootstrap.precache.disk.told import Built
    from bootstrap.workflow.progress import Progress

_MOST_NAMED = 10
_STOPPED = (
    "images on the partition stay, its lists are as before, and the same command again goes on from there."
)


def disk(
    inventory: Inventory,
    to: Annotated[
        Path,
        typer.Option(
            "--to",
            help="What to fill: a disk or an image of one, by its partition; or the directory where that is "
            "mounted.",
        ),
    ],
    site: Annotated[
        Path | None,
        typer.Option(
            "--site",
            metavar="FILE",
            help="The edge site: its architecture, operators, further images and patterns.",
            show_default=False,
        ),
    ] = None,
    release: Annotated[
        str | None,
        typer.Option(
            "--release",
            metavar="VERSION",
            help="The release that is installed. Default: the site's, else the newest that is mirrored.",
            show_default=False,
        ),
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(
            "--mapping",
            metavar="FILE",
            help="Take the images of a mapping.txt of oc-mirror instead of a release's.",
            show_default=False,
        ),
    ] = None,
    discovery_image: Annotated[
        list[str] | None,
        typer.Option(
            "--discovery-image",
            metavar="IMAGE",
            help="One more that hosts need while they are discovered; may be repeated.",
        ),
    ] = None,
    filter_file: Annotated[
        Path | None,
        typer.Option(
            "--filter",
            metavar="FILE",
            help="Leave out what a pattern of this file is in: YAML, `patterns: [REGEX, …]`.",
            show_default=False,
        ),
    ] = None,
    form: Annotated[
        Format,
        typer.Option("--format", help="One OCI layout, or an archive an image as telco-ran-tools has it."),
    ] = Format.LAYOUT,
    parallel: Annotated[int, typer.Option(help="Most transfers at once.", min=1, max=64)] = 4,
    verify: Annotated[
        bool, typer.Option("--verify", help="Read what is there already, and fetch what is damaged again.")
    ] = False,
    rm_stale: Annotated[
        bool, typer.Option("--rm-stale", help="Remove images that no list names any more.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be written, and write nothing.")
    ] = False,
    make_partition: Annotated[
        bool,
        typer.Option("--partition", help="Make the partition first, as `precache partition` does."),
    ] = False,
    size: Annotated[
        str | None,
        typer.Option(help="Of the partition: 300GiB, or all. Default: 250GiB.", show_default=False),
    ] = None,
    erase: Erase = None,
    yes: Yes = False,
    extra_vars: ExtraVars = None,
    vault_password_file: VaultPasswordFile = None,
    accept_host_key: AcceptHostKey = None,
    verbose: Verbose = 0,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Write the images of a release, and of a site, to a disk, for nodes that load them from there."""
    from bootstrap.precache.disk.build import Options
    from bootstrap.precache.disk.target import opened
    from bootstrap.precache.partition.make import make
    from bootstrap.precache.partition.plan import Wanted
    from bootstrap.precache.partition.sizes import read_size
    from bootstrap.precache.read import read_file
    from bootstrap.precache.spec import LABEL
    from bootstrap.workflow.given import given_of
    from bootstrap.workflow.precache_disk import Asked, precache_disk, rehearse

    request = Request(inventory, None, extra_vars, vault_password_file, accept_host_key)

    def do(progress: Progress) -> Built:
        edge = read_file(site, is_installed=False) if site is not None else None
        asked = Asked(to, edge, release, mapping, tuple(discovery_image or ()), filter_file)
        options = Options(form, parallel, verify, rm_stale, dry_run)
        label = edge.content.label if edge is not None else LABEL

        wanted = Wanted(label, None if size is None else read_size(size), erase=erase)

        def open_target(target: Path, needed: Callable[[], int]) -> AbstractContextManager[Path]:
            def prepare() -> None:
                if make_partition and not dry_run:
                    full = replace(wanted, needed=needed())
                    make(to, full, lambda found: confirm(found, is_asking=not yes))

            return opened(target, label, prepare)

        refuse_mixed(to, has_words=size is not None or erase is not None or yes, is_making=make_partition)
        given = given_of(request.site())
        if make_partition and dry_run:
            found = rehearse(given, asked, options, progress, wanted=wanted, tell=tell)
            if found is not None:
                return found
        return precache_disk(given, asked, options, progress, open_target=open_target)

    execute(
        "precache disk",
        Look.of(json=json, no_color=no_color, verbose=verbose),
        do,
        built_text,
        problems_of=lambda built: built.problems,
        on_interrupt=_STOPPED,
        accept=request.accept,
        inventory=request.inventory,
    )


def refuse_mixed(to: Path, *, has_words: bool, is_making: bool) -> None:
    """Raise where options of the partition have nothing to be about.

    Raises:
        ConfigError: They have not.
    """
    from bootstrap.precache.disk.target import is_disk

    if is_making and not is_disk(to):
        raise ConfigError(
            f"cannot make a partition on {to}",
            why="it is no disk, and no file that could be the image of one",
            fix="leave out --partition, or give a disk (see `lsblk`)",
        )
    if has_words and not is_making:
        raise ConfigError(
            "cannot use --size, --erase or --yes here",
            why="they are about the partition, and none is to be made",
            fix="say --partition, too, or leave them out",
        )


def built_text(built: Built) -> str:
    """Return it for a person: what is on the disk, what was done, what is left to look at."""
    release = f"release {built.release}, " if built.release else ""
    stages = f"{built.discovery} for the discovery, {built.install} for the installation"
    what = f"{release}linux/{built.architecture}, {built.images} images ({stages})"
    lines = [f"{shlex.quote(str(built.directory))}: {what}"]
    parts = "blobs" if built.format == "layout" else "archives"
    lacking = built.files - built.files_there
    rows = [
        ["on the disk", str(built.files), bytes_text(built.bytes)],
        ["there before", str(built.files_there), bytes_text(built.bytes_there)],
        ["to write", str(lacking), bytes_text(built.bytes - built.bytes_there)],
    ]
    lines.append(table(["", parts.upper(), "SIZE"], rows, right=(1, 2)).rstrip("\n"))
    lines.append(
        f"free space: {bytes_text(built.bytes_free)}, of which it takes {bytes_text(built.bytes_needed)}"
    )
    if built.is_written:
        fetched = f"fetched {built.blobs_copied} blobs, {bytes_text(built.bytes_copied)}"
        lines.append(f"written: {fetched}" if built.is_changed else "nothing to change")
    lines += _listed("damaged, and fetched again" if built.is_written else "damaged", built.damaged)
    lines += _listed("left out by a pattern", built.excluded)
    removed = "removed" if built.is_removed else "no longer named, --rm-stale removes them"
    lines += _listed(f"{removed} ({bytes_text(built.bytes_stale)})", built.stale)
    return "\n".join(lines) + "\n"


def _listed(title: str, names: tuple[object, ...]) -> list[str]:
    if not names:
        return []
    more = [f"  … and {len(names) - _MOST_NAMED} more"] if len(names) > _MOST_NAMED else []
    return [f"{title}: {len(names)}", *(f"  {name}" for name in names[:_MOST_NAMED]), *more]
