"""What a run finds before it changes anything: the images, what they consist of, what registries have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Sequence

from bootstrap.mirror import damaged
from bootstrap.mirror.attached import Finder
from bootstrap.mirror.broken import Target
from bootstrap.mirror.collect import blocks
from bootstrap.mirror.plan import Plan, make_plan
from bootstrap.mirror.survey import Read
from bootstrap.oci.digest import Digest

if TYPE_CHECKING:
    from bootstrap.agent.results import Results
    from bootstrap.agent.toolbox import Toolbox
    from bootstrap.imageset.model import ImageSet
    from bootstrap.mirror import ledger
    from bootstrap.mirror.collected import Collected
    from bootstrap.mirror.engines.interface import Engine
    from bootstrap.mirror.image import Image, Wanted
    from bootstrap.oci.manifest import AnyManifest
    from bootstrap.store.interface import Source


class Looking:
    """The first half of a run; ``Filling`` is the other one.

    Args:
        before: What was proved by then.
        results: Images that cannot be read go there, and the tags of what is attached to the others.
        given: What to mirror instead of what the image set comes to.
        reads_all: The files that registries on this machine have of the images are read, before they are
            taken for good.
        cut_since: When a run began that was cut off with the power of this machine, if any was: what was
            written since then and is not proved is read, before it is taken for there.

    Attributes:
        seen: The manifests of images that are whole in a registry, as they were read there; by location and
            image.
    """

    def __init__(
        self,
        tools: Toolbox,
        image_set: ImageSet,
        engine: Engine,
        results: Results,
        *,
        before: ledger.Ledger,
        given: Collected | None,
        reads_all: bool,
        cut_since: float | None,
    ) -> None:
        self._tools, self._image_set, self._engine, self._results = tools, image_set, engine, results
        self._before, self._given, self._reads_all, self._cut_since = before, given, reads_all, cut_since
        self.seen: dict[tuple[str, Target], tuple[AnyManifest, ...]] = {}

    def plan(self, *, mends: bool) -> tuple[list[Plan], Collected]:
        """Return what is to be done at each registry, after telling it.

        Args:
            mends: Remove damaged blobs from the disks first; else nothing is changed.

        Raises:
            BootstrapError: Nothing can be said: settings, update graph, or a registry that does not answer.
        """
        stores = [self._tools.store(location) for location in self._tools.locations]
        collected = self._given or self._collect()
        for warning in collected.warnings:
            self._tools.report("warning", what=warning, why="", fix="")
        self._results.failures += collected.failures
        self._tools.report("resolving", what=f"{len(collected.wanted)} images and their blobs")
        surveyor = self._tools.surveyor
        # A registry on this machine is ours, and lists all that it has; another's list may leave things out.
        is_here = self._tools.disks[stores[0].name].data_dir is not None
        listed = stores[0].repositories() if is_here else None
        read = surveyor.read(collected.wanted, self._tools.sources, stores[0], repositories=listed)
        if self._given is None:
            read = self._with_attached(read, self._tools.looked_at(stores[0].name))
        self._results.failures += read.failures
        plans = []
        broken = {store.name: self._mend(store.name, read.images) if mends else set() for store in stores}
        for number, store in enumerate(stores):
            seen = surveyor.look(
                read.images,
                self._tools.looked_at(store.name),
                whole=read.whole - broken[store.name] if number == 0 else None,
                broken=broken[store.name],
                repositories=store.repositories,
            )
            self.seen.update(
                ((store.name, target_of(image)), image.manifests)
                for image in read.images
                if image.wanted in seen.whole
            )
            plans.append(make_plan(store.name, read.images, seen))
            self._tools.report("planned", **plans[-1].numbers())
        return plans, collected

    def _collect(self) -> Collected:
        """Resolve the image set: ourselves, and what only the engine can name by the engine."""
        collected = self._tools.collector(self._image_set).collect(self._image_set)
        found, failures = self._engine.discover(
            self._image_set,
            collected.wanted,
            self._tools.registries,
            self._tools.locations[0],
            self._tools.stop,
        )
        collected.wanted += found
        collected.failures += failures
        return collected

    def _with_attached(self, read: Read, destination: Source) -> Read:
        """Return ``read`` with what is attached to its images."""
        location = self._tools.locations[0]
        known = {
            (entry.destination, Digest(entry.digest)): entry.attached
            for entry in self._before.images
            if entry.attached is not None and location in entry.registries
        }
        finder = Finder(
            self._tools.sources,
            destination,
            known,
            is_blocked=blocks(self._image_set.blocked, location),
            workers=self._tools.lookers,
            stop=self._tools.stop,
        )
        found = finder.find(read)
        for warning in found.warnings:
            self._tools.report("warning", what=warning, why="", fix="")
        self._results.attached = found.tags
        return Read(
            (*read.images, *found.images), read.whole | found.whole, (*read.failures, *found.failures)
        )

    def _mend(self, location: str, images: Sequence[Image]) -> set[Wanted]:
        """Remove damaged blobs from a registry's disk on this machine; return the images that lack them."""
        data_dir = self._tools.disks[location].data_dir
        if data_dir is None:
            return set()
        proved = {
            (entry.destination, entry.digest) for entry in self._before.images if location in entry.registries
        }
        unproved = [
            image for image in images if (image.wanted.repository, str(image.wanted.digest)) not in proved
        ]
        sizes = damaged.sizes_of(images)
        suspects = sizes if self._reads_all else {}
        if self._cut_since is not None:
            suspects = damaged.sizes_of(unproved)
        found = damaged.remove_damaged(
            data_dir,
            sizes,
            suspects=suspects,
            newer_than=self._cut_since or 0.0,
            stop=self._tools.stop,
        )
        if not found:
            return set()
        self._tools.report(
            "warning",
            what=f"{len(found)} damaged blobs were on the disk of {location}, and are gone",
            why=f"their bytes were not what their names say, as after a power cut: {found[0]} …",
            fix="nothing need be done: they are moved again",
        )
        lacking = set(found)
        return {image.wanted for image in images if lacking & damaged.sizes_of([image]).keys()}


def target_of(image: Image) -> Target:
    """Return what a look at ``image`` in a registry has to find."""
    wanted = image.wanted
    return Target(str(wanted.source), wanted.repository, wanted.tag, wanted.digest, wanted.platforms)
