"""The operation ``mirror``: look, check, move, verify, remember. One registry after the other."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Iterable, Sequence

from bootstrap.agent.events import now
from bootstrap.errors import BootstrapError, Problems
from bootstrap.mirror import damaged, ledger, space, verify
from bootstrap.mirror.attached import Finder
from bootstrap.mirror.collect import blocks
from bootstrap.mirror.engines.choose import EngineName
from bootstrap.mirror.engines.interface import Job
from bootstrap.mirror.engines.native import NativeEngine
from bootstrap.mirror.image import Failure, Kind, as_error
from bootstrap.mirror.plan import Plan, make_plan
from bootstrap.mirror.progress import Counts
from bootstrap.mirror.survey import Read
from bootstrap.oci.digest import Digest

if TYPE_CHECKING:
    from bootstrap.agent.toolbox import Toolbox
    from bootstrap.imageset.model import ImageSet
    from bootstrap.mirror.collected import Collected
    from bootstrap.mirror.engines.interface import Engine
    from bootstrap.mirror.image import Image, Wanted
    from bootstrap.oci.manifest import AnyManifest
    from bootstrap.store.interface import Source
    from bootstrap.store.remote import RemoteStore


class Mirroring:
    """One run of it.

    Args:
        run: Its id, for the ledger.
        before: What was proved by then.
        given: What to mirror instead of what the image set comes to.
        reads_all: The files that registries on this machine have of the images are read, before they are
            taken for good.
        cut_since: When a run began that was cut off with the power of this machine, if any was: what was
            written since then and is not proved is read, before it is taken for there.
        unpacks: Bytes of archives that the engine unpacks first.

    Attributes:
        counts: By location, as far as the run has come.
        failures: Images that are not mirrored, so far.
        bytes_planned: Of disk, over all registries.
        seconds_moving: Spent with that, so far.
        ledger: What to save, whatever the outcome: all that was proved.
    """

    def __init__(
        self,
        tools: Toolbox,
        image_set: ImageSet,
        engine: Engine,
        *,
        run: str,
        before: ledger.Ledger,
        cut_since: float | None = None,
        given: Collected | None = None,
        reads_all: bool = False,
        unpacks: int = 0,
    ) -> None:
        self._tools, self._image_set, self._engine, self._run = tools, image_set, engine, run
        self.counts: dict[str, Counts] = {}
        self.ledger, self._before, self._cut_since = before, before, cut_since
        self._given, self._reads_all, self._unpacks = given, reads_all, unpacks
        self.bytes_planned, self.seconds_moving = 0, 0.0
        self.failures: list[Failure] = []
        self._errors: list[BootstrapError] = []
        self._broken: set[Wanted] = set()
        self._attached: dict[Wanted, tuple[str, ...]] = {}
        self._seen: dict[tuple[str, verify.Target], tuple[AnyManifest, ...]] = {}
        self._rebuilt: dict[Wanted, Image] = {}

    def plan(self, *, mends: bool = False) -> tuple[list[Plan], Collected]:
        """Return what would be done at each registry, after telling it.

        Args:
            mends: Remove damaged blobs from the disks first; else nothing is changed.

        Raises:
            BootstrapError: Nothing can be said: settings, update graph, or a registry that does not answer.
        """
        stores = [self._tools.store(location) for location in self._tools.locations]
        collected = self._given or self._collect()
        for warning in collected.warnings:
            self._tools.report("warning", what=warning, why="", fix="")
        self.failures += collected.failures
        self._tools.report("resolving", what=f"{len(collected.wanted)} images and their blobs")
        surveyor = self._tools.surveyor
        # A registry on this machine is ours, and lists all that it has; another's list may leave things out.
        is_here = self._tools.disks[stores[0].name].data_dir is not None
        listed = stores[0].repositories() if is_here else None
        read = surveyor.read(collected.wanted, self._tools.sources, stores[0], repositories=listed)
        if self._given is None:
            read = self._with_attached(read, self._tools.looked_at(stores[0].name))
        self.failures += read.failures
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
            self._seen.update(
                ((store.name, _target(image)), image.manifests)
                for image in read.images
                if image.wanted in seen.whole
            )
            plans.append(make_plan(store.name, read.images, seen))
            self._tools.report("planned", **plans[-1].numbers())
        return plans, collected

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
        self._attached = found.tags
        return Read(
            (*read.images, *found.images), read.whole | found.whole, (*read.failures, *found.failures)
        )

    def _entry(self, image: Image, location: str, good: set[tuple[str, str]]) -> ledger.Entry:
        """Return the ledger's entry for an image that is whole, as are those of ``good``: repository, tag."""
        wanted = image.wanted
        tags = self._attached.get(wanted)
        is_complete = tags is not None and all((wanted.repository, tag) in good for tag in tags)
        return ledger.entry(
            image,
            registries=(location,),
            run=self._run,
            at=now(),
            attached=tags if is_complete else None,
        )

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

    def execute(self) -> None:
        """Do all of it.

        Raises:
            BootstrapError: Some images are not mirrored; all reasons together. The others are.
            Stopped: We were asked to stop.
        """
        plans, collected = self.plan(mends=True)
        self.bytes_planned = sum(self._tools.disks[plan.registry].footprint(plan) for plan in plans)
        for location in space.check(plans, self._tools.disks, self.places(plans)):
            self._tools.report(
                "warning",
                what=f"nobody knows the free disk of {location}",
                why="it is on another machine and was not told",
                fix=f"give it: --free {location}=BYTES",
            )
        self.ledger = self.ledger.with_releases(collected.releases)
        first = self._tools.registries.store_at(plans[0].registry)
        for number, plan in enumerate(plans):
            self._one_registry(self._without_failed(plan) if number else plan, None if number == 0 else first)
        problems = [as_error(self.failures)] if self.failures else []
        problems += self._errors
        if problems:
            raise problems[0] if len(problems) == 1 else Problems(list(_flat(problems)))

    def places(self, plans: Sequence[Plan]) -> list[space.Place]:
        """Return what is written on this machine besides the registries' data."""
        known = {(entry.destination, entry.digest) for entry in self._before.images}
        known |= {(image.wanted.repository, str(image.wanted.digest)) for image in plans[0].images}
        found = space.places(
            self._engine.name, plans[0], self._tools.settings.state_dir, len(plans), len(known)
        )
        if self._unpacks and plans[0].todo:
            cache = self._tools.settings.workspace
            found.append(space.Place("the archives, unpacked", cache, self._unpacks, space.SPARE_BYTES))
        return found

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

    def _one_registry(self, plan: Plan, first: Source | None) -> None:
        """Fill the registry of ``plan`` from the sources, or from ``first``; verify it; repair it once."""
        store = self._tools.registries.store_at(plan.registry)
        failed = self._move(plan, store, first)
        images = [self._now(image) for image in plan.images if image.wanted not in failed]
        started = time.monotonic()
        broken = self._verify(images, store)
        if broken:
            suspects = {each.target for each in broken}
            whole = {image.wanted for image in images if _target(image) not in suspects}
            looked_at = self._tools.looked_at(plan.registry)
            seen = self._tools.surveyor.look(images, looked_at, whole=whole)
            repair = make_plan(plan.registry, images, seen)
            failed |= self._move(repair, store, first)
            images = [self._now(image) for image in images if image.wanted not in failed]
            broken = self._verify([image for image in images if image.wanted not in whole], store)
        wrong = {each.target for each in broken}
        good = [image for image in images if _target(image) not in wrong]
        if broken:
            self._errors.append(verify.as_error(plan.registry, broken))
            self._failed_here({image.wanted for image in images if _target(image) in wrong})
        seconds = round(time.monotonic() - started, 3)
        self._tools.report("verified", registry=plan.registry, images=len(good), seconds=seconds)
        self.counts[plan.registry].images = len(good)
        data_dir = self._tools.disks[plan.registry].data_dir
        if data_dir is not None and self.counts[plan.registry].blobs_copied:
            damaged.to_disk(data_dir)
        places = {(image.wanted.repository, image.wanted.tag) for image in good}
        self.ledger = self.ledger.with_images(self._entry(image, plan.registry, places) for image in good)

    def _move(self, plan: Plan, store: RemoteStore, first: Source | None) -> set[Wanted]:
        """Have the engine move, and return the images that failed; what tools know nothing of we move."""
        # The others are copies of the first one, whatever filled that.
        engine = self._engine if first is None else NativeEngine()
        has_attached = any(image.wanted.kind is Kind.ATTACHED for image in plan.todo)
        if engine.name == EngineName.NATIVE.value or not has_attached:
            return self._move_by(engine, plan, store, first)
        look, looked_at = self._tools.surveyor.look, self._tools.looked_at(plan.registry)
        attached = [image for image in plan.images if image.wanted.kind is Kind.ATTACHED]
        images = [image for image in plan.images if image.wanted.kind is not Kind.ATTACHED]
        whole = {image.wanted for image in images} - {image.wanted for image in plan.todo}
        theirs = make_plan(plan.registry, images, look(images, looked_at, whole=whole))
        failed = self._move_by(engine, theirs, store, first)
        ours = make_plan(plan.registry, attached, look(attached, looked_at))
        return failed | self._move_by(NativeEngine(), ours, store, first)

    def _move_by(self, engine: Engine, plan: Plan, store: RemoteStore, first: Source | None) -> set[Wanted]:

        def locate(image: Wanted) -> tuple[Source, str]:
            if first is not None:
                return first, image.repository
            return self._tools.sources.store_for(image.source.name)

        def on_image(image: Image) -> None:
            self._tools.report(
                "image_done",
                source=str(image.wanted.source),
                destination=f"{plan.registry}/{image.wanted.repository}:{image.wanted.tag}",
                digest=str(image.wanted.digest),
            )

        started = time.monotonic()
        surveyor, looked_at = self._tools.surveyor, self._tools.looked_at(plan.registry)
        moved = engine.move(
            Job(
                plan,
                locate,
                store,
                self._tools.settings.parallel,
                self._tools.stop,
                on_image,
                lambda numbers: self._tools.report("progress", registry=plan.registry, **numbers),
                self._tools.disks[plan.registry].full,
                lambda: make_plan(plan.registry, plan.images, surveyor.look(plan.images, looked_at)),
                lambda what, why: self._tools.report("warning", what=what, why=why, fix=""),
            )
        )
        self._rebuilt.update(moved.rebuilt)
        self.ledger = self.ledger.with_resources(moved.resources)
        self.seconds_moving += time.monotonic() - started
        self._count(plan.registry, moved.counts)
        self.failures += moved.failures
        return {failure.wanted for failure in moved.failures}

    def _count(self, location: str, counts: Counts) -> None:
        before = self.counts.get(location)
        if before is not None:  # a repair: only what it sent is new
            counts.blobs_copied += before.blobs_copied
            counts.bytes_copied += before.bytes_copied
            counts.blobs_mounted += before.blobs_mounted
            counts.retries += before.retries
            counts.blobs_skipped = before.blobs_skipped
        self.counts[location] = counts

    def _verify(self, images: Iterable[Image], store: RemoteStore) -> tuple[verify.Broken, ...]:
        targets = [_target(image) for image in images]
        seen = {
            target: self._seen[store.name, target] for target in targets if (store.name, target) in self._seen
        }
        looked_at = self._tools.looked_at(store.name)
        verification = verify.Verification(looked_at, workers=self._tools.lookers, stop=self._tools.stop)
        broken = verification.run(targets, seen=seen)
        for target in seen:  # a second look takes nothing for granted
            del self._seen[store.name, target]
        return broken

    def _failed_here(self, wanted: set[Wanted]) -> None:
        """Keep images that are broken in one registry from being copied to the next."""
        self._broken |= wanted

    def _now(self, image: Image) -> Image:
        """Return the image as the engine made it, where it made it anew."""
        return self._rebuilt.get(image.wanted, image)

    def _without_failed(self, plan: Plan) -> Plan:
        """Leave out what the first registry has not: it is where the others are filled from."""
        gone = {failure.wanted for failure in self.failures} | self._broken
        if not (gone | self._rebuilt.keys()) & {image.wanted for image in plan.images}:
            return plan
        images = [self._now(image) for image in plan.images if image.wanted not in gone]
        images = [image for image in images if image.wanted not in gone]
        store = self._tools.looked_at(plan.registry)
        todo = {image.wanted for image in plan.todo} | {image.wanted for image in self._rebuilt.values()}
        whole = {image.wanted for image in images} - todo
        return make_plan(plan.registry, images, self._tools.surveyor.look(images, store, whole=whole))

    def totals(self) -> list[dict[str, object]]:
        """Return the counts as the event ``run_finished`` tells them."""
        return [{"location": location, **asdict(counts)} for location, counts in self.counts.items()]


def _target(image: Image) -> verify.Target:
    wanted = image.wanted
    return verify.Target(str(wanted.source), wanted.repository, wanted.tag, wanted.digest, wanted.platforms)


def _flat(problems: Sequence[BootstrapError]) -> Iterable[BootstrapError]:
    for problem in problems:
        if isinstance(problem, Problems):
            yield from problem.problems
        else:
            yield problem
