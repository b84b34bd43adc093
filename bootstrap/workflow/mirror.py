"""``mirror``: fill the registries with what the image set names; only what is new moves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bootstrap.errors import BootstrapError, Busy, HostError, Problems
from bootstrap.host.agent import Agent, Event, told_error
from bootstrap.host.interface import Connection
from bootstrap.host.preflight import look
from bootstrap.site.model import Host, Site
from bootstrap.workflow.check import Checked, check, wanted_of
from bootstrap.workflow.configure import configure
from bootstrap.workflow.connect import connect
from bootstrap.workflow.progress import Progress, Silent
from bootstrap.workflow.registry_image import ensure_registry_image
from bootstrap.workflow.resources import publish_resources
from bootstrap.workflow.turn import Turn, asker_text
from bootstrap.workflow.web_server import serve_boot_images


@dataclass(frozen=True)
class Mirrored:
    """How a run ended.

    Attributes:
        run: Its id on the mirror host.
        finished: The run's last event: outcome, and totals by registry.
        releases: ``"4.20.9 amd64"`` …, all that the ledger now holds.
        resources: The directory of cluster resources.
        is_new: Whether the cluster resources differ from those of the run before.
    """

    run: str
    finished: Event
    releases: tuple[str, ...]
    images: int
    resources: Path
    is_new: bool

    @property
    def blobs_copied(self) -> int:
        """Blobs that were sent, over all registries."""
        return sum(int(registry["blobs_copied"]) for registry in self.finished["registries"])

    @property
    def bytes_copied(self) -> int:
        """Bytes of the blobs that were sent, over all registries."""
        return sum(int(registry["bytes_copied"]) for registry in self.finished["registries"])


def mirror(
    site: Site, progress: Progress | None = None, *, verbosity: int = 0, from_disk: str = ""
) -> Mirrored:
    """Look at the site, bring the mirror host's settings and agent up to date, and mirror.

    Args:
        site: Whose registries.
        progress: Hears what happens.
        verbosity: Number of ``-v`` for Ansible.
        from_disk: Directory of archives on the mirror host, to take instead of the image set and its sources.

    Raises:
        Problems: The check found some.
        BootstrapError: The run failed; the same command resumes it.
    """
    progress = progress or Silent()
    with Turn(site, "mirror", progress) as turn:
        checked = prepare(site, progress, turn, verbosity=verbosity, asks_sources=not from_disk)
        return mirror_site(site, progress, checked=checked, turn=turn, from_disk=from_disk)


def prepare(
    site: Site, progress: Progress, turn: Turn, *, verbosity: int, asks_sources: bool = True
) -> Checked:
    """Look at the site, and bring its hosts to their state.

    Raises:
        Problems: The check found some.
        BootstrapError: A host cannot be brought there.
    """
    checked = check(site, progress, asks_sources=asks_sources)
    checked.raise_problems()
    refuse_newer_ledger(site)
    site.state.create()
    turn.take()
    ensure_registry_image(site, checked, progress)
    configure(site, progress, verbosity=verbosity)
    return checked


def refuse_newer_ledger(site: Site) -> None:
    """See that no newer bootstrap-registry has mirrored here, before its agent and settings are replaced.

    Raises:
        HostError: One has; it is named.
    """
    with closing(connect(site.mirror_host)) as connection:
        Agent(connection).refuse_newer_ledger(site.mirror_host.text("mirror_content_state_dir"))


def mirror_site(
    site: Site, progress: Progress, *, checked: Checked, turn: Turn, from_disk: str = ""
) -> Mirrored:
    """Start a run on the mirror host (or attach to the live one), follow it, and render what clusters take.

    ``turn`` ends when the run has begun.

    Raises:
        BootstrapError: What the run told us of its failure.
    """
    progress.phase("mirror the content")
    with closing(connect(site.mirror_host)) as connection:
        run, finished = run_agent(
            connection,
            "from-disk" if from_disk else "mirror",
            progress,
            free_bytes=free_elsewhere(site, checked.seen),
            asked_by=turn.asker,
            on_started=turn.end,
            flags=["--directory", from_disk] if from_disk else (),
        )
        ledger = Agent(connection).ledger()
    resources = publish_resources(site, ledger)
    for problem in resources.left_out:
        progress.note(f"{problem.what}: {problem.why}; {problem.fix}")
    serve_boot_images(site, ledger, progress)
    releases = sorted({f"{r['version']} {r['architecture']}" for r in ledger["releases"]})
    return Mirrored(
        run, finished, tuple(releases), len(ledger["images"]), resources.directory, resources.is_new
    )


def run_agent(
    connection: Connection,
    operation: str,
    progress: Progress,
    *,
    free_bytes: Mapping[str, int] | None = None,
    asked_by: Mapping[str, str] | None = None,
    on_started: Callable[[], None] = lambda: None,
    flags: Sequence[str] = (),
    stdin: str = "",
) -> tuple[str, Event]:
    """Start or attach to a run, follow it to its end, and return its id and last event.

    When the run that we attached to fails, or does something else than we are asked for (it began before the
    image set was changed, say), one of our own follows.

    Raises:
        HostError: The agent is not installed, or the run died.
        Busy: A verification was asked for while a run is going on.
        BootstrapError: The run failed; this is its own error (``Problems`` when it told several).
    """
    agent = Agent(connection)
    agent.refuse_absent()
    while True:
        started = agent.start(
            operation=operation, free_bytes=free_bytes, asked_by=asked_by, flags=flags, stdin=stdin
        )
        on_started()
        if started.is_attached and operation == "verify" and started.operation != "verify":
            raise Busy(
                f"{connection.host}: cannot verify now",
                why=f"run {started.run} is going on there, begun by {asker_text(started.asked_by)}",
                fix="follow it with `bootstrap-registry mirror`: a mirroring run verifies at its end",
            )
        if started.is_attached:
            who = asker_text(started.asked_by)
            progress.note(f"run {started.run} is going on already, begun by {who}: following it")
        finished, failures = _follow(agent, started.run, connection.host, progress)
        if not started.is_attached or (started.is_same and finished["outcome"] == "ok"):
            return started.run, _finished(finished, failures, connection.host, started.run)
        progress.note(
            f"run {started.run} ended as {finished['outcome']}, and was not ours: beginning another"
        )


def _follow(agent: Agent, run: str, host: str, progress: Progress) -> tuple[Event, list[BootstrapError]]:
    """Return the last event of ``run``, and the failures that it told."""
    failures: list[BootstrapError] = []
    for event in agent.follow(run):
        progress.mirror(event)
        if event["event"] == "failed":
            failures.append(told_error(event, host))
        if event["event"] == "run_finished":
            return event, failures
    raise HostError(
        f"{host}: run {run} told no end",
        why="its events stop in the middle",
        fix="run the same command again",
    )


def free_elsewhere(site: Site, known: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    """Return the free bytes of registries that the mirror host cannot see for itself.

    Args:
        site: Whose registries.
        known: By host, what a look at it showed; the others are looked at now.
    """
    elsewhere = (host for host in site.registries_set_up if host.name != site.mirror_host.name)
    seen = {host: known.get(host.name) or _seen_now(site, host) for host in elsewhere}
    return {
        host.location: int(shown["disks"]["registry_storage_root"]["free"])
        for host, shown in seen.items()
        if shown is not None
    }


def _seen_now(site: Site, host: Host) -> Mapping[str, Any] | None:
    """Look at a host that the limit left out of the check; None when it cannot be looked at."""
    try:
        with closing(connect(host)) as connection:
            return look(connection, wanted_of(site, host))
    except BootstrapError:
        return None  # the run warns of a registry whose disk nobody knows


def _finished(event: Event, failures: Sequence[BootstrapError], host: str, run: str) -> Event:
    if event["outcome"] == "ok":
        return event
    if failures:
        raise failures[0] if len(failures) == 1 else Problems(failures)
    raise HostError(
        f"{host}: run {run} ended as {event['outcome']}",
        why="it left no error of its own: was the machine switched off, or the agent killed?",
        fix="run the same command again: it moves only what is missing",
    )
