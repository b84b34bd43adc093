"""``mirror --to-disk``: archives of the image set on the mirror host, for where no source can be reached."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from bootstrap.errors import HostError
from bootstrap.host.agent import Event
from bootstrap.site.model import Site
from bootstrap.workflow.connect import connect
from bootstrap.workflow.mirror import prepare, run_agent
from bootstrap.workflow.progress import Progress, Silent
from bootstrap.workflow.turn import Turn


@dataclass(frozen=True)
class Archived:
    """Archives that were written and proved to be whole.

    Attributes:
        run: Its id on the mirror host.
        host: The mirror host.
        directory: There.
        files: ``name``, ``bytes`` and ``sha256`` of each.
    """

    run: str
    host: str
    directory: str
    images: int
    files: tuple[Mapping[str, Any], ...]


def to_disk(site: Site, name: str, progress: Progress | None = None, *, verbosity: int = 0) -> Archived:
    """Bring the mirror host up to date, and have oc-mirror or oc write archives there.

    Args:
        site: Whose image set.
        name: Of the directory, below the archives of the mirror host.
        progress: Hears what happens.
        verbosity: Number of ``-v`` for Ansible.

    Raises:
        BootstrapError: The run failed; the same command begins it again.
    """
    listening = _Listening(progress or Silent())
    with Turn(site, f"mirror --to-disk {name}", listening) as turn:
        prepare(site, listening, turn, verbosity=verbosity)
        listening.phase("mirror to disk")
        with closing(connect(site.mirror_host)) as connection:
            run, _ = run_agent(
                connection,
                "to-disk",
                listening,
                asked_by=turn.asker,
                on_started=turn.end,
                flags=["--directory", name],
            )
    told = listening.archived
    if told is None:
        raise HostError(
            f"{site.mirror_host.name}: run {run} told of no archives",
            why="its agent is of another version",
            fix="run the same command again",
        )
    return Archived(run, site.mirror_host.name, told["directory"], int(told["images"]), tuple(told["files"]))


class _Listening:
    """Hands on what it hears, and keeps what is told of archives."""

    def __init__(self, progress: Progress) -> None:
        self.archived: Event | None = None
        self.phase, self.task, self.note = progress.phase, progress.task, progress.note
        self._progress = progress

    def mirror(self, event: Event) -> None:
        if event["event"] == "archived":
            self.archived = event
        self._progress.mirror(event)
