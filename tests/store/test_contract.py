"""What every store promises: the same tests over memory, a layout, a fake registry and a real one."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from bootstrap.errors import DigestMismatch, NotFound, RegistryError
from bootstrap.oci.descriptor import Descriptor
from bootstrap.oci.digest import Digest
from bootstrap.oci.manifest import OCI_MANIFEST
from bootstrap.store.interface import CHUNK_SIZE, IncompleteImage
from tests.fakes.images import FakeImage, make_image, make_index, multi_arch, noise, push, push_blobs

_numbers = itertools.count()
BYTES = "application/octet-stream"
ABSENT = Digest.of(b"nobody ever pushed this")


@pytest.fixture
def repository() -> str:
    """A repository that no other test uses: the real registry is shared."""
    return f"contract/test-{next(_numbers)}"


def _read(store, repository, descriptor) -> bytes:
    with store.open_blob(repository, descriptor) as chunks:
        return b"".join(chunks)


def _first_blob(image: FakeImage) -> Descriptor:
    digest, content = next(iter(image.blobs.items()))
    return Descriptor(BYTES, digest, len(content))


@pytest.mark.parametrize("docker", [False, True], ids=["oci", "docker"])
def test_an_image_comes_back_as_it_went_in(store, repository, docker):
    image = make_image("round trip", docker=docker)
    pushed = push(store, repository, image, tag="v1")

    found = store.resolve(repository, "v1")
    assert (found.digest, found.size, found.media_type) == (pushed.digest, len(image.raw), image.media_type)
    assert store.resolve(repository, str(image.digest)) == found
    assert store.manifest(repository, image.digest) == (image.raw, image.media_type)
    for digest, content in image.blobs.items():
        descriptor = Descriptor(BYTES, digest, len(content))
        assert store.blob_exists(repository, descriptor)
        assert _read(store, repository, descriptor) == content


@pytest.mark.parametrize("docker", [False, True], ids=["oci", "docker"])
def test_an_index_comes_back_with_its_children(store, repository, docker):
    index = multi_arch("index", docker=docker)
    push(store, repository, index, tag="v1")
    assert store.resolve(repository, "v1") == index.descriptor
    assert store.manifest(repository, index.digest) == (index.raw, index.media_type)
    for image in index.images:
        assert store.manifest_exists(repository, str(image.digest)) == image.descriptor


def test_pushing_the_same_again_is_no_error(store, repository):
    image = make_image("twice")
    assert push(store, repository, image, tag="v1") == push(store, repository, image, tag="v1")


def test_a_tag_moves_and_the_old_image_stays(store, repository):
    old, new = make_image("old"), make_image("new")
    push(store, repository, old, tag="latest")
    push(store, repository, new, tag="latest")
    assert store.resolve(repository, "latest") == new.descriptor
    assert store.resolve(repository, str(old.digest)) == old.descriptor


def test_an_image_can_have_several_tags_or_none(store, repository):
    image = make_image("tags")
    push(store, repository, image)
    assert store.resolve(repository, str(image.digest)) == image.descriptor
    for tag in ("one", "two"):
        store.push_manifest(repository, image.raw, image.media_type, tag=tag)
    assert store.resolve(repository, "one") == store.resolve(repository, "two") == image.descriptor


def test_what_is_not_there_is_not_found(store, repository):
    push(store, repository, make_image("something"), tag="v1")
    for asked in (repository, f"{repository}/unknown"):
        assert store.manifest_exists(asked, "v2") is None
        assert store.manifest_exists(asked, str(ABSENT)) is None
        assert not store.blob_exists(asked, Descriptor(BYTES, ABSENT, 5))
        for reference in ("v2", str(ABSENT)):
            with pytest.raises(NotFound, match=f"{asked}[:@]{reference}"):
                store.resolve(asked, reference)
        with pytest.raises(NotFound, match=f"{asked}@{ABSENT}"):
            store.manifest(asked, ABSENT)
        with (
            pytest.raises(NotFound, match=f"{asked}@{ABSENT}"),
            store.open_blob(asked, Descriptor(BYTES, ABSENT, 5)),
        ):
            pass


@pytest.mark.parametrize(
    "chunks",
    [
        [b"abd"],
        [b"ab", b"d"],
        [b"ab"],
        [],
        [b"abc", b"d"],
        [b"abcd"],
    ],
    ids=["wrong", "wrong-in-pieces", "short", "nothing", "long", "long-in-one-piece"],
)
def test_bytes_that_are_not_the_blob_are_refused_and_not_kept(store, repository, chunks):
    push(store, repository, make_image("neighbour"))
    descriptor = Descriptor(BYTES, Digest.of(b"abc"), 3)
    with pytest.raises(DigestMismatch, match=str(descriptor.digest)):
        store.push_blob(repository, descriptor, chunks)
    assert not store.blob_exists(repository, descriptor)
    store.push_blob(repository, descriptor, [b"a", b"", b"bc"])
    assert _read(store, repository, descriptor) == b"abc"


def test_a_source_that_fails_while_it_is_read_leaves_nothing(store, repository):
    content = noise("failing", 3 * CHUNK_SIZE)
    descriptor = Descriptor(BYTES, Digest.of(content), len(content))
    failure = NotFound("the source went away", why="it did", fix="none")

    def chunks():
        yield content[:CHUNK_SIZE]
        yield content[CHUNK_SIZE : 2 * CHUNK_SIZE]
        raise failure

    with pytest.raises(NotFound) as caught:
        store.push_blob(repository, descriptor, chunks())
    assert caught.value is failure
    assert not store.blob_exists(repository, descriptor)


def test_an_empty_blob_is_a_blob(store, repository):
    descriptor = Descriptor(BYTES, Digest.of(b""), 0)
    store.push_blob(repository, descriptor, [])
    assert store.blob_exists(repository, descriptor)
    assert _read(store, repository, descriptor) == b""


def test_a_large_blob_comes_in_pieces(store, repository):
    content = noise("large", 5 * CHUNK_SIZE + 17)
    descriptor = Descriptor(BYTES, Digest.of(content), len(content))
    store.push_blob(repository, descriptor, (content[n : n + 70_000] for n in range(0, len(content), 70_000)))
    with store.open_blob(repository, descriptor) as chunks:
        pieces = list(chunks)
    assert b"".join(pieces) == content
    assert max(len(piece) for piece in pieces) <= CHUNK_SIZE
    assert len(pieces) < 40


def test_a_reader_may_stop_early_and_the_store_goes_on(store, repository):
    content = noise("early", 4 * CHUNK_SIZE)
    descriptor = Descriptor(BYTES, Digest.of(content), len(content))
    store.push_blob(repository, descriptor, [content])
    with store.open_blob(repository, descriptor) as chunks:
        assert content.startswith(next(iter(chunks)))
    assert _read(store, repository, descriptor) == content


def test_a_blob_is_mounted_from_another_repository(store, repository):
    image = make_image("mount")
    blob = _first_blob(image)
    push_blobs(store, repository, image)
    other = f"{repository}/other"
    assert store.mount_blob(other, blob, repository)
    assert _read(store, other, blob) == image.blobs[blob.digest]
    assert store.mount_blob(other, blob, repository), "a second time is no error"


def test_what_cannot_be_mounted_is_told_and_no_error(store, repository):
    push(store, repository, make_image("mount nothing"))
    absent = Descriptor(BYTES, ABSENT, 5)
    assert not store.mount_blob(f"{repository}/other", absent, repository)
    assert not store.mount_blob(f"{repository}/other", absent, f"{repository}/unknown")
    assert not store.blob_exists(f"{repository}/other", absent)


def test_a_manifest_before_its_blobs_is_refused(store, repository):
    image = make_image("incomplete")
    *most, (last, content) = image.blobs.items()
    for digest, held in most:
        store.push_blob(repository, Descriptor(BYTES, digest, len(held)), [held])
    with pytest.raises(IncompleteImage, match=str(last)):
        store.push_manifest(repository, image.raw, image.media_type, tag="v1")
    assert store.manifest_exists(repository, "v1") is None
    store.push_blob(repository, Descriptor(BYTES, last, len(content)), [content])
    store.push_manifest(repository, image.raw, image.media_type, tag="v1")
    assert store.manifest_exists(repository, "v1") is not None


def test_an_index_before_its_images_is_refused(store, repository):
    images = [make_image(("child", number)) for number in range(2)]
    index = make_index(images)
    push(store, repository, images[0])
    with pytest.raises(IncompleteImage, match=str(images[1].digest)):
        store.push_manifest(repository, index.raw, index.media_type, tag="v1")
    push(store, repository, images[1])
    store.push_manifest(repository, index.raw, index.media_type, tag="v1")


def test_what_is_no_manifest_is_refused(store, repository):
    with pytest.raises(RegistryError):
        store.push_manifest(repository, b"<html>", OCI_MANIFEST, tag="v1")
    assert store.manifest_exists(repository, "v1") is None


def test_many_threads_may_push_and_read_at_once(store, repository):
    shared = make_image("shared")
    images = [make_image(("thread", number), size=50_000) for number in range(8)]

    def work(image: FakeImage) -> bytes:
        push_blobs(store, repository, shared)
        push(store, repository, image, tag=image.digest.hex[:8])
        return _read(store, repository, _first_blob(image))

    with ThreadPoolExecutor(8) as pool:
        read = list(pool.map(work, images))
    assert read == [next(iter(image.blobs.values())) for image in images]
    for image in images:
        assert store.resolve(repository, image.digest.hex[:8]) == image.descriptor


def test_the_size_announced_counts_too(store, repository):
    descriptor = Descriptor(BYTES, Digest.of(b"abc"), 4)
    with pytest.raises(DigestMismatch):
        store.push_blob(repository, descriptor, [b"abc"])
    assert not store.blob_exists(repository, replace(descriptor, size=3))
