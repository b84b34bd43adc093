"""What an engine is asked to do; it only moves."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable, Mapping, Protocol, Sequence

if TYPE_CHECKING:
    from pathlib import Path

    from bootstrap.errors import BootstrapError
    from bootstrap.imageset.model import ImageSet
    from bootstrap.mirror.collected import Sources
    from bootstrap.mirror.image import Failure, Image, Wanted
    from bootstrap.mirror.plan import Plan
    from bootstrap.mirror.progress import Counts
    from bootstrap.store.interface import Destination, Source


@dataclass(frozen=True)
class Job:
    """A plan to be carried out.

    Attributes:
        locate: Where an image of the plan can be read: store and repository.
        workers: Most blobs in flight at once.
        stop: Set when everything has to end.
        on_image: Called, by any thread, with each image that is whole now.
        on_progress: Called on the engine's main thread, at most twice a second, with the numbers of the
            event ``progress``.
        disk_full: Asked after a failure with the bytes that were to be written: the error that says that they
            have no room, and nothing more need be tried; None otherwise.
        look: Asks the destination what it lacks now; None for who need not ask.
        warn: Tells what and why of something that is no failure.
    """

    plan: Plan
    locate: Callable[[Wanted], tuple[Source, str]]
    destination: Destination
    workers: int
    stop: threading.Event
    on_image: Callable[[Image], None]
    on_progress: Callable[[Mapping[str, Any]], None]
    disk_full: Callable[[int], BootstrapError | None] = lambda _size: None
    look: Callable[[], Plan] | None = None
    warn: Callable[[str, str], None] = lambda _what, _why: None

    def still_missing(self) -> Plan:
        """Return what is to be done now, after asking the destination."""
        return self.look() if self.look else self.plan


@dataclass(frozen=True)
class Moved:
    """How it went; images that are not among the failures are said to be whole, which is then verified.

    Attributes:
        resources: Kubernetes objects that the engine made, of kinds that the ledger cannot render.
        rebuilt: Images that it made anew, with another digest: as they are at the destination.
    """

    counts: Counts
    failures: tuple[Failure, ...] = field(default=())
    resources: tuple[Mapping[str, Any], ...] = ()
    rebuilt: Mapping[Wanted, Image] = field(default_factory=dict)


class Engine(Protocol):
    """Something that moves images."""

    @property
    def name(self) -> str:
        """As the setting, the events and the ledger call it."""

    @property
    def version(self) -> str:
        """Of a tool that is not ours; empty for our own."""

    def refusal(self, image_set: ImageSet) -> str | None:
        """Return what of ``image_set`` it cannot mirror, as half a sentence; None when it can do all."""

    def discover(
        self,
        image_set: ImageSet,
        known: Sequence[Wanted],
        sources: Sources,
        location: str,
        stop: threading.Event,
    ) -> tuple[list[Wanted], list[Failure]]:
        """Return the images of ``image_set`` that only the engine can name, and those it cannot look at.

        Args:
            image_set: All of it.
            known: Images that we have found ourselves.
            sources: Where images are.
            location: Of the first registry.
            stop: Set when everything has to end.
        """

    def move(self, job: Job) -> Moved:
        """Carry out the plan of ``job``; what is at the destination already is not sent again.

        Raises:
            Stopped: ``job.stop`` was set.
        """


@dataclass(frozen=True)
class ArchiveJob:
    """A plan of archives to be written.

    Attributes:
        directory: Where to; it is there.
        stop: Set when everything has to end.
        on_progress, locate, workers: As a ``Job``'s.
        tell: What goes on now.
        warn: Tells what and why of something that is no failure.
    """

    plan: Plan
    directory: Path
    stop: threading.Event
    on_progress: Callable[[Mapping[str, Any]], None]
    tell: Callable[[str], None]
    warn: Callable[[str, str], None]
    locate: Callable[[Wanted], tuple[Source, str]]
    workers: int


@dataclass(frozen=True)
class Archived:
    """What is in archives, after a look into all of them.

    Attributes:
        sums: SHA-256 of each file, in hex, by its path below the directory.
        failures: Images that are not whole there.
        seconds: Spent with writing, without the look.
    """

    counts: Counts
    sums: Mapping[str, str]
    failures: tuple[Failure, ...]
    seconds: float


class Archiver(Engine, Protocol):
    """An engine that also writes images to a directory of archives, or moves them from there.

    One is made for a directory, which ``refuse`` has nothing against.
    """

    @property
    def keeps_cache(self) -> bool:
        """Whether all content is in a cache of its own, too, on the way to archives and from them."""

    def write(self, job: ArchiveJob) -> Archived:
        """Write all images of a plan; what is there of an earlier run that did not finish is no archive.

        Raises:
            HostError: What was written cannot be read.
            OSError: The directory cannot be written.
            Stopped: ``stop`` was set.
            TransferError: There are no archives at all.
        """

    def files(self, directory: Path) -> list[str]:
        """Return the archives' files that are in ``directory``: paths below it."""

    def held(self, directory: Path, stop: threading.Event) -> Mapping[tuple[str, str], str]:
        """Return what could be moved from there: hex digest of a manifest by repository and tag.

        Raises:
            VerificationError: The archives cannot be read.
            Stopped: ``stop`` was set.
        """
