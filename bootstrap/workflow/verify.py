"""``verify``: does every registry really hold what the ledger says?"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from bootstrap.host.agent import Event
from bootstrap.site.model import Site
from bootstrap.workflow.connect import connect
from bootstrap.workflow.mirror import run_agent
from bootstrap.workflow.progress import Progress, Silent
from bootstrap.workflow.turn import asker


@dataclass(frozen=True)
class Verified:
    """A verification that found nothing wrong.

    Attributes:
        registries: ``verified`` events, one a registry: location, images, seconds.
    """

    run: str
    registries: tuple[Event, ...]


def verify(site: Site, progress: Progress | None = None) -> Verified:
    """Check every image of the ledger at every registry.

    Raises:
        VerificationError: Something is missing or wrong; it names the images.
        BootstrapError: The agent or a registry could not be asked.
    """
    progress = progress or Silent()
    progress.phase("verify the mirror")
    listening = _Listening(progress)
    with closing(connect(site.mirror_host)) as connection:
        run, _ = run_agent(
            connection,
            "verify",
            listening,
            asked_by=asker(f"bootstrap-registry verify -i {site.source}"),
        )
    return Verified(run, tuple(listening.verified))


class _Listening(Silent):
    """Hands on what a run tells, and keeps its ``verified`` events."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.verified: list[Event] = []

    def note(self, text: str) -> None:
        self._progress.note(text)

    def mirror(self, event: Event) -> None:
        if event["event"] == "verified":
            self.verified.append(event)
        self._progress.mirror(event)
