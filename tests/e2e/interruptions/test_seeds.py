"""Forty interruptions at moments drawn from recorded seeds; each time the same command again ends well.

What is promised, and looked at from outside after each: every image verified, every blob's bytes what its
name says, no file half-written, and no more bytes sent twice than were in flight.
"""

from __future__ import annotations

import json
import os
import random
import signal
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.e2e.interruptions.ground import Ground, wait_for
from tests.e2e.interruptions.seeds import ALL, LONGER

pytestmark = pytest.mark.sandbox

_SIGNALS = (signal.SIGKILL, signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True)
class Whole:
    """How long a run is when nobody interrupts it."""

    events: int
    bytes: int
    lines: int
    images: int


@pytest.fixture(scope="module")
def whole(ground):
    ground.empty()
    with ground.driver("mirror", "-v") as driver:
        assert driver.end() == 0, driver.text
        lines = driver.text.count("\n")
    (run,) = ground.runs()
    events = ground.events(run)
    assert events[-1]["outcome"] == "ok"
    images = max(event["images"] for event in events if event["event"] == "verified")
    return Whole(len(events), ground.data_bytes(), lines, images)


@dataclass(frozen=True)
class Moment:
    """When it happens: at the n-th event of the run, or when the registry has so many bytes."""

    kind: str
    value: int

    @classmethod
    def draw(cls, rng: random.Random, whole: Whole) -> Moment:
        if rng.random() < 0.5:
            return cls("event", rng.randint(1, whole.events))
        return cls("bytes", rng.randint(1, whole.bytes))

    def wait(self, ground: Ground, known: list[str]) -> None:
        """Return at the moment, or after the end of the run where that comes first."""
        run = wait_for(lambda: set(ground.runs()) - set(known), "a run").pop()

        def has_come() -> bool:
            count, is_over = ground.progress(run)
            if is_over:
                return True
            return (count if self.kind == "event" else ground.data_bytes()) >= self.value

        wait_for(has_come, f"{self} of {run}")


@dataclass(frozen=True)
class Case:
    """One seed: what it decides by, where, and what has happened so far."""

    rng: random.Random
    ground: Ground
    whole: Whole
    story: list[str]
    is_longer: bool


@pytest.mark.parametrize(("kind", "seed"), ALL, ids=str)
def test_the_same_command_again_ends_well(kind: str, seed: int, ground: Ground, whole: Whole):
    rng = random.Random(seed)
    ground.empty()
    cursor = ground.cursor()
    story = [f"seed {seed} ({kind})"]
    try:
        _INTERRUPT[kind](Case(rng, ground, whole, story, is_longer=(kind, seed) in LONGER))
        _see_all_is_well(ground, whole, cursor)
    except BaseException as error:
        ends = {run: [json.dumps(each) for each in ground.events(run)[-4:]] for run in ground.runs()}
        error.add_note("\n".join([*story, f"runs: {ends}"]))
        raise


def _see_all_is_well(ground: Ground, whole: Whole, cursor: str) -> None:
    (verified,) = ground.ask("verify")["registries"]
    assert verified["images"] == whole.images
    assert ground.damaged() == []
    assert ground.leftovers() == []
    sent = ground.sent_since(cursor)
    assert len(set(sent.uploads)) > 10, "the access log does not say what was sent"
    assert sent.resent <= sent.in_flight


def _begin(case: Case, then: Callable[[], None], after: Callable[[], None]) -> None:
    """Begin to mirror by the driver or by the agent alone, do `then`, and the same once more.

    Args:
        case: Says which.
        then: Waits for the moment, and interrupts.
        after: Makes the world whole again.
    """
    ground, story = case.ground, case.story
    if case.is_longer:
        story.append("command: mirror")
        with ground.driver("mirror") as driver:
            then()
            after()
            story.append(f"the first ended with {driver.end()}:\n{driver.text}")
        _again(case, "mirror")
        return
    story.append("command: the agent's start")
    ground.ask("start")
    then()
    after()
    story.append(f"again: {ground.follow(ground.ask('start')['run'])}")
    if ground.last_outcome() != "ok":
        # It was attached to the run that was interrupted and failed of it: once more, as its message says.
        story.append(f"once more: {ground.follow(ground.ask('start')['run'])}")
    assert ground.last_outcome() == "ok"


def _again(case: Case, *words: str) -> None:
    ended = case.ground.command(*words)
    case.story.append(f"again: {ended.code}\n{ended.err}")
    assert ended.code == 0


def _driver(case: Case) -> None:
    ground, story = case.ground, case.story
    line, number = case.rng.randint(1, case.whole.lines), case.rng.choice(_SIGNALS)
    words = ("mirror",)
    if case.is_longer:
        words = ("up",)
        assert ground.command("down").code == 0
    story.append(f"{words[0]}: {number.name} after line {line} of about {case.whole.lines}")
    with ground.driver(*words, "-v") as driver:
        driver.wait_for_lines(line)
        if not driver.is_over:
            os.kill(driver.child.pid, number)
        code = driver.end(60)
        story.append(f"it ended with {code}:\n{driver.text}")
        assert code in (-signal.SIGKILL, 130, 0)
    _again(case, *words)


def _agent(case: Case) -> None:
    moment, known = Moment.draw(case.rng, case.whole), case.ground.runs()
    case.story.append(f"agent killed at {moment}")

    def kill() -> None:
        moment.wait(case.ground, known)
        case.ground.kill_agent()

    _begin(case, kill, lambda: None)


def _host(case: Case) -> None:
    moment, known = Moment.draw(case.rng, case.whole), case.ground.runs()
    case.story.append(f"power cut at {moment}")

    def cut() -> None:
        moment.wait(case.ground, known)
        case.ground.cut_power()

    _begin(case, cut, case.ground.switch_on)


def _link(case: Case) -> None:
    rng, ground = case.rng, case.ground
    moment, known = Moment.draw(rng, case.whole), ground.runs()
    host, seconds = rng.choice((ground.host, ground.upstream)), rng.uniform(0.5, 3)
    case.story.append(f"{host.name} unplugged for {seconds:.1f} s at {moment}")

    def unplug() -> None:
        moment.wait(ground, known)
        ground.unplug(host)
        ground.pause(seconds)

    _begin(case, unplug, lambda: ground.plug(host))


def _disk(case: Case) -> None:
    ground = case.ground
    moment, known = Moment.draw(case.rng, case.whole), ground.runs()
    case.story.append(f"disk full at {moment}")

    def fill() -> None:
        moment.wait(ground, known)
        ground.fill_disk()
        wait_for(lambda: not ground.agent_pids(), "the end of the run on a full disk")

    _begin(case, fill, ground.free_disk)


_INTERRUPT = {"driver": _driver, "agent": _agent, "host": _host, "link": _link, "disk": _disk}
