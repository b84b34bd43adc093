"""Two hundred ways in which two registries may misbehave while images are moved, drawn from recorded seeds.

However it ends: no byte at the destination is wrong, no image there has a hole, nothing that had arrived was
sent again, and the next run, when all is well, brings what is missing.
"""

from __future__ import annotations

import collections
import functools
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from bootstrap.errors import BootstrapError, DigestMismatch, TransferError
from bootstrap.mirror.engines.interface import Job
from bootstrap.mirror.engines.native import NativeEngine
from bootstrap.mirror.image import Kind, Wanted
from bootstrap.mirror.plan import make_plan
from bootstrap.mirror.survey import Surveyor
from bootstrap.mirror.verify import Target, Verification
from bootstrap.oci.digest import Digest
from bootstrap.oci.reference import Reference
from bootstrap.registry import client, retry
from bootstrap.store.remote import RemoteStore
from tests.fakes.images import make_image, make_index, noise, push
from tests.fakes.registry import FakeRegistry

SEEDS = range(4_000, 4_200)
PARALLEL = 3
TIMEOUT_SECONDS = 0.4

# By side: kind of fault, and what it hits there.
SOURCE = {
    "status": ["GET .*/blobs/", "GET .*/manifests/", "GET /token"],
    "truncate": ["GET .*/blobs/"],
    "corrupt": ["GET .*/blobs/", "GET .*/manifests/"],
    "reset": ["GET .*/blobs/", "GET .*/manifests/"],
    "stall": ["GET .*/blobs/"],
    "revoke": ["GET .*/blobs/"],
    "slow": ["GET .*/blobs/"],
}
DESTINATION = {
    "status": ["PUT .*/uploads/", "POST .*/uploads/", "HEAD .*/blobs/", "PUT .*/manifests/", "GET /token"],
    "reset": [
        "PUT .*/uploads/",
        "PATCH .*/uploads/",
        "POST .*/uploads/",
        "PUT .*/manifests/",
        "HEAD .*/blobs/",
    ],
    "lost": ["PUT .*/uploads/", "PATCH .*/uploads/", "POST .*/uploads/", "PUT .*/manifests/"],
    "stall": ["PUT .*/uploads/", "PATCH .*/uploads/"],
    "deaf": ["PUT .*/uploads/"],
    "revoke": ["PUT .*/uploads/", "PATCH .*/uploads/", "PUT .*/manifests/", "HEAD .*/blobs/"],
    "vanish": ["PUT .*/manifests/"],
    "slow": ["HEAD .*/manifests/", "POST .*/uploads/"],
}
STATUSES = (429, 429, 500, 502, 503)
# What each lasting fault may end with; all others are over before our patience is.
LASTING = {"corrupt": DigestMismatch, "reset": TransferError}


def _content():
    """Two images that share a layer, in two repositories, and an index of two more."""
    shared = {"base": noise("shared", 30_000)}
    images = {name: make_image(name, layers=[shared, {name: noise(name, 6_000)}]) for name in "ab"}
    parts = [make_image(("c", each), layers=1, architecture=each) for each in ("amd64", "arm64")]
    return {**images, "c": make_index(parts)}


CONTENT = _content()
WANTED = [
    Wanted(Kind.ADDITIONAL, Reference.parse(f"quay.io/team/{name}:v1"), image.digest, f"team/{name}", "v1")
    for name, image in CONTENT.items()
]


@pytest.fixture(scope="module")
def upstream():
    with FakeRegistry(auth=None) as fake, fake.client() as writer:
        for name, image in CONTENT.items():
            push(RemoteStore(writer), f"team/{name}", image, tag="v1")
        return fake.contents


@dataclass
class Story:
    """One schedule, and what came of it."""

    seed: int
    source: FakeRegistry
    destination: FakeRegistry
    is_chunked: bool = False
    has_failed: bool = False
    drawn: list[str] = field(default_factory=list)
    kinds: list[tuple[str, str, object]] = field(default_factory=list)  # side, kind, fault
    lasting: list[type[BootstrapError]] = field(default_factory=list)
    errors: list[BootstrapError] = field(default_factory=list)

    def __str__(self) -> str:
        told = [f"{type(error).__name__}: {error.what}: {error.why}" for error in self.errors]
        return "\n".join([f"seed {self.seed}", *self.drawn, *told])


def _draw(rng: random.Random, story: Story) -> None:
    """Draw faults at one side or both; all that pass are few enough for our patience with any one request."""
    for side in rng.choice([("source",), ("destination",), ("source", "destination")]):
        kinds = SOURCE if side == "source" else DESTINATION
        left = 4
        for _ in range(rng.randint(1, 3)):
            kind = rng.choice([*kinds, "status", "status"])  # which is five kinds
            route = rng.choice(kinds[kind])
            status = rng.choice(STATUSES) if kind == "status" else 0
            if status == 500:
                left = min(left, retry.FAULT_ATTEMPTS - 1)
            if kind == "revoke" and (side, kind) in {each[:2] for each in story.kinds}:
                continue  # a login that is new and void already is refused, and rightly so
            times = rng.randint(1, 2) if kind != "revoke" else 1
            if kind not in ("slow", "vanish") and times > left:
                break
            left -= times if kind not in ("slow", "vanish") else 0
            _add(rng, story, side, kind, route, status, times)
    if rng.random() < 0.1:
        side, kind = rng.choice([("source", "corrupt"), ("source", "reset"), ("destination", "reset")])
        route = "GET .*/blobs/" if side == "source" else "PUT .*/uploads/|PATCH .*/uploads/"
        _add(rng, story, side, kind, route, 0, None)
        story.lasting.append(LASTING[kind])


def _add(rng, story, side, kind, route, status, times) -> None:
    fake = story.source if side == "source" else story.destination
    options = {"after": rng.randrange(35_000)} if kind in ("reset", "truncate") else {}
    if status:
        options = {"status": status, "headers": {"Retry-After": "1"} if status == 429 else {}}
    story.drawn.append(f"{side}: {kind} {status or ''} {route} x {times} {options}")
    name = f"status {status}" if status else kind
    if kind == "vanish":
        fault = fake.faults.add("slow", route, times=1)
        fake.contents.before_manifest = lambda: _vanish(fake, fault)
    else:
        fault = fake.faults.add(kind, route, times=times, **options)
    story.kinds.append((side, name, fault))
    if kind == "corrupt":
        story.lasting.append(DigestMismatch)


def _vanish(fake: FakeRegistry, fault) -> None:
    """Once, take a blob away just before a manifest that may name it comes."""
    fake.contents.before_manifest = lambda: None
    fault.hits += 1
    for place in [key for key in fake.contents.blobs if key[0] == "team/a"][:1]:
        del fake.contents.blobs[place]
        fake.contents.stored = [each for each in fake.contents.stored if each != place[1]]


def _run(story: Story) -> list[Wanted]:
    """Survey, plan and move; returns the images that failed."""
    stop = threading.Event()
    options = {"timeout_seconds": TIMEOUT_SECONDS}
    with story.source.client(**options) as near, story.destination.client(**options) as far:
        upstream, store = RemoteStore(near), RemoteStore(far)
        surveyor = Surveyor(workers=PARALLEL, stop=stop)
        read = surveyor.read(WANTED, _Sources(upstream), store)
        plan = make_plan(store.name, read.images, surveyor.look(read.images, store, whole=read.whole))
        moved = NativeEngine().move(
            Job(
                plan,
                lambda wanted: (upstream, wanted.repository),
                store,
                PARALLEL,
                stop,
                lambda image: None,
                lambda numbers: None,
            )
        )
    failures = [*read.failures, *moved.failures]
    story.errors = [failure.error for failure in failures]
    return [failure.wanted for failure in failures]


@dataclass
class _Sources:
    store: RemoteStore

    def store_for(self, name):
        return self.store, name.partition("/")[2]


def _see_nothing_is_wrong(story: Story) -> None:
    held = story.destination.contents
    for (_, digest), content in held.blobs.items():
        assert str(Digest.of(content)) == digest, story
    for (_, digest), (content, _) in held.manifests.items():
        assert str(Digest.of(content)) == digest, story
    twice = [digest for digest, count in collections.Counter(held.stored).items() if count > 1]
    assert not twice, f"sent again after they had arrived: {twice}\n{story}"


def _see_whole(story: Story, images: list[Wanted]) -> None:
    targets = [Target(str(each), each.repository, each.tag, each.digest) for each in images]
    with story.destination.client() as reader:
        broken = Verification(RemoteStore(reader), workers=1, stop=threading.Event()).run(targets)
    assert not broken, f"{broken}\n{story}"


def _play(seed: int, upstream) -> Story:
    rng = random.Random(seed)
    auth = rng.choice(["basic", "bearer"])
    with FakeRegistry(auth=auth) as source, FakeRegistry(auth=auth) as destination:
        source.contents.blobs = dict(upstream.blobs)
        source.contents.manifests, source.contents.tags = dict(upstream.manifests), dict(upstream.tags)
        source.contents.ranges = rng.choice([True, True, False, 416])
        story = Story(seed, source, destination)
        if rng.random() < 0.25:
            destination.contents.whole, story.is_chunked = 405, True
        destination.contents.tells_offset = rng.random() < 0.5
        _draw(rng, story)
        failed = _run(story)
        _see_nothing_is_wrong(story)
        if not story.lasting:
            assert not failed, story
        assert all(isinstance(error, tuple(story.lasting)) for error in story.errors), story
        source.faults.quiet()
        destination.faults.quiet()
        _see_whole(story, [wanted for wanted in WANTED if wanted not in failed])
        if failed:
            story.has_failed = True
            tagged = {repository for repository, _ in destination.contents.tags}
            assert not tagged & {wanted.repository for wanted in failed}, story
            assert _run(story) == [], story
            _see_nothing_is_wrong(story)
            _see_whole(story, WANTED)
    return story


def test_whatever_goes_wrong_no_byte_is_wrong_no_image_has_a_hole_and_nothing_is_sent_twice(
    upstream, monkeypatch
):
    monkeypatch.setattr(client, "tls_context", functools.cache(client.tls_context))
    hit: collections.Counter[tuple[str, str]] = collections.Counter()
    both = failed = chunked = 0
    with retry.testing(), ThreadPoolExecutor(4) as executor:
        for story in executor.map(lambda seed: _play(seed, upstream), SEEDS):
            sides = {side for side, _, fault in story.kinds if fault.hits}
            hit.update({(side, kind) for side, kind, fault in story.kinds if fault.hits})
            both += len(sides) == 2
            failed += story.has_failed
            chunked += story.is_chunked
    statuses = [f"status {status}" for status in set(STATUSES)]
    expected = [("source", each) for each in [*SOURCE, *statuses] if each != "status"]
    expected += [("destination", each) for each in [*DESTINATION, *statuses] if each != "status"]
    seldom = {each: hit[each] for each in expected if hit[each] < 5}
    assert not seldom, hit
    # What one repository serves wrong, another that has it may serve right: that is no failure.
    assert min(both, failed + 5, chunked) >= 20, (both, failed, chunked)
