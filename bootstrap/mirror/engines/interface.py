"""What an engine is asked to do; it only moves."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable, Mapping, Protocol

if TYPE_CHECKING:
    from bootstrap.errors import BootstrapError
    from bootstrap.imageset.model import ImageSet
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
    """

    plan: Plan
    locate: Callable[[Wanted], tuple[Source, str]]
    destination: Destination
    workers: int
    stop: threading.Event
    on_image: Callable[[Image], None]
    on_progress: Callable[[Mapping[str, Any]], None]
    disk_full: Callable[[int], BootstrapError | None] = lambda _size: None


@dataclass(frozen=True)
class Moved:
    """How it went; images that are not among the failures are said to be whole, which is then verified."""

    counts: Counts
    failures: tuple[Failure, ...] = field(default=())


class Engine(Protocol):
    """Something that moves images."""

    @property
    def name(self) -> str:
        """As the setting, the events and the ledger call it."""

    def refusal(self, image_set: ImageSet) -> str | None:
        """Return what of ``image_set`` it cannot mirror, as half a sentence; None when it can do all."""

    def move(self, job: Job) -> Moved:
        """Carry out the plan of ``job``; what is at the destination already is not sent again.

        Raises:
            Stopped: ``job.stop`` was set.
        """
