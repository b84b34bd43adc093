"""The command ``plan``: what a run would do, without doing it."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Iterator, Mapping, Sequence

from bootstrap.agent.events import as_fields
from bootstrap.agent.mirroring import Mirroring
from bootstrap.agent.toolbox import Toolbox, surroundings
from bootstrap.errors import BootstrapError, HostError, Problems
from bootstrap.imageset.read import read_file, read_text
from bootstrap.mirror import ledger, space
from bootstrap.mirror.engines.choose import choose, filled_by
from bootstrap.mirror.estimate import estimate
from bootstrap.mirror.groups import group_of_wanted
from bootstrap.mirror.image import as_error
from bootstrap.mirror.shares import by_group, by_image

if TYPE_CHECKING:
    from pathlib import Path

    from bootstrap.agent.settings import Settings
    from bootstrap.imageset.model import ImageSet
    from bootstrap.mirror.engines.surroundings import Surroundings
    from bootstrap.mirror.plan import Plan

_PREFIX = "plan-"


def plan(
    settings: Settings, free: Mapping[str, int], stop: threading.Event, imageset: str | None = None
) -> dict[str, Any]:
    """Return the plan for every registry, and what stands against it.

    Args:
        settings: Of this machine.
        free: Free bytes of registries that are on other machines, by location.
        stop: Set to end early.
        imageset: The text of another image set than that of the settings.

    Raises:
        BootstrapError: Nothing can be said: settings, image set, update graph, or a silent registry.
    """
    image_set = read_file(settings.imageset) if imageset is None else read_text(imageset)
    warnings: list[str] = []

    def report(kind: str, **fields: Any) -> None:  # noqa: ANN401  # the events' own
        if kind == "warning":
            warnings.append(str(fields["what"]))

    with (
        _apart(settings, image_set) as around,
        Toolbox(settings, report=report, stop=stop, free=free) as tools,
    ):
        before = ledger.load(settings.ledger)
        chosen = choose(settings.engine, image_set, around, before=filled_by(before))
        mirroring = Mirroring(tools, image_set, chosen.engine, run="", before=before)
        plans, collected = mirroring.plan()
        problems = [as_error(mirroring.failures)] if mirroring.failures else []
        systems: list[space.FileSystem] = []
        try:
            systems = space.file_systems(plans, tools.disks, mirroring.places(plans))
            warnings += [f"nobody knows the free disk of {each}" for each in space.unknown(systems)]
            problems += [problem for system in systems if (problem := system.problem()) is not None]
        except BootstrapError as error:
            problems.append(error)
    return {
        "schema": 1,
        "engine": chosen.engine.name,
        "engine_reason": chosen.reason,
        "engine_version": chosen.engine.version,
        "releases": [
            {
                "version": each.version,
                "architecture": each.architecture,
                "digest": str(each.digest),
                "signed_by": each.signed_by,
            }
            for each in collected.releases
        ],
        "registries": [each.numbers() for each in plans],
        "content": [asdict(line) for line in by_group(plans)],
        "images": _images(plans),
        "file_systems": [_told(system) for system in systems],
        "estimate": asdict(
            estimate(before.runs, chosen.engine.name, sum(each.bytes_missing for each in plans))
        ),
        "warnings": warnings,
        "problems": [
            as_fields(each)
            for problem in problems
            for each in (problem.problems if isinstance(problem, Problems) else (problem,))
        ],
    }


@contextlib.contextmanager
def _apart(settings: Settings, image_set: ImageSet) -> Iterator[Surroundings]:
    """Give tools this image set and a directory of their own, which is gone after: a run may be going on.

    A dry run of oc-mirror writes what it reads (release images, catalogs, charts), logs, cluster resources
    and the graph-data image, to workspace and cache. Source: oc-mirror v2 at 855b64a, below
    ``internal/pkg``: ``cli/executor.go`` (``CollectAll`` goes before ``DryRun``), ``cli/dryrun.go`` and
    ``release/local_stored_collector.go`` (``handleGraphImage``).

    Raises:
        HostError: The directory cannot be written.
    """
    for left in settings.workspace.glob(f"{_PREFIX}*"):  # by a plan that was killed
        if not _is_alive(left.name[len(_PREFIX) :]):
            shutil.rmtree(left, ignore_errors=True)
    home = settings.workspace / f"{_PREFIX}{os.getpid()}"
    around = replace(surroundings(settings), workspace=home, imageset=home / "imageset.yaml")
    try:
        if image_set.needs_oc_mirror:
            _write(around.imageset, image_set.text)
        yield around
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise HostError(
            f"cannot write to {path.parent}",
            why=error.strerror or str(error),
            fix="see the free space and mode of its file system",
        ) from error


def _is_alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _images(plans: Sequence[Plan]) -> list[dict[str, Any]]:
    """Return the lines of all images, with what they are; those of the sums have neither source nor group."""
    known = {f"{image.wanted.repository}:{image.wanted.tag}": image.wanted for image in plans[0].images}
    found = []
    for line in by_image(plans):
        wanted = known.get(line.name)
        more = (
            {"source": str(wanted.source), "digest": str(wanted.digest), "group": group_of_wanted(wanted)}
            if wanted is not None
            else {"source": None, "digest": None, "group": None}
        )
        found.append({**asdict(line), **more})
    return found


def _told(system: space.FileSystem) -> dict[str, Any]:
    return {
        "uses": [{"what": use.what, "path": use.path, "bytes": use.size} for use in system.uses],
        "bytes": system.size,
        "bytes_needed": system.needed,
        "bytes_free": system.free,
        "bytes_short": system.short,
    }
