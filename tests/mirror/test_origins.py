"""Several sources of which some do not give what they have: who fails of that, and who does not."""

from __future__ import annotations

import pytest

from bootstrap.errors import Denied, NotFound, RegistryError, TransferError
from bootstrap.registry.client import RegistryClient
from bootstrap.registry.pool import Registries
from bootstrap.registry.redirects import Mirror, Redirect
from bootstrap.registry.retry import testing as no_waiting
from bootstrap.store.memory import MemoryReader, MemoryStore
from bootstrap.store.remote import RemoteStore
from tests.fakes.images import make_image, push
from tests.fakes.registry import FakeRegistry, authority
from tests.mirror.world import mirror

SHARED = {"base": b"shared" * 500}
SILENT = TransferError("cannot read blob", why="silent", fix="look", is_temporary=True)


class Registry(MemoryStore):
    """Has manifests, but does with blobs as it is told."""

    def __init__(self, name, error=None, change=lambda content: content):
        super().__init__(name)
        self.error, self.change, self.opened = error, change, 0

    def open_blob(self, repository, descriptor):
        self.opened += 1
        if self.error is not None:
            raise self.error
        return MemoryReader(self.change(super().open_blob(repository, descriptor)._content))


class Breaking(MemoryReader):
    def __iter__(self):
        yield self._content[:1]
        raise SILENT


class Refusing(MemoryStore):
    def push_blob(self, repository, descriptor, chunks):
        next(iter(chunks))
        raise RegistryError("cannot push", why="no", fix="look")


class World:
    """Several registries, by their names."""

    def __init__(self, *registries):
        self.registries = {each.name: each for each in registries}

    def store_for(self, name):
        registry, _, repository = name.partition("/")
        return self.registries[registry], repository

    def push(self, registry, name, *layers):
        push(self.registries[registry], name, make_image(name, layers=[SHARED, *layers]), tag="v1")
        return f"{registry}/{name}:v1"


def image_set(names):
    listed = ", ".join(f"{{name: '{name}'}}" for name in names)
    return f"mirror: {{additionalImages: [{listed}]}}"


def failed(result):
    return {str(failure.wanted) for failure in result.moved.failures}


def test_a_dead_source_ends_what_comes_from_it_alone_and_soon_and_nothing_else():
    dead, well = Registry("dead.example.com", SILENT), Registry("well.example.com")
    world = World(dead, well)
    lost = [world.push(dead.name, f"team/d{number}", {f"d{number}": b"d" * 5000}) for number in range(40)]
    good = [world.push(well.name, f"team/w{number}", {f"w{number}": b"w"}) for number in range(40)]
    with no_waiting():
        result = mirror(world, MemoryStore(), image_set([*lost, *good]), workers=2)
    assert failed(result) == set(lost)
    assert set(result.images) == set(good)
    assert {failure.error.why for failure in result.moved.failures} == {"silent (tried 5 times)"}
    assert dead.opened <= 5 * (2 * 2 + 2)


def test_a_destination_that_is_gone_ends_all_of_it_whatever_the_sources_do():
    class Down(MemoryStore):
        def push_blob(self, repository, descriptor, chunks):
            raise SILENT

    one, two = Registry("one.example.com"), Registry("two.example.com")
    world = World(one, two)
    names = [
        world.push(store.name, f"team/{store.name[:3]}{number}", {f"{store.name}{number}": b"x"})
        for store in (one, two)
        for number in range(40)
    ]
    with no_waiting():
        result = mirror(world, Down("down"), image_set(names), workers=2)
    assert failed(result) == set(names)
    assert one.opened + two.opened <= 5 * (2 * 2 + 2)


@pytest.mark.parametrize(
    "trouble",
    [
        {"error": SILENT},
        {"error": TransferError("x", why="unknown CA", fix="")},
        {"error": Denied("x", why="no login", fix="")},
        {"error": NotFound("x", why="gone", fix="")},
        {"error": RegistryError("x", why="strange", fix="")},
        {"change": lambda content: content[:-1]},
        {"change": lambda content: content[:-1] + b"?"},
    ],
)
def test_what_one_source_does_not_give_comes_from_the_next_that_has_it(trouble):
    bad, well = Registry("bad.example.com", **trouble), Registry("well.example.com")
    world = World(bad, well)
    image = make_image("app")
    names = []
    for store in (bad, well):
        push(store, f"{store.name[:3]}/app", image, tag="v1")
        names.append(f"{store.name}/{store.name[:3]}/app:v1")
    destination = MemoryStore()
    with no_waiting():
        result = mirror(world, destination, image_set(names), workers=1)
    assert failed(result) == set()
    assert result.broken == ()
    assert result.progress[-1]["bytes_done"] == result.progress[-1]["bytes_total"]


def test_a_source_that_breaks_every_blob_in_the_middle_is_left_alone_while_another_has_them():
    bad, well = Registry("bad.example.com"), Registry("well.example.com")
    world = World(bad, well)
    names = []
    for number in range(10):
        image = make_image(number)
        for store in (bad, well):
            push(store, f"{store.name[:3]}/{number}", image, tag="v1")
            names.append(f"{store.name}/{store.name[:3]}/{number}:v1")
    bad.open_blob = lambda repository, descriptor: (
        opened.append(descriptor),
        Breaking(MemoryStore.open_blob(bad, repository, descriptor)._content),
    )[1]
    opened = []
    with no_waiting() as waited:
        result = mirror(world, MemoryStore(), image_set(names), workers=1)
    assert failed(result) == set()
    assert len(opened) == 1
    assert waited == []


def test_a_source_that_lets_nobody_in_is_asked_once_while_another_has_everything():
    bad = Registry("bad.example.com", Denied("x", why="no login", fix=""))
    well = Registry("well.example.com")
    names = []
    for number in range(5):
        image = make_image(number)
        for store in (bad, well):
            push(store, f"{store.name[:3]}/{number}", image, tag="v1")
            names.append(f"{store.name}/{store.name[:3]}/{number}:v1")
    result = mirror(World(bad, well), MemoryStore(), image_set(names), workers=1)
    assert failed(result) == set()
    assert bad.opened == 1


def test_a_failure_of_the_destination_asks_no_other_source():
    one, two = Registry("one.example.com"), Registry("two.example.com")
    world = World(one, two)
    image = make_image("app", layers=0)  # its config is its only blob
    for store in (one, two):
        push(store, f"{store.name[:3]}/app", image, tag="v1")
    names = [f"{store.name}/{store.name[:3]}/app:v1" for store in (one, two)]
    result = mirror(world, Refusing("destination"), image_set(names), workers=1)
    assert failed(result) == set(names)
    assert one.opened + two.opened == 1


def test_a_source_that_fails_says_so_beside_the_others():
    one = Registry("one.example.com", Denied("cannot read blob at one", why="no login", fix="log in"))
    two = Registry("two.example.com", NotFound("cannot read blob at two", why="404", fix="look"))
    world = World(one, two)
    image = make_image("app", layers=0)
    for store in (one, two):
        push(store, f"{store.name[:3]}/app", image, tag="v1")
    names = [f"{store.name}/{store.name[:3]}/app:v1" for store in (one, two)]
    result = mirror(world, MemoryStore(), image_set(names), workers=1)
    error = result.moved.failures[0].error
    assert isinstance(error, NotFound)
    assert error.why == "404; other places failed, too: cannot read blob at one: no login"


def test_each_mirror_of_a_redirected_source_has_a_pace_of_its_own():
    image = make_image("app", layers=3)
    with FakeRegistry(auth=None) as near, FakeRegistry(auth=None) as far, no_waiting():
        for fake in (near, far):
            with fake.client() as client:
                push(RemoteStore(client), "team/app", image, tag="v1")
        lost = next(iter(image.blobs))
        del near.contents.blobs["team/app", str(lost)]
        near.faults.add("status", "GET .*/blobs/", status=429)
        redirects = [Redirect("quay.io", far.location, (Mirror(near.location),))]

        def open_client(location, **options):
            return RegistryClient(location, ca_pem=authority().pem)

        with Registries(None, redirects, open_client=open_client) as registries:
            result = mirror(registries, MemoryStore(), image_set(["quay.io/team/app:v1"]), workers=4)
    assert failed(result) == set()
    parallel = result.progress[-1]["parallel"]
    assert parallel[far.location] == 4
    assert 1 <= parallel[near.location] < 4
