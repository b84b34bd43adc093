"""The embedded engine: straight from source to destination, with nothing to install."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bootstrap.mirror.engines.interface import Job, Moved
from bootstrap.mirror.transfer import Transfer

if TYPE_CHECKING:
    from bootstrap.imageset.model import ImageSet
    from bootstrap.mirror.image import Failure, Wanted


class NativeEngine:
    """Releases and single images."""

    name = "native"
    version = ""  # it is the agent's

    def refusal(self, image_set: ImageSet) -> str | None:
        """See ``Engine``."""
        lacking = image_set.needs_oc_mirror
        if not lacking:
            return None
        return f"it does not mirror {', '.join(lacking)}, and oc-mirror v2 does"

    def discover(self, *_: object) -> tuple[list[Wanted], list[Failure]]:
        """See ``Engine``: what it can mirror we have found ourselves."""
        return [], []

    def move(self, job: Job) -> Moved:
        """See ``Engine``."""
        transfer = Transfer(
            job.plan,
            job.locate,
            job.destination,
            workers=job.workers,
            stop=job.stop,
            on_image=job.on_image,
            disk_full=job.disk_full,
        )

        def tick() -> None:
            job.on_progress(transfer.progress.numbers())

        failures = transfer.run(tick)
        tick()
        return Moved(transfer.progress.end(), tuple(failures))
