"""The operation ``mirror``: look, check, move, verify, remember. One registry after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterable, Sequence

from bootstrap.agent.filling import Filling
from bootstrap.agent.looking import Looking
from bootstrap.agent.results import Results
from bootstrap.errors import BootstrapError, Problems
from bootstrap.mirror import space

if TYPE_CHECKING:
    from bootstrap.agent.toolbox import Toolbox
    from bootstrap.imageset.model import ImageSet
    from bootstrap.mirror import ledger
    from bootstrap.mirror.collected import Collected
    from bootstrap.mirror.engines.interface import Engine
    from bootstrap.mirror.image import Failure
    from bootstrap.mirror.plan import Plan
    from bootstrap.mirror.progress import Counts


class Mirroring:
    """One run of it: ``Looking``, then ``Filling``, and their ``Results``.

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
        bytes_planned: Of disk, over all registries.
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
        self._tools, self._engine, self._before, self._unpacks = tools, engine, before, unpacks
        self._results = Results(run, before)
        self._looking = Looking(
            tools,
            image_set,
            engine,
            self._results,
            before=before,
            given=given,
            reads_all=reads_all,
            cut_since=cut_since,
        )
        self._filling = Filling(tools, engine, self._results, self._looking.seen)
        self.bytes_planned = 0

    @property
    def counts(self) -> dict[str, Counts]:
        """By location, as far as the run has come."""
        return self._results.counts

    @property
    def failures(self) -> list[Failure]:
        """Images that are not mirrored, so far."""
        return self._results.failures

    @property
    def seconds_moving(self) -> float:
        """Spent with that, so far."""
        return self._results.seconds_moving

    @property
    def ledger(self) -> ledger.Ledger:
        """What to save, whatever the outcome: all that was proved."""
        return self._results.ledger

    def totals(self) -> list[dict[str, object]]:
        """Return the counts as the event ``run_finished`` tells them."""
        return self._results.totals()

    def plan(self) -> tuple[list[Plan], Collected]:
        """Return what would be done at each registry, after telling it; nothing is changed.

        Raises:
            BootstrapError: Nothing can be said: settings, update graph, or a registry that does not answer.
        """
        return self._looking.plan(mends=False)

    def execute(self) -> None:
        """Do all of it.

        Raises:
            BootstrapError: Some images are not mirrored; all reasons together. The others are.
            Stopped: We were asked to stop.
        """
        plans, collected = self._looking.plan(mends=True)
        self.bytes_planned = sum(self._tools.disks[plan.registry].footprint(plan) for plan in plans)
        for location in space.check(plans, self._tools.disks, self.places(plans)):
            self._tools.report(
                "warning",
                what=f"nobody knows the free disk of {location}",
                why="it is on another machine and was not told",
                fix=f"give it: --free {location}=BYTES",
            )
        self._results.ledger = self._results.ledger.with_releases(collected.releases)
        first = self._tools.registries.store_at(plans[0].registry)
        for number, plan in enumerate(plans):
            if number == 0:
                self._filling.fill(plan, None)
            else:
                self._filling.fill(self._filling.without_failed(plan), first)
        problems = self._results.errors
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


def _flat(problems: Sequence[BootstrapError]) -> Iterable[BootstrapError]:
    for problem in problems:
        if isinstance(problem, Problems):
            yield from problem.problems
        else:
            yield problem
