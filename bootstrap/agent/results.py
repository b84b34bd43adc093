"""What a run has come to so far: what is proved, what failed, and the numbers it tells in the end."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Sequence

from bootstrap.agent.events import now
from bootstrap.mirror import ledger
from bootstrap.mirror.image import Failure, as_error

if TYPE_CHECKING:
    from bootstrap.errors import BootstrapError
    from bootstrap.mirror.engines.interface import Moved
    from bootstrap.mirror.image import Image, Wanted
    from bootstrap.mirror.progress import Counts


class Results:
    """Of one run.

    Args:
        run: Its id, for the ledger.
        before: What was proved by then.

    Attributes:
        counts: By location, as far as the run has come.
        failures: Images that are not mirrored, so far.
        seconds_moving: Spent with that, so far.
        ledger: What to save, whatever the outcome: all that was proved.
        attached: The tags of what is attached to an image, by the image; of those where that is known.
        rebuilt: The images that the engine made anew, as it made them, by the image that was wanted.
    """

    def __init__(self, run: str, before: ledger.Ledger) -> None:
        self._run, self.ledger = run, before
        self.counts: dict[str, Counts] = {}
        self.failures: list[Failure] = []
        self.seconds_moving = 0.0
        self.attached: dict[Wanted, tuple[str, ...]] = {}
        self._errors: list[BootstrapError] = []
        self._broken: set[Wanted] = set()
        self.rebuilt: dict[Wanted, Image] = {}

    @property
    def errors(self) -> list[BootstrapError]:
        """Why the run did not do all that it had to."""
        return [*([as_error(self.failures)] if self.failures else []), *self._errors]

    @property
    def gone(self) -> set[Wanted]:
        """The images that the registries so far do not have whole: the next one is not to get them."""
        return {failure.wanted for failure in self.failures} | self._broken

    def now(self, image: Image) -> Image:
        """Return the image as the engine made it, where it made it anew."""
        return self.rebuilt.get(image.wanted, image)

    def moved(self, location: str, moved: Moved, seconds: float) -> None:
        """Take in what an engine did at a registry, in ``seconds``."""
        self.rebuilt.update(moved.rebuilt)
        self.ledger = self.ledger.with_resources(moved.resources)
        self.seconds_moving += seconds
        self._count(location, moved.counts)
        self.failures += moved.failures

    def proved(self, location: str, images: Sequence[Image]) -> None:
        """Take in that a registry has ``images`` whole."""
        places = {(image.wanted.repository, image.wanted.tag) for image in images}
        self.ledger = self.ledger.with_images(self._entry(image, location, places) for image in images)

    def broken(self, error: BootstrapError, images: set[Wanted]) -> None:
        """Take in that a registry does not have ``images`` as it has to, and why."""
        self._errors.append(error)
        self._broken |= images

    def totals(self) -> list[dict[str, object]]:
        """Return the counts as the event ``run_finished`` tells them."""
        return [{"location": location, **asdict(counts)} for location, counts in self.counts.items()]

    def _entry(self, image: Image, location: str, good: set[tuple[str, str]]) -> ledger.Entry:
        """Return the ledger's entry for an image that is whole, as are those of ``good``: repository, tag."""
        wanted = image.wanted
        tags = self.attached.get(wanted)
        is_complete = tags is not None and all((wanted.repository, tag) in good for tag in tags)
        return ledger.entry(
            image,
            registries=(location,),
            run=self._run,
            at=now(),
            attached=tags if is_complete else None,
        )

    def _count(self, location: str, counts: Counts) -> None:
        before = self.counts.get(location)
        if before is not None:  # a repair: only what it sent is new
            counts.blobs_copied += before.blobs_copied
            counts.bytes_copied += before.bytes_copied
            counts.blobs_mounted += before.blobs_mounted
            counts.retries += before.retries
            counts.blobs_skipped = before.blobs_skipped
        self.counts[location] = counts
