"""``bootstrap-registry precache``: images at the edge before a site installs, or upgrades."""

from __future__ import annotations

from collections.abc import Callable

import typer

from bootstrap.cli.precache_disk import disk
from bootstrap.cli.precache_ignition import ignition
from bootstrap.cli.precache_init import init
from bootstrap.cli.precache_instance import instance
from bootstrap.cli.precache_partition import partition
from bootstrap.cli.precache_status import status
from bootstrap.cli.precache_talm import check_talm, talm

app = typer.Typer(
    help="Edge sites: images on their disks, and what makes nodes load them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_Command = Callable[..., None]
# In the order in which they are met; the words are what the list of commands has room for.
_COMMANDS: tuple[tuple[str, _Command, str], ...] = (
    ("init", init, "Write an edge site's file to begin with."),
    ("partition", partition, "Make the partition on a disk."),
    ("disk", disk, "Write a site's images to its disk."),
    ("ignition", ignition, "Give what makes nodes load images from disks."),
    ("instance", instance, "Render, patch or convert a ClusterInstance."),
    ("talm", talm, "Render an upgrade, its images first."),
    ("check-talm", check_talm, "Judge objects of your own for TALM."),
    ("status", status, "Tell how TALM's pre-caching gets on."),
)
for _name, _function, _summary in _COMMANDS:
    app.command(name=_name, short_help=_summary)(_function)


@app.callback()
def _group() -> None:
    """Keep it a group: Typer makes a single command of an app that has one."""
