"""How fast images are mirrored, how much is asked for that, and how much memory it takes.

    sudo .venv/bin/python -m bench.mirror [--pairs N] [PART …]

Parts: `images` and `release` (against the limit, and against the tools that are installed), `again` (nothing
new, and `verify`), `growth` (planning 190 and 1,900 images), `memory` (5,000 images). Source and destination
are Debian's docker-registry on the loopback. Each line has the bound that it is held to.
"""

from __future__ import annotations

import argparse
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.content import MEGABYTE, Images, Release
from bench.movers import Limit, Native, Oc, OcMirror, Skopeo
from bench.pairs import Measured, by_turns
from bench.room import Room, room

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.content import Content
    from bench.pairs import Mover


@dataclass(frozen=True)
class Sizes:
    """What is mirrored.

    Args:
        few: Compared image by image with all tools.
        release: Likewise, as a release.
        grown: Two numbers of small images, to see what becomes of planning.
        many: Small images, for the memory.
    """

    few: Images
    release: Release
    grown: tuple[Images, Images]
    many: Images


USUAL = Sizes(
    Images(60, 200 * MEGABYTE, 1200 * MEGABYTE),
    Release(190, 4 * MEGABYTE, (60 * MEGABYTE, 40 * MEGABYTE)),
    (Images(190, 10_000, 190 * 2_000), Images(1_900, 10_000, 1_900 * 2_000)),
    Images(5_000, 10_000, 5_000 * 2_000, layers=1),
)
TINY = Sizes(
    Images(3, 10_000, 9_000),
    Release(3, 3_000, (10_000,)),
    (Images(2, 1_000, 2_000), Images(4, 1_000, 4_000)),
    Images(4, 1_000, 4_000),
)


def _say(text: str = "") -> None:
    print(text, flush=True)  # noqa: T201  # its purpose


def _images(here: Room, sizes: Sizes, pairs: int) -> None:
    """60 images, 1.4 GB, one layer of 200 MB shared by all."""
    content = sizes.few
    here.load(content)
    native = _Watched(here, content)
    movers: list[Mover] = [Limit(here, content), native]
    movers += _installed("skopeo", lambda: Skopeo(here, content))
    movers += _installed("oc-mirror", lambda: OcMirror(here, content))
    _against(here, movers, native, pairs)


def _release(here: Room, sizes: Sizes, pairs: int) -> None:
    """A release of 190 images."""
    content = sizes.release
    here.load(content)
    native = _Watched(here, content)
    movers: list[Mover] = [Limit(here, content), native]
    movers += _installed("oc", lambda: Oc(here, content))
    _against(here, movers, native, pairs)


def _against(here: Room, movers: Sequence[Mover], native: _Watched, pairs: int) -> None:
    measured = by_turns(movers, pairs, here.reset, here.check)
    for mover in movers:
        _say(f"  {measured.tell(mover.name)}")
    moving = Measured({**measured.seconds, "moving": native.moving})
    _say(f"  {moving.tell('moving')}, of native's run")
    _say(f"  limit / native, whole run: {measured.ratio('limit', 'native')}; bound 0.85")
    _say(f"  limit / native, moving alone: {moving.ratio('limit', 'moving')}")
    bounds = {"skopeo sync": 3, "oc-mirror --v2": 2, "oc adm release mirror": 4}
    for name in [mover.name for mover in movers if mover.name in bounds]:
        _say(f"  {name} / native: {measured.ratio(name, 'native')}; bound {bounds[name]}")
    _say(f"  native's memory: {native.memory / MEGABYTE:.0f} MB; bound 150 MB")


def _again(here: Room, sizes: Sizes, pairs: int) -> None:
    """Nothing new to mirror, and verification, of a release of 190 images."""
    content = sizes.release
    here.load(content)
    here.reset()
    native = Native(here, content)
    images = native.run().find("verified")["images"]
    seconds: dict[str, list[float]] = {"run": [], "verify": [], "deep": [], "limit": []}
    asked: list[float] = []
    # The destination's blobs, where they are there.
    limit = Limit(here, content, "read", here.destination.data)
    for _ in range(pairs):
        for each in (here.source, here.destination):
            each.forget()
        seconds["run"].append(native.run().find("run_finished")["seconds"])
        found = here.source.requests() + here.destination.requests()
        asked.append(sum(count for what, count in found.items() if ".sig" not in what))
        seconds["verify"].append(native.run("verify").find("run_finished")["seconds"])
        seconds["limit"].append(limit.seconds())
        seconds["deep"].append(native.run("verify", deep=True).find("run_finished")["seconds"])
    measured = Measured(seconds)
    _say(f"  nothing new, {images} images, in the agent: {measured.tell('run')}; bound 2 s")
    _say(f"  requests an image, source and destination: {max(asked) / images:.2f}; bound 2")
    _say(f"  {measured.tell('verify')}; bound 3 s")
    _say(f"  verify --deep: {measured.tell('deep')}; reading and hashing alone: {measured.tell('limit')}")
    _say(f"  limit / deep: {measured.ratio('limit', 'deep')}; bound 0.7")


def _growth(here: Room, sizes: Sizes, pairs: int) -> None:
    """Planning 190 and 1,900 images, with nothing at the destination and with all of it there."""
    told: dict[str, list[tuple[float, float]]] = {"nothing there": [], "all there": []}
    for content in sizes.grown:
        data = here.load(content)
        for what, rows in told.items():
            here.reset()
            if what == "all there":
                here.destination.stop()
                shutil.rmtree(here.destination.data)
                shutil.copytree(data, here.destination.data)
                here.destination.start()
            native = Native(here, content)
            seconds: list[float] = []
            for _ in range(max(1, pairs // 2)):
                for each in (here.source, here.destination):
                    each.forget()
                seconds.append(native.ask("plan").seconds)
            measured = Measured({"plan": seconds})
            requests = (here.source.requests() + here.destination.requests()).total()
            rows.append((measured.median("plan"), requests))
            _say(f"  {content.count} images, {what}: {measured.tell('plan')}, {requests} requests")
    factor = sizes.grown[1].count / sizes.grown[0].count
    for what, (small, large) in told.items():
        _say(
            f"  {what}: {factor:.0f} times the images take {large[0] / small[0]:.1f} times the seconds "
            f"and {large[1] / small[1]:.1f} times the requests; bound {factor:.0f}"
        )


def _memory(here: Room, sizes: Sizes, pairs: int) -> None:  # noqa: ARG001  # memory does not vary
    """5,000 small images: mirrored, mirrored again, verified."""
    content = sizes.many
    here.load(content)
    here.reset()
    native = Native(here, content)
    for what, operation in (("mirrored", "mirror"), ("nothing new", "mirror"), ("verified", "verify")):
        run = native.run(operation)
        images = run.find("verified")["images"]
        memory, seconds = run.took.memory / MEGABYTE, run.took.seconds
        _say(f"  {images} images {what}: {memory:.0f} MB, {seconds:.1f} s; bound 150 MB")


class _Watched(Native):
    """Notes of every run how long the moving took, and the memory."""

    def __init__(self, here: Room, content: Content) -> None:
        super().__init__(here, content)
        self.moving: list[float] = []
        self.memory = 0

    def seconds(self) -> float:
        self.forget()
        run = self.run()
        self.moving.append(run.moving)
        self.memory = max(self.memory, run.took.memory)
        return run.took.seconds


def _installed(program: str, make: Callable[[], Mover]) -> list[Mover]:
    if shutil.which(program):
        return [make()]
    _say(f"  {program} is not on PATH: left out")
    return []


PARTS = {"images": _images, "release": _release, "again": _again, "growth": _growth, "memory": _memory}


def main(arguments: Sequence[str] | None = None, sizes: Sizes = USUAL) -> None:
    """Measure, and print what is found."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.mirror",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--pairs", type=int, default=7, metavar="N", help="how often each is measured (7)")
    parser.add_argument(
        "parts", nargs="*", choices=[*PARTS, []], metavar="PART", help="all, when none is named"
    )
    asked = parser.parse_args(arguments)
    with room() as here:
        for name in asked.parts or PARTS:
            _say(f"{name}: {PARTS[name].__doc__}")
            PARTS[name](here, sizes, asked.pairs)


if __name__ == "__main__":
    main()
