"""Reading every blob: which images are wrong then, and how often a blob is asked for."""

from __future__ import annotations

import threading

from bootstrap.mirror.verify import Target, Verification
from bootstrap.store.memory import MemoryStore
from tests.fakes.images import make_image, push

IMAGE = make_image("deep")


class Counting(MemoryStore):
    def __init__(self):
        super().__init__()
        self.asked, self.read = [], []

    def blob_exists(self, repository, descriptor):
        self.asked.append((repository, descriptor.digest))
        return super().blob_exists(repository, descriptor)

    def open_blob(self, repository, descriptor):
        self.read.append((repository, descriptor.digest))
        return super().open_blob(repository, descriptor)


def filled():
    store = Counting()
    for repository in ("one", "two"):
        push(store, repository, IMAGE, tag="v1")
    return store


def verify(store):
    targets = [Target(name, name, "v1", IMAGE.digest) for name in ("one", "two")]
    verification = Verification(store, workers=2, readers=2, stop=threading.Event())
    return [(broken.target.source, broken.why) for broken in verification.run(targets)]


def test_a_blob_is_read_once_and_asked_for_where_it_is_not_read():
    store = filled()
    assert verify(store) == []
    assert sorted(store.read) == sorted(("one", digest) for digest in IMAGE.blobs)
    assert sorted(store.asked) == sorted(("two", digest) for digest in IMAGE.blobs)


def test_a_blob_that_is_missing_where_it_was_to_be_read_is_read_elsewhere_and_only_missing_there():
    store = filled()
    gone = next(iter(IMAGE.blobs))
    del store._blobs["one", gone]
    ((name, why),) = verify(store)
    assert (name, f"blob {gone}" in why, "is not there" in why) == ("one", True, True)
    assert ("two", gone) in store.read


def test_a_blob_with_other_bytes_is_wrong_wherever_it_is():
    store = filled()
    bad = next(iter(IMAGE.blobs))
    for repository in ("one", "two"):
        store._blobs[repository, bad] = b"x" * len(IMAGE.blobs[bad])
    assert [name for name, why in verify(store) if "other bytes" in why] == ["one", "two"]
