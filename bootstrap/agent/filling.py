"""One registry filled: what it lacks is moved, what it has then is verified, and repaired once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Iterable

from bootstrap.agent.looking import target_of
from bootstrap.mirror import damaged, verify
from bootstrap.mirror.broken import as_error
from bootstrap.mirror.engines.interface import Job
from bootstrap.mirror.engines.names import EngineName
from bootstrap.mirror.engines.native import NativeEngine
from bootstrap.mirror.image import Kind
from bootstrap.mirror.plan import Plan, make_plan

if TYPE_CHECKING:
    from bootstrap.agent.results import Results
    from bootstrap.agent.toolbox import Toolbox
    from bootstrap.mirror.broken import Broken, Target
    from bootstrap.mirror.engines.interface import Engine
    from bootstrap.mirror.image import Image, Wanted
    from bootstrap.oci.manifest import AnyManifest
    from bootstrap.store.interface import Source
    from bootstrap.store.remote import RemoteStore


class Filling:
    """The second half of a run, which follows the plans.

    Args:
        engine: Of the first registry; the others are copied from it.
        results: What is done, proved and not done goes there.
        seen: What ``Looking`` has read in the registries; a verification does not read it again.
    """

    def __init__(
        self,
        tools: Toolbox,
        engine: Engine,
        results: Results,
        seen: dict[tuple[str, Target], tuple[AnyManifest, ...]],
    ) -> None:
        self._tools, self._engine, self._results, self._seen = tools, engine, results, seen

    def fill(self, plan: Plan, first: Source | None) -> None:
        """Fill the registry of ``plan`` from the sources, or from ``first``; verify it; repair it once."""
        store = self._tools.registries.store_at(plan.registry)
        failed = self._move(plan, store, first)
        images = [self._results.now(image) for image in plan.images if image.wanted not in failed]
        started = time.monotonic()
        broken = self._verify(images, store)
        if broken:
            suspects = {each.target for each in broken}
            whole = {image.wanted for image in images if target_of(image) not in suspects}
            looked_at = self._tools.looked_at(plan.registry)
            seen = self._tools.surveyor.look(images, looked_at, whole=whole)
            repair = make_plan(plan.registry, images, seen)
            failed |= self._move(repair, store, first)
            images = [self._results.now(image) for image in images if image.wanted not in failed]
            broken = self._verify([image for image in images if image.wanted not in whole], store)
        wrong = {each.target for each in broken}
        good = [image for image in images if target_of(image) not in wrong]
        if broken:
            lacking = {image.wanted for image in images if target_of(image) in wrong}
            self._results.broken(as_error(plan.registry, broken), lacking)
        seconds = round(time.monotonic() - started, 3)
        self._tools.report("verified", registry=plan.registry, images=len(good), seconds=seconds)
        self._results.counts[plan.registry].images = len(good)
        data_dir = self._tools.disks[plan.registry].data_dir
        if data_dir is not None and self._results.counts[plan.registry].blobs_copied:
            damaged.to_disk(data_dir)
        self._results.proved(plan.registry, good)

    def without_failed(self, plan: Plan) -> Plan:
        """Leave out what the first registry has not: it is where the others are filled from."""
        gone, rebuilt = self._results.gone, self._results.rebuilt
        if not (gone | rebuilt.keys()) & {image.wanted for image in plan.images}:
            return plan
        images = [self._results.now(image) for image in plan.images if image.wanted not in gone]
        images = [image for image in images if image.wanted not in gone]
        store = self._tools.looked_at(plan.registry)
        todo = {image.wanted for image in plan.todo} | {image.wanted for image in rebuilt.values()}
        whole = {image.wanted for image in images} - todo
        return make_plan(plan.registry, images, self._tools.surveyor.look(images, store, whole=whole))

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
        self._results.moved(plan.registry, moved, time.monotonic() - started)
        return {failure.wanted for failure in moved.failures}

    def _verify(self, images: Iterable[Image], store: RemoteStore) -> tuple[Broken, ...]:
        targets = [target_of(image) for image in images]
        seen = {
            target: self._seen[store.name, target] for target in targets if (store.name, target) in self._seen
        }
        looked_at = self._tools.looked_at(store.name)
        verification = verify.Verification(looked_at, workers=self._tools.lookers, stop=self._tools.stop)
        broken = verification.run(targets, seen=seen)
        for target in seen:  # a second look takes nothing for granted
            del self._seen[store.name, target]
        return broken
