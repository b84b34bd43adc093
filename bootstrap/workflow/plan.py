"""``plan``: what a run would move, what it would take of each disk, and how long; changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bootstrap.errors import BootstrapError, ConfigError, HostError
from bootstrap.host.agent import Agent, told_error
from bootstrap.site.model import Site
from bootstrap.workflow.connect import connect
from bootstrap.workflow.mirror import free_elsewhere
from bootstrap.workflow.progress import Progress, Silent

Line = Mapping[str, Any]


@dataclass(frozen=True)
class Planned:
    """What a run would do; lines as ``bootstrap/mirror/shares.py`` and ``space.py`` describe them.

    Attributes:
        registries: With the numbers of the event ``planned``, the first one first.
        content: A line for each release, for what there is besides, for what several have; the total.
        images: A line for each image, for what several have; the total.
        file_systems: That it would write to.
        estimate: ``seconds`` (None: no run to go by), ``bytes_per_second`` and ``runs``.
        problems: What stands against it.
    """

    engine: str
    engine_reason: str
    releases: tuple[Line, ...]
    registries: tuple[Line, ...]
    content: tuple[Line, ...]
    images: tuple[Line, ...]
    file_systems: tuple[Line, ...]
    estimate: Line
    warnings: tuple[str, ...]
    problems: tuple[BootstrapError, ...]


def plan(site: Site, progress: Progress | None = None) -> Planned:
    """Ask the mirror host what a run with the site's image set would do.

    Raises:
        HostError: There is no agent, or one that is older than this.
        BootstrapError: Nothing can be said: image set, update graph, or a registry that does not answer.
    """
    progress = progress or Silent()
    progress.phase("plan")
    imageset = _imageset(site)
    with closing(connect(site.mirror_host)) as connection:
        agent = Agent(connection)
        agent.refuse_absent()
        try:
            told = agent.plan(imageset=imageset, free_bytes=free_elsewhere(site, {}))
        except ConfigError as error:
            if "--imageset" not in error.why:
                raise
            raise HostError(
                f"{connection.host}: its mirror agent cannot make this plan",
                why="it is older than this bootstrap-registry",
                fix="run `bootstrap-registry up`, which brings the agent of this version",
            ) from error
        problems = tuple(told_error(problem, connection.host) for problem in told["problems"])
    return Planned(
        engine=str(told["engine"]),
        engine_reason=str(told["engine_reason"]),
        releases=tuple(told["releases"]),
        registries=tuple(told["registries"]),
        content=tuple(told["content"]),
        images=tuple(told["images"]),
        file_systems=tuple(told["file_systems"]),
        estimate=told["estimate"],
        warnings=tuple(told["warnings"]),
        problems=problems,
    )


def _imageset(site: Site) -> str:
    """Return the text of the image set as it is here, which may be newer than the one on the mirror host.

    Raises:
        ConfigError: It cannot be read.
    """
    path = Path(site.mirror_host.text("mirror_content_imageset")).expanduser()
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"cannot read the image set {path}",
            why=str(error),
            fix="correct mirror_content_imageset, or write the file",
        ) from error
