"""The agent's process killed at fifty moments from recorded seeds; the same run again always ends verified.

The destination is a real registry, and its log is what says what was sent. In flight at a kill are the
uploads that were begun and not taken: at most one for each worker. Only those may be sent again, each once.
"""

from __future__ import annotations

import random
import re
import subprocess
import threading
import time
from collections.abc import Callable

import pytest

from tests.agent.ground import IMAGES, PARALLEL, SIZES, Ground, playground
from tests.fakes.distribution import PROGRAM, is_installed

SEEDS = range(7_000, 7_050)
_AUTHORIZED = re.compile(r'msg="authorized request".*http.request.method=PUT.*digest=sha256%3A([0-9a-f]{64})')
_TAKEN = re.compile(
    r'msg="response completed".*http.request.method=PUT.*digest=sha256%3A([0-9a-f]{64}).*status=201'
)

pytestmark = pytest.mark.skipif(not is_installed(), reason=f"{PROGRAM} is not installed")


@pytest.fixture(scope="module")
def ground(tmp_path_factory):
    with playground(tmp_path_factory.mktemp("kills")) as made:
        yield made


def _wait_for(has_come: Callable[[], bool], child: subprocess.Popen[bytes]) -> None:
    """Return when it has, or the child has ended."""
    deadline, pause = time.monotonic() + 60, threading.Event()
    while not has_come() and child.poll() is None:
        assert time.monotonic() < deadline
        pause.wait(0.002)


def _moment(rng: random.Random, ground: Ground, since: int, lines: int, gets: int) -> tuple[str, Callable]:
    """Draw one: some blobs stop in the middle, in flight, or the destination has said so many lines."""
    if rng.random() < 0.6:
        paused = rng.sample(range(gets - PARALLEL), rng.randint(1, PARALLEL - 1))
        most = rng.randint(1, len(paused))
        for skip in paused:
            ground.source.faults.add("pause", "GET .*/blobs/", skip=skip, after=rng.randrange(SIZES[0]))
        return f"{most} in flight, of {paused}", lambda: _in_flight(ground.said(since)) >= most
    wanted = rng.randint(1, lines)
    return f"line {wanted} of {lines}", lambda: len(ground.said(since)) >= wanted


def _in_flight(lines: list[str]) -> int:
    """Return how many uploads are begun and not taken."""
    return sum(map(bool, map(_AUTHORIZED.search, lines))) - sum(map(bool, map(_TAKEN.search, lines)))


def _sent_again(lines: list[str]) -> list[str]:
    """Return what was begun more than once, after seeing that none of it had been taken by then."""
    begun: list[str] = []
    taken: set[str] = set()
    for line in lines:
        if found := _AUTHORIZED.search(line):
            assert found[1] not in taken, f"{found[1]} was sent again after it had arrived"
            begun.append(found[1])
        elif found := _TAKEN.search(line):
            taken.add(found[1])
    assert set(begun) == taken
    return [digest for number, digest in enumerate(begun) if digest in begun[:number]]


def test_after_a_kill_at_any_moment_the_next_run_ends_verified_and_sends_only_what_was_in_flight(ground):
    since = ground.empty()
    ground.source.log.clear()
    ground.end()
    whole = ground.said(since)
    gets = ground.source.count("GET .*/blobs/")
    assert _sent_again(whole) == []
    assert gets == 2 * IMAGES + 1  # a layer and a config of each, and the layer they share
    killed = resent = 0
    for seed in SEEDS:
        since = ground.empty()
        name, has_come = _moment(random.Random(seed), ground, since, len(whole), gets)
        with ground.agent() as (_, child):
            _wait_for(has_come, child)
            child.kill()
            killed += child.wait(timeout=20) != 0
        ground.source.faults.clear()
        events = ground.end()
        try:
            assert (events[-1]["event"], events[-1]["outcome"]) == ("run_finished", "ok")
            assert [each["images"] for each in events if each["event"] == "verified"] == [IMAGES]
            again = _sent_again(ground.said(since))
            assert len(again) == len(set(again)) <= PARALLEL
        except AssertionError as error:
            error.add_note(f"seed {seed}: killed at {name}")
            raise
        resent += len(again)
    assert killed >= 0.8 * len(SEEDS), "the kills come too late to be in the middle"
    assert resent >= len(SEEDS) / 5, "nothing is in flight when the kills come"
