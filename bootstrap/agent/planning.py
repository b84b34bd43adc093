"""The command ``plan``: what a run would do, without doing it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Mapping

from bootstrap.agent.events import as_fields
from bootstrap.agent.mirroring import Mirroring
from bootstrap.agent.toolbox import Toolbox
from bootstrap.errors import BootstrapError, Problems
from bootstrap.imageset.read import read_file
from bootstrap.mirror import ledger, space
from bootstrap.mirror.engines.choose import choose

if TYPE_CHECKING:
    from bootstrap.agent.settings import Settings


def plan(settings: Settings, free: Mapping[str, int], stop: threading.Event) -> dict[str, Any]:
    """Return the plan for every registry, and what stands against it.

    Raises:
        BootstrapError: Nothing can be said: settings, image set, update graph, or a silent registry.
    """
    image_set = read_file(settings.imageset)
    chosen = choose(settings.engine, image_set)
    warnings: list[str] = []

    def report(kind: str, **fields: Any) -> None:  # noqa: ANN401  # the events' own
        if kind == "warning":
            warnings.append(str(fields["what"]))

    with Toolbox(settings, report=report, stop=stop, free=free) as tools:
        before = ledger.load(settings.ledger)
        mirroring = Mirroring(tools, image_set, chosen.engine, run="", before=before)
        plans, collected = mirroring.plan()
        problems = [failure.error for failure in mirroring.failures]
        try:
            warnings += [
                f"nobody knows the free disk of {each}"
                for each in space.check(plans, tools.disks, mirroring.places(plans))
            ]
        except BootstrapError as error:
            problems += error.problems if isinstance(error, Problems) else (error,)
    return {
        "schema": 1,
        "engine": chosen.engine.name,
        "engine_reason": chosen.reason,
        "releases": [
            {"version": each.version, "architecture": each.architecture, "digest": str(each.digest)}
            for each in collected.releases
        ],
        "registries": [each.numbers() for each in plans],
        "warnings": warnings,
        "problems": [as_fields(problem) for problem in problems],
    }
