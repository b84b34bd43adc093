"""Whose bytes a plan is about: everything once, so that the sums are right."""

from __future__ import annotations

import threading

import pytest

from bootstrap.mirror.estimate import estimate
from bootstrap.mirror.ledger import Run
from bootstrap.mirror.plan import make_plan
from bootstrap.mirror.shares import SHARED, TOTAL, by_group, by_image
from bootstrap.mirror.survey import Surveyor
from bootstrap.store.memory import MemoryStore
from tests.fakes.images import make_image, push
from tests.mirror.world import SHARED as BASE
from tests.mirror.world import Upstream, collect, mirror

BODY = (
    "mirror: {platform: {channels: [{name: stable-4.20, minVersion: 4.20.1}]},"
    " additionalImages: [{name: 'quay.io/team/app:v1'}, {name: 'quay.io/team/alone:v1'}]}"
)


@pytest.fixture
def world():
    upstream = Upstream()
    upstream.release("4.20.1")
    upstream.release("4.20.2")
    push(upstream.store, "team/app", make_image("app", layers=[BASE, {"app": b"its own"}]), tag="v1")
    push(upstream.store, "team/alone", make_image("alone"), tag="v1")
    return upstream, upstream.graph("4.20.1", "4.20.2")


def plans(world, *destinations):
    upstream, graph = world
    surveyor = Surveyor(workers=2, stop=threading.Event())
    read = surveyor.read(collect(upstream, BODY, graph).wanted, upstream, destinations[0])
    return [
        make_plan(f"registry{number}:5000", read.images, surveyor.look(read.images, store))
        for number, store in enumerate(destinations)
    ]


@pytest.mark.parametrize("lines_of", [by_group, by_image])
def test_own_figures_of_all_lines_add_up_to_the_total_and_the_total_to_the_plan(world, lines_of):
    found = plans(world, MemoryStore("empty"))
    *lines, total = lines_of(found)
    assert total.name == TOTAL
    assert sum(line.own_bytes for line in lines) == total.own_bytes == total.bytes == found[0].bytes > 0
    assert sum(line.missing[0].own_bytes for line in lines) == total.missing[0].bytes
    assert (total.blobs, total.missing[0].bytes) == (len(found[0].blobs), found[0].bytes_missing)
    assert sum(line.bytes for line in lines) > total.bytes  # some have the same


def test_releases_come_first_the_oldest_first_and_what_several_have_last(world):
    lines = by_group(plans(world, MemoryStore("empty")))
    names = [line.name for line in lines]
    assert names == ["release 4.20.1 amd64", "release 4.20.2 amd64", "additional images", SHARED, TOTAL]
    (other,) = (line for line in lines if line.name == "additional images")
    assert (other.images, other.blobs) == (
        2,
        2 + 3 + 1,
    )  # configs, layers, and the base that releases have, too
    assert other.bytes > other.own_bytes > 0


def test_what_is_missing_is_told_for_every_registry(world):
    filled = MemoryStore("filled")
    upstream, graph = world
    mirror(upstream, filled, BODY, graph)
    *_, total = by_group(plans(world, filled, MemoryStore("empty")))
    here, there = total.missing
    assert (here.images, here.blobs, here.bytes) == (0, 0, 0)
    assert (there.images, there.bytes) == (total.images, total.bytes)
    assert [here.registry, there.registry] == ["registry0:5000", "registry1:5000"]


def run(size, seconds, engine="native"):
    return Run("", "mirror", "", "", "ok", engine, "", 1, 1, size, 99.0, "", seconds_moving=seconds)


@pytest.mark.parametrize(
    ("runs", "size", "expected"),
    [
        ([], 10**9, (None, None, 0)),
        ([], 0, (0.0, None, 0)),
        ([run(10**8, 1.0)], 10**9, (10.0, 1e8, 1)),
        ([run(10**8, 1.0), run(10**8, 3.0)], 10**9, (20.0, 5e7, 2)),
        # Only the last three, of the same engine, that moved anything to speak of.
        ([run(10**9, 1.0), *[run(10**8, 1.0)] * 3], 10**9, (10.0, 1e8, 3)),
        ([run(10**8, 1.0), run(100, 1.0), run(10**9, 1.0, "oc-mirror")], 10**9, (10.0, 1e8, 1)),
        ([run(10**8, 0.0)], 10**9, (None, None, 0)),  # an older agent did not note it
    ],
)
def test_the_time_is_that_of_the_last_runs(runs, size, expected):
    found = estimate(runs, "native", size)
    assert (found.seconds, found.bytes_per_second, found.runs) == expected
