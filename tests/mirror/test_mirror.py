"""From an image set to a verified registry, in memory: a destination as strict as a real one."""

from __future__ import annotations

import threading

import pytest

from bootstrap.errors import ConfigError, DigestMismatch, NotFound, Problems, RegistryError, TransferError
from bootstrap.mirror.disk import DiskFull
from bootstrap.mirror.image import as_error
from bootstrap.mirror.pool import Stopped
from bootstrap.oci.descriptor import Descriptor
from bootstrap.registry.retry import testing as no_waiting
from bootstrap.store.memory import MemoryStore
from tests.fakes.images import make_image, multi_arch, push
from tests.mirror.world import CONTENT, RELEASES, Upstream, mirror, verify

CHANNEL = "mirror: {platform: {channels: [{name: stable-4.20}]}}"


class Watched(MemoryStore):
    """Notes what is written, in order, and does as told before it."""

    def __init__(self, before=lambda *_: None):
        super().__init__("destination")
        self.writes, self.asked, self.before = [], 0, before

    def push_blob(self, repository, descriptor, chunks):
        self.before("blob", descriptor.digest)
        super().push_blob(repository, descriptor, chunks)
        self.writes.append(("blob", repository, descriptor.digest, descriptor.size))

    def mount_blob(self, repository, descriptor, from_repository):
        done = super().mount_blob(repository, descriptor, from_repository)
        self.writes.append(("mount", repository, descriptor.digest, from_repository))
        return done

    def push_manifest(self, repository, content, media_type, *, tag):
        self.before("manifest", tag)
        digest = super().push_manifest(repository, content, media_type, tag=tag)
        self.writes.append(("manifest", repository, digest, tag))
        return digest

    def manifest_exists(self, repository, reference):
        self.asked += 1
        return super().manifest_exists(repository, reference)

    def of(self, kind):
        return [write for write in self.writes if write[0] == kind]


@pytest.fixture
def upstream():
    made = Upstream()
    made.release("4.20.1")
    return made


def test_a_channel_ends_up_where_oc_mirror_would_put_it(upstream):
    destination = Watched()
    result = mirror(upstream, destination, CHANNEL, upstream.graph("4.20.1"))
    assert result.broken == ()
    assert not result.moved.failures
    tags = sorted(f"{repository}:{tag}" for repository, tag in destination._tags)
    assert tags == [
        "openshift/release-images:4.20.1-x86_64",
        "openshift/release:4.20.1-x86_64-etcd",
        "openshift/release:4.20.1-x86_64-installer",
    ]


def test_every_blob_is_sent_once_and_mounted_where_else_it_is_needed(upstream):
    destination = Watched()
    result = mirror(upstream, destination, CHANNEL, upstream.graph("4.20.1"))
    sent = [digest for _, _, digest, _ in destination.of("blob")]
    assert len(sent) == len(set(sent)) == len(result.plan.missing) == result.moved.counts.blobs_copied
    (mounted,) = destination.of("mount")  # the layer that release image and components share
    assert {mounted[1], mounted[3]} == {"openshift/release", "openshift/release-images"}
    assert result.moved.counts.blobs_mounted == 1


def test_the_plan_says_the_bytes_that_are_then_sent(upstream):
    destination = Watched()
    result = mirror(upstream, destination, CHANNEL, upstream.graph("4.20.1"))
    sent = sum(size for _, _, _, size in destination.of("blob"))
    assert result.plan.bytes_missing == result.plan.bytes == sent == result.moved.counts.bytes_copied
    last = result.progress[-1]
    assert last["bytes_done"] == last["bytes_total"] == sent
    assert last["images_done"] == last["images_total"] == 3


def test_manifests_come_after_their_blobs_and_the_tag_last(upstream):
    push(upstream.store, "team/app", multi_arch("app"), tag="v1")
    destination = Watched()
    mirror(upstream, destination, "mirror: {additionalImages: [{name: 'quay.io/team/app:v1'}]}")
    kinds = [write[0] for write in destination.writes]
    assert kinds[-1] == "manifest"
    tags = [write[3] for write in destination.of("manifest")]
    assert tags == [None, None, "v1"]


def test_a_second_run_sends_nothing_and_leaves_the_source_alone(upstream):
    destination = Watched()
    graph = upstream.graph("4.20.1")
    mirror(upstream, destination, CHANNEL, graph)
    destination.writes.clear()
    destination.asked = 0
    opened = []
    upstream.store.open_blob, original = (
        lambda repository, descriptor: opened.append(descriptor) or original(repository, descriptor),
        upstream.store.open_blob,
    )
    result = mirror(upstream, destination, CHANNEL, graph)
    assert destination.writes == []
    assert result.moved.counts.blobs_copied == result.plan.bytes_missing == 0
    assert result.plan.bytes > 0
    assert result.moved.counts.blobs_skipped == len(result.plan.blobs)
    assert destination.asked == 2 * 3  # the tag of each image, when looking and when verifying
    assert len(opened) == 2  # last layer and config of the release image: what the payload is


def test_a_newer_release_sends_only_what_is_new(upstream):
    destination = Watched()
    mirror(upstream, destination, CHANNEL, upstream.graph("4.20.1"))
    before = {digest for _, _, digest, _ in destination.of("blob")}
    destination.writes.clear()
    upstream.release("4.20.2")
    mirror(upstream, destination, CHANNEL, upstream.graph("4.20.1", "4.20.2"))
    sent = {digest for _, _, digest, _ in destination.of("blob")}
    assert sent
    assert not sent & before


def test_a_run_that_was_killed_goes_on_where_it_ended(upstream):
    class Killed(BaseException):
        pass

    pushed = []

    def die(kind, name):
        pushed.append(name)
        if len(pushed) == 5:
            raise Killed

    destination = Watched(die)
    with pytest.raises(Killed):
        mirror(upstream, destination, CHANNEL, upstream.graph("4.20.1"), workers=1)
    sent = {digest for _, _, digest, _ in destination.of("blob")}
    assert sent
    destination.before = lambda *_: None
    destination.writes.clear()
    result = mirror(upstream, destination, CHANNEL, upstream.graph("4.20.1"), workers=1)
    assert result.broken == ()
    assert not sent & {digest for _, _, digest, _ in destination.of("blob")}


def test_a_blob_that_the_source_lacks_fails_its_images_by_name_and_no_other(upstream):
    image = make_image("app")
    push(upstream.store, "team/app", image, tag="v1")
    lost = list(image.blobs)[-1]
    del upstream.store._blobs["team/app", lost]
    destination = Watched()
    body = CHANNEL.replace("]}}", "]}, additionalImages: [{name: 'quay.io/team/app:v1'}]}")
    result = mirror(upstream, destination, body, upstream.graph("4.20.1"))
    assert len(result.moved.failures) == 1
    error = as_error(result.moved.failures)
    assert isinstance(error, NotFound)
    assert error.what == "cannot mirror quay.io/team/app:v1"
    assert str(lost) in error.why
    assert ("team/app", "v1") not in destination._tags
    assert len(result.images) == 3
    assert [broken.target.source for broken in result.broken] == ["quay.io/team/app:v1"]


def test_a_shared_blob_that_is_lost_is_told_once_for_all_images(upstream):
    shared = next(
        layer
        for (repository, layer), content in upstream.store._blobs.items()
        if sum(layer == other for _, other in upstream.store._blobs) == 2
    )
    for repository in (RELEASES, CONTENT):
        del upstream.store._blobs[repository, shared]
    result = mirror(upstream, Watched(), CHANNEL, upstream.graph("4.20.1"))
    error = as_error(result.moved.failures)
    assert error.what.count("quay.io/") == 3
    assert len(result.moved.failures) == 3


def test_a_blob_is_read_from_another_image_when_its_first_one_lacks_it(upstream):
    image = make_image("app")
    for repository in ("team/one", "team/two"):
        push(upstream.store, repository, image, tag="v1")
    for digest in image.blobs:
        del upstream.store._blobs["team/one", digest]
    names = "mirror: {additionalImages: [{name: 'quay.io/team/one:v1'}, {name: 'quay.io/team/two:v1'}]}"
    result = mirror(upstream, Watched(), names)
    assert not result.moved.failures
    assert result.broken == ()


def test_wrong_bytes_at_the_source_never_arrive(upstream):
    key = next(key for key in upstream.store._blobs if key[0] == CONTENT)
    upstream.store._blobs[key] = b"x" * len(upstream.store._blobs[key])
    destination = Watched()
    result = mirror(upstream, destination, CHANNEL, upstream.graph("4.20.1"))
    assert isinstance(result.moved.failures[0].error, DigestMismatch)
    assert key[1] not in {digest for _, _, digest, _ in destination.of("blob")}


def test_what_is_temporary_is_tried_again(upstream):
    failed = set()

    def once(kind, name):
        if name not in failed:
            failed.add(name)
            raise TransferError("x", why="reset", fix="", is_temporary=True)

    with no_waiting() as waited:
        result = mirror(upstream, Watched(once), CHANNEL, upstream.graph("4.20.1"), workers=1)
    assert not result.moved.failures
    assert result.broken == ()
    assert len(waited) == len(failed) > 5
    assert result.progress[-1]["bytes_done"] == result.progress[-1]["bytes_total"]


def test_a_destination_that_is_gone_ends_the_run_soon():
    upstream = Upstream()
    upstream.release("4.20.1", [f"c{number}" for number in range(50)])
    tried = []

    def down(kind, name):
        tried.append(name)
        raise TransferError("x", why="refused", fix="", is_temporary=True)

    with no_waiting():
        result = mirror(upstream, Watched(down), CHANNEL, upstream.graph("4.20.1"), workers=2)
    assert len(result.moved.failures) == 51
    assert len(tried) <= 5 * (2 * 2 + 2)


def test_a_full_disk_ends_the_run_at_once_and_is_the_only_reason(upstream):
    upstream.release("4.20.2", [f"c{number}" for number in range(50)])
    tried, full = [], DiskFull("the disk of d is full", why="0 bytes", fix="free space")

    def refuse(kind, name):
        tried.append(name)
        raise RegistryError("x", why="500", fix="")

    moved = mirror(
        upstream, Watched(refuse), CHANNEL, upstream.graph("4.20.2"), workers=2, disk_full=lambda _size: full
    ).moved
    assert len(tried) <= 2
    assert {failure.error for failure in moved.failures} == {full}


def test_a_damaged_manifest_or_tag_at_the_destination_is_read_from_the_source(upstream):
    class Damaged(Watched):
        def manifest(self, repository, digest):
            raise DigestMismatch("x", why="other bytes", fix="")

        def manifest_exists(self, repository, reference):
            if reference.endswith("etcd"):
                raise RegistryError("x", why="500", fix="")
            return super().manifest_exists(repository, reference)

    destination = Damaged()
    mirror(upstream, destination, CHANNEL, upstream.graph("4.20.1"))
    destination.writes.clear()
    result = mirror(upstream, destination, CHANNEL, upstream.graph("4.20.1"))
    assert not result.moved.failures
    assert len(destination.of("manifest")) == len({tag for _, _, _, tag in destination.of("manifest")}) > 2


def test_a_blob_that_vanished_after_the_look_is_brought_again(upstream):
    destination = Watched()
    gone = []

    def vanish(kind, name):
        if kind == "manifest" and not gone:
            gone.extend(list(destination._blobs)[:1])
            del destination._blobs[gone[0]]

    destination.before = vanish
    result = mirror(upstream, destination, CHANNEL, upstream.graph("4.20.1"), workers=1)
    assert gone
    assert not result.moved.failures


def test_a_stop_ends_the_transfer_and_the_next_run_goes_on(upstream):
    stop = threading.Event()
    destination = Watched(lambda *_: stop.set())
    with pytest.raises(Stopped):
        mirror(upstream, destination, CHANNEL, upstream.graph("4.20.1"), stop=stop, workers=1)
    assert destination.of("manifest") == []
    destination.before = lambda *_: None
    assert mirror(upstream, destination, CHANNEL, upstream.graph("4.20.1")).broken == ()


def test_a_stop_while_waiting_for_another_try_ends_the_transfer_without_it(upstream):
    stop, tried = threading.Event(), []

    def fail(kind, name):
        if kind != "manifest":
            return
        tried.append(name)
        stop.set()
        raise TransferError("x", why="reset", fix="", is_temporary=True)

    with no_waiting(), pytest.raises(Stopped):
        mirror(upstream, Watched(fail), CHANNEL, upstream.graph("4.20.1"), stop=stop, workers=1)
    assert len(tried) == 1


def test_an_index_arrives_with_all_of_its_images(upstream):
    index = multi_arch("app", architectures=("amd64", "arm64", "s390x"))
    push(upstream.store, "team/app", index, tag="v1")
    destination = MemoryStore()
    result = mirror(upstream, destination, "mirror: {additionalImages: [{name: 'quay.io/team/app:v1'}]}")
    assert result.broken == ()
    for image in index.images:
        assert destination.manifest("team/app", image.digest) == (image.raw, image.media_type)


def test_blocked_images_stay_behind_by_source_or_destination(upstream):
    body = CHANNEL.replace("]}}", "]}, blockedImages: [{name: '-etcd$'}, {name: 'ocp-release@'}]}")
    destination = Watched()
    mirror(upstream, destination, body, upstream.graph("4.20.1"))
    assert [tag for _, tag in destination._tags] == ["4.20.1-x86_64-installer"]


def test_two_images_for_one_tag_are_refused(upstream):
    for name in ("one", "two"):
        push(upstream.store, f"team/{name}", make_image(name), tag="v1")
    body = (
        "mirror: {additionalImages: [{name: 'quay.io/team/one:v1', targetRepo: app},"
        " {name: 'quay.io/team/two:v1', targetRepo: app}]}"
    )
    with pytest.raises(ConfigError, match="would both be app:v1"):
        mirror(upstream, MemoryStore(), body)


def test_an_image_that_cannot_be_found_does_not_keep_the_others_back(upstream):
    push(upstream.store, "team/app", make_image("app"), tag="v1")
    body = "mirror: {additionalImages: [{name: 'quay.io/team/gone:v1'}, {name: 'quay.io/team/app:v1'}]}"
    result = mirror(upstream, MemoryStore(), body)
    assert [str(failure.wanted) for failure in result.collected.failures] == ["quay.io/team/gone:v1"]
    assert result.images == ["quay.io/team/app:v1"]


def test_different_reasons_are_told_apart():
    from bootstrap.mirror.image import Failure, Kind, Wanted
    from bootstrap.oci.digest import Digest
    from bootstrap.oci.reference import Reference

    def failure(name, why):
        source = Reference.parse(f"quay.io/team/{name}:v1")
        return Failure(
            Wanted(Kind.ADDITIONAL, source, Digest.of(b""), "r", "t"), NotFound("blob", why=why, fix="f")
        )

    error = as_error([failure("a", "x"), failure("b", "y"), failure("c", "x")])
    assert isinstance(error, Problems)
    assert [each.what for each in error.problems] == [
        "cannot mirror quay.io/team/a:v1, quay.io/team/c:v1",
        "cannot mirror quay.io/team/b:v1",
    ]


class TestVerification:
    @pytest.fixture
    def filled(self, upstream):
        destination = MemoryStore("destination")
        result = mirror(upstream, destination, CHANNEL, upstream.graph("4.20.1"))
        return destination, result.plan.images

    def test_all_is_well(self, filled):
        assert verify(*filled) == ()

    def test_a_missing_blob_breaks_every_image_that_names_it(self, filled):
        destination, images = filled
        etcd = next(image for image in images if image.wanted.component == "etcd")
        del destination._blobs["openshift/release", etcd.blobs[0].digest]
        (broken,) = verify(destination, images)
        assert broken.target.tag == "4.20.1-x86_64-etcd"
        assert str(etcd.blobs[0].digest) in broken.why

    def test_a_tag_that_is_gone_or_moved_is_seen(self, filled):
        destination, images = filled
        tags = destination._tags
        del tags["openshift/release", "4.20.1-x86_64-etcd"]
        tags["openshift/release", "4.20.1-x86_64-installer"] = next(
            image.wanted.digest for image in images if image.wanted.component == "etcd"
        )
        why = {broken.target.tag: broken.why for broken in verify(destination, images)}
        assert "is not there" in why["4.20.1-x86_64-etcd"]
        assert "points at" in why["4.20.1-x86_64-installer"]

    def test_a_missing_manifest_is_seen_although_its_tag_is_there(self, filled):
        destination, images = filled
        del destination._manifests["openshift/release-images", images[0].wanted.digest]
        (broken,) = verify(destination, images)
        assert broken.target.repository == "openshift/release-images"


def test_descriptors_of_a_move_are_those_of_the_manifest(upstream):
    result = mirror(upstream, MemoryStore(), CHANNEL, upstream.graph("4.20.1"))
    assert all(isinstance(move.descriptor, Descriptor) for move in result.plan.moves)
    sizes = [move.descriptor.size for move in result.plan.moves]
    assert sizes == sorted(sizes, reverse=True)
