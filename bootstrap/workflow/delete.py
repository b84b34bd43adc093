"""``delete``: take images out of the registries; what goes is shown, and only that is deleted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bootstrap.errors import ConfigError, HostError
from bootstrap.host.agent import Agent, Event
from bootstrap.imageset.read import read_delete_text
from bootstrap.site.model import Site
from bootstrap.workflow.connect import connect
from bootstrap.workflow.mirror import prepare, run_agent
from bootstrap.workflow.progress import Progress, Silent
from bootstrap.workflow.resources import publish_resources
from bootstrap.workflow.turn import Turn, asker
from bootstrap.workflow.web_server import serve_boot_images


@dataclass(frozen=True)
class ToDelete:
    """What goes at one registry.

    Attributes:
        images: ``source``, ``repository``, ``reference`` (tag or digest), ``digest``, ``bytes`` that nothing
            else that stays has, and ``also``: what goes with it.
        staying: ``destination`` and ``needed_by`` of what stays although it was to be deleted.
        absent: Images that are not there anyway.
        stale: How many of the ledger that are: they are only forgotten.
        bytes: Of all.
    """

    registry: str
    images: tuple[Mapping[str, Any], ...]
    staying: tuple[Mapping[str, Any], ...]
    absent: int
    stale: int
    bytes: int


@dataclass(frozen=True)
class Deleted:
    """How it ended.

    Attributes:
        run: That deleted; empty when there was nothing to delete.
        listed: What was shown.
        deleted: Images by registry.
        resources: The directory of cluster resources; None when nothing was deleted.
    """

    run: str
    listed: tuple[ToDelete, ...]
    deleted: Mapping[str, int]
    resources: Path | None
    is_new: bool


def read(path: Path) -> str:
    """Return the text of the ``DeleteImageSetConfiguration`` in the file ``path``.

    Raises:
        ConfigError: It cannot be read, or something in it is wrong: all of it.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"cannot read {path}", why=str(error), fix="give the path of a DeleteImageSetConfiguration"
        ) from error
    read_delete_text(text, name=str(path))
    return text


def refuse_locked(site: Site) -> None:
    """See that all registries that we set up allow deleting.

    Raises:
        ConfigError: Some do not.
    """
    locked = [
        host.name for host in site.registries_set_up if not host.flag("registry_service_delete_enabled")
    ]
    if locked:
        raise ConfigError(
            f"cannot delete images from {', '.join(locked)}",
            why="registry_service_delete_enabled is false: the registry refuses it",
            fix="set it to true, and run `bootstrap-registry up`",
        )


def delete(
    site: Site,
    text: str,
    progress: Progress | None = None,
    *,
    confirm: Callable[[tuple[ToDelete, ...]], None],
    verbosity: int = 0,
) -> Deleted:
    """Have what goes listed on the mirror host, ask, and have it deleted.

    Args:
        site: Whose registries.
        text: A ``DeleteImageSetConfiguration``.
        progress: Hears what happens.
        confirm: Gets what goes; raises when it shall not.
        verbosity: Number of ``-v`` for Ansible.

    Raises:
        BootstrapError: Nothing, or not all, was deleted.
    """
    refuse_locked(site)
    listening = _Listening(progress or Silent())
    with Turn(site, "delete", listening) as turn:
        prepare(site, listening, turn, verbosity=verbosity, asks_sources=False)
        with closing(connect(site.mirror_host)) as connection:
            listening.phase("list what to delete")
            listed, _ = run_agent(
                connection,
                "delete-list",
                listening,
                asked_by=turn.asker,
                on_started=turn.end,
                flags=["--imageset", "-"],
                stdin=text,
            )
            if not listening.to_delete:
                raise HostError(
                    f"{site.mirror_host.name}: run {listed} told nothing to delete",
                    why="its agent is of another version",
                    fix="run the same command again",
                )
            found = tuple(listening.to_delete.values())
            if not any(each.images or each.stale for each in found):
                return Deleted("", found, {}, None, is_new=False)
            confirm(found)
            listening.phase("delete")
            agent = Agent(connection)
            try:
                run, _ = run_agent(
                    connection,
                    "delete",
                    listening,
                    asked_by=asker(f"bootstrap-registry delete -i {site.source}"),
                    flags=["--listed", listed],
                )
            finally:
                # Clusters are told of what is there, also when not all is gone.
                ledger = agent.ledger()
                resources = publish_resources(site, ledger)
    serve_boot_images(site, ledger, listening)
    return Deleted(run, found, dict(listening.deleted), resources.directory, resources.is_new)


class _Listening:
    """Hands on what it hears, and keeps what is told of deleting."""

    def __init__(self, progress: Progress) -> None:
        self.to_delete: dict[str, ToDelete] = {}
        self.deleted: dict[str, int] = {}
        self.phase, self.task, self.note = progress.phase, progress.task, progress.note
        self._progress = progress

    def mirror(self, event: Event) -> None:
        if event["event"] == "run_started":  # of another than we heard before, maybe
            self.deleted = {}
            self.to_delete = {} if event["operation"] == "delete-list" else self.to_delete
        if event["event"] == "to_delete":
            self.to_delete[event["registry"]] = ToDelete(
                event["registry"],
                tuple(event["images"]),
                tuple(event["staying"]),
                int(event["absent"]),
                int(event["stale"]),
                int(event["bytes"]),
            )
        if event["event"] == "deleted":
            self.deleted[event["registry"]] = int(event["images"])
        self._progress.mirror(event)
