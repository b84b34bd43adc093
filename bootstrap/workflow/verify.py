"""``verify``: does every registry really hold what the ledger says, where clusters look for it?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from bootstrap.errors import BootstrapError, HostError, Problems
from bootstrap.host.agent import Event
from bootstrap.site.model import Site
from bootstrap.workflow.connect import connect
from bootstrap.workflow.mirror import free_elsewhere, run_agent
from bootstrap.workflow.progress import Progress, Silent
from bootstrap.workflow.turn import asker


@dataclass(frozen=True)
class VerifiedImage:
    """One image in one registry.

    Attributes:
        group: ``release 4.20.9 amd64``, ``additional images`` …
        destination: Repository and tag; the repository alone for an image that is there by digest.
        bytes: Of all manifests and blobs.
        why: What is wrong with it, or why nobody knows; None when all is well.
        outcome: ``ok``, ``broken``, or ``unchecked`` when the registry did not answer, or refused us.
    """

    registry: str
    group: str
    source: str
    destination: str
    digest: str
    bytes: int
    why: str | None
    outcome: str


@dataclass(frozen=True)
class Verified:
    """A verification that came to its end, whatever it found.

    Attributes:
        run: Its id; empty when it found something.
        registries: The last event ``verified`` of every registry that answered.
        images: Of all registries that answered.
        problems: What is missing or wrong; then what could not be looked at.
    """

    run: str
    registries: tuple[Event, ...]
    images: tuple[VerifiedImage, ...]
    problems: tuple[BootstrapError, ...]


def verify(
    site: Site, progress: Progress | None = None, *, deep: bool = False, repairs: bool = False
) -> Verified:
    """Check every image of the ledger at every registry.

    Args:
        site: Whose registries.
        progress: Hears what happens.
        deep: Read and hash every blob, too.
        repairs: Mirror again what is missing or broken.

    Raises:
        BootstrapError: Nothing could be verified: the agent could not be asked, or no registry.
    """
    progress = progress or Silent()
    progress.phase("verify the mirror")
    listening = _Listening(progress)
    free = free_elsewhere(site, {}) if repairs else {}
    flags = [*(["--deep"] if deep else []), *(["--repair"] if repairs else [])]
    problems: tuple[BootstrapError, ...] = ()
    run = ""
    with closing(connect(site.mirror_host)) as connection:
        try:
            run, _ = run_agent(
                connection,
                "verify",
                listening,
                free_bytes=free,
                asked_by=asker(" ".join([f"bootstrap-registry verify -i {site.source}", *flags])),
                flags=flags,
            )
        except BootstrapError as error:
            if not listening.images:
                raise
            problems = error.problems if isinstance(error, Problems) else (error,)
    problems += tuple(_unknown(site, listening.registries))
    run = "" if problems else run
    return Verified(run, tuple(listening.verified.values()), tuple(listening.images), problems)


def _unknown(site: Site, known: Sequence[str]) -> Iterator[BootstrapError]:
    """Yield an error for each registry of the site that the mirror host was not told of.

    Args:
        site: As the inventory has it now.
        known: Locations that the mirror host knows; empty when its agent does not say.
    """
    for host in site.registries if known else ():
        if host.location not in known:
            yield HostError(
                f"{host.name}: the registry {host.location} was not verified",
                why=f"it is in the inventory, and the mirror host knows only {', '.join(known)}: no `up` has "
                "set it up since it was added, so all images are missing there",
                fix="run `bootstrap-registry up`, which sets it up and fills it",
            )


class _Listening(Silent):
    """Hands on what a run tells, and keeps what it says of registries and images."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.verified: dict[str, Event] = {}
        self.images: list[VerifiedImage] = []
        self.registries: tuple[str, ...] = ()

    def note(self, text: str) -> None:
        self._progress.note(text)

    def mirror(self, event: Event) -> None:
        if event["event"] == "run_started":  # of another than we heard before, maybe
            self.verified, self.images = {}, []
            self.registries = tuple(event.get("registries", ()))
        if event["event"] == "verified":
            self.verified[event["registry"]] = event
        if event["event"] == "image_verified":
            named = {name: event[name] for name in ("registry", "group", "source", "destination", "digest")}
            named |= {"bytes": int(event["bytes"]), "why": event["why"] or None, "outcome": event["outcome"]}
            self.images.append(VerifiedImage(**named))
        self._progress.mirror(event)
