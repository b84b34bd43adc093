from __future__ import annotations

import pytest

from bootstrap.errors import ConfigError, Denied, NotFound, RegistryError, TransferError
from bootstrap.store.alternatives import Alternative, Alternatives
from bootstrap.store.checked import checked
from bootstrap.store.memory import MemoryReader, MemoryStore
from tests.fakes.images import make_image, push

IMAGE = make_image("app")
BLOB = next(iter(IMAGE.blobs))


class Place(MemoryStore):
    """A store that can be told to fail, and says what it was asked."""

    def __init__(self, name, *, has=True, error=None):
        super().__init__(name)
        if has:
            push(self, f"{name}/app", IMAGE, tag="v1")
        self.error, self.asked, self.reader = error, [], MemoryReader

    def _ask(self, what):
        self.asked.append(what)
        if self.error:
            raise self.error

    def manifest_exists(self, repository, reference):
        self._ask(reference)
        return super().manifest_exists(repository, reference)

    def manifest(self, repository, digest):
        self._ask("manifest")
        return super().manifest(repository, digest)

    def open_blob(self, repository, descriptor):
        self._ask("blob")
        return self.reader(super().open_blob(repository, descriptor)._content)


class Truncated(MemoryReader):
    def __iter__(self):
        yield self._content[:-1]


class Longer(MemoryReader):
    def __iter__(self):
        yield self._content
        yield b"more"


class Wrong(MemoryReader):
    def __iter__(self):
        yield b"x" * len(self._content)


class Broken(MemoryReader):
    def __iter__(self):
        yield self._content[:1]
        raise TransferError("cannot read", why="broke", fix="again", is_temporary=True)


def alternatives(*places, **options):
    return Alternatives(
        [Alternative(each, each.name, f"{each.name}/app", **options.get(each.name, {})) for each in places]
    )


def descriptor():
    from bootstrap.oci.descriptor import Descriptor

    return Descriptor("x", BLOB, len(IMAGE.blobs[BLOB]))


def read(store):
    with store.open_blob("any", descriptor()) as reader:
        return b"".join(checked(descriptor(), reader, where="here"))


def test_the_first_place_that_has_it_gives_everything():
    one, two, three = Place("one", has=False), Place("two"), Place("three")
    store = alternatives(one, two, three)
    assert store.resolve("any", "v1").digest == IMAGE.digest
    assert store.manifest("any", IMAGE.digest)[0] == IMAGE.raw
    assert read(store) == IMAGE.blobs[BLOB]
    assert store.blob_exists("any", descriptor())
    assert (len(one.asked), len(two.asked), len(three.asked)) == (3, 3, 0)
    assert store.name == "three"


@pytest.mark.parametrize(
    "error",
    [
        TransferError("t", why="gone", fix="f", is_temporary=True),
        Denied("d", why="no login", fix="f"),
        ConfigError("c", why="no CA", fix="f"),
    ],
)
def test_a_place_that_does_not_answer_or_lets_nobody_in_is_asked_once(error):
    one, two = Place("one", error=error), Place("two")
    store = alternatives(one, two)
    for _ in range(3):
        assert store.manifest("any", IMAGE.digest)[0] == IMAGE.raw
    assert one.asked == ["manifest"]


def test_a_place_that_lacks_something_or_is_broken_for_one_is_asked_for_the_next():
    one, two = Place("one", error=RegistryError("r", why="500", fix="f")), Place("two")
    store = alternatives(one, two)
    for _ in range(2):
        assert store.resolve("any", "v1").digest == IMAGE.digest
    assert one.asked == ["v1", "v1"]


def test_when_all_fail_the_last_counts_and_the_others_are_told_too():
    one = Place("one", error=Denied("mirror", why="no login", fix="f"))
    two = Place("two", error=TransferError("source", why="silent", fix="look", is_temporary=True))
    with pytest.raises(TransferError) as caught:
        alternatives(one, two).manifest("any", IMAGE.digest)
    assert (caught.value.what, caught.value.fix, caught.value.is_temporary) == ("source", "look", True)
    assert caught.value.why == "silent; its mirrors failed, too: mirror: no login"
    # When every place is gone they are asked again: one may have come back.
    with pytest.raises(TransferError):
        alternatives(one, two).manifest("any", IMAGE.digest)


def test_what_is_nowhere_is_not_found_and_all_places_are_named():
    store = alternatives(Place("one", has=False), Place("two", has=False))
    assert store.manifest_exists("any", "v1") is None
    assert not store.blob_exists("any", descriptor())
    with pytest.raises(NotFound) as caught:
        store.resolve("any", "v1")
    assert "one/one/app, two/two/app" in caught.value.why
    with pytest.raises(NotFound):
        store.manifest("any", IMAGE.digest)


def test_a_mirror_for_digests_only_is_not_asked_for_tags_and_one_for_tags_gives_what_it_named():
    for_digests, for_tags = Place("d"), Place("t")
    source = Place("s", has=False)
    limits = {"d": {"serves_tags": False}, "t": {"serves_digests": False}}
    store = alternatives(for_tags, for_digests, source, **limits)
    assert store.manifest("any", IMAGE.digest)[0] == IMAGE.raw
    assert (for_tags.asked, for_digests.asked) == ([], ["manifest"])
    store = alternatives(for_tags, source, **limits)
    with pytest.raises(NotFound):
        store.manifest("any", IMAGE.digest)
    assert store.resolve("any", "v1").digest == IMAGE.digest
    assert store.manifest("any", IMAGE.digest)[0] == IMAGE.raw
    assert source.asked == ["manifest", "manifest"]


def test_where_nobody_may_be_asked_that_is_said():
    store = alternatives(Place("d"), d={"serves_tags": False})
    with pytest.raises(ConfigError, match="pull-from-mirror"):
        store.resolve("any", "v1")
    store = alternatives(Place("t"), t={"serves_digests": False})
    with pytest.raises(ConfigError, match="pull-from-mirror"):
        store.manifest("any", IMAGE.digest)


@pytest.mark.parametrize("reader", [Truncated, Longer, Wrong, Broken])
def test_a_blob_that_breaks_or_is_wrong_comes_from_the_next_place_at_the_next_try(reader):
    one, two = Place("one"), Place("two")
    one.reader = reader
    store = alternatives(one, two)
    with pytest.raises(TransferError) as caught:
        read(store)
    assert caught.value.is_temporary
    assert read(store) == IMAGE.blobs[BLOB]
    assert two.asked == ["blob"]
