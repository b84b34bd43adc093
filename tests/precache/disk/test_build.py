import errno
import json
import os
from types import SimpleNamespace

import pytest

from bootstrap.errors import Busy, ConfigError, Denied, HostError, NotFound, Problems, TransferError
from bootstrap.precache.disk import build as build_module
from bootstrap.precache.disk import hold, store
from bootstrap.precache.disk.files import Files
from bootstrap.precache.disk.names import PARTIAL
from bootstrap.registry import retry
from tests.fakes.images import make_image, multi_arch
from tests.precache.disk.world import (
    CONTENT,
    RELEASES,
    blob,
    content,
    fake_mirror,
    fill,
    layers,
    specs,
    sums,
    wants,
)

LISTS = {"ai-images.txt", "ocp-images.txt", "mapping.txt", "images.txt", "precache.json"}


def test_a_disk_has_every_image_of_the_release_and_each_blob_once(mirror, tmp_path):
    digests = mirror.release(("etcd", "installer", "cli"))
    directory = tmp_path / "disk"
    built = fill(mirror.given(), directory)
    release = f"{RELEASES}@{mirror.release_digest}"
    assert specs(directory, "ocp-images.txt") == sorted(
        [release, *(f"{CONTENT}@{d}" for d in digests.values())]
    )
    assert specs(directory, "ai-images.txt") == sorted([release, f"{CONTENT}@{digests['etcd']}"])
    assert (built.images, built.discovery, built.install) == (4, 2, 4)
    place = f"{mirror.location}/openshift"
    assert f"{release}={place}/release-images:4.20.9-x86_64" in specs(directory, "mapping.txt")
    told, found = sums(directory)
    assert told == found
    kept = {name for name in content(directory) if not name.startswith("images/")}
    assert told.keys() == kept - {"SHA256SUMS"} == {*told.keys()} | LISTS
    for digest in (mirror.release_digest, *digests.values()):
        view = directory / "images" / digest.hex
        manifest = (view / "manifest.json").read_bytes()
        assert manifest == blob(directory, digest).read_bytes()
        for name in layers(manifest):
            assert (view / name).resolve() == blob(directory, name)
            assert not (view / name).readlink().is_absolute()
    assert json.loads((directory / "precache.json").read_text()) | {"made_by": "", "bytes": 0} == {
        "schema": 1,
        "made_by": "",
        "release": {"version": "4.20.9", "digest": str(mirror.release_digest)},
        "architecture": "amd64",
        "format": "layout",
        "images": 4,
        "bytes": 0,
    }


@pytest.mark.parametrize("form", ["layout", "tgz"])
def test_a_second_run_fetches_nothing_and_changes_no_byte(mirror, tmp_path, form):
    mirror.release()
    fill(mirror.given(), tmp_path, form=form)
    before, times = content(tmp_path), {path: path.lstat().st_mtime_ns for path in tmp_path.rglob("*")}
    mirror.registry.log.clear()
    again = fill(mirror.given(), tmp_path, form=form)
    assert (again.blobs_copied, again.is_changed, again.was_unfinished) == (0, False, False)
    assert content(tmp_path) == before
    assert {path: path.lstat().st_mtime_ns for path in tmp_path.rglob("*")} == times


def test_manifests_that_are_on_the_disk_are_not_asked_for_again(mirror, tmp_path):
    digests = mirror.release()
    fill(mirror.given(), tmp_path)
    mirror.registry.log.clear()
    fill(mirror.given(), tmp_path)
    assert mirror.registry.count(f"openshift/release/manifests/{digests['etcd']}") == 0


def test_of_an_index_there_is_what_the_nodes_need_under_the_digest_that_is_asked_for(mirror, tmp_path):
    image = multi_arch("tool")
    source = f"registry.redhat.io/a/tool@{image.digest}"
    mirror.release(is_multi=True)
    mirror.image(source, image)
    fill(mirror.given(), tmp_path, site=wants(source))
    view = tmp_path / "images" / image.digest.hex
    amd64, arm64 = image.images
    assert (view / "manifest.json").read_bytes() == image.raw
    assert (view / f"{amd64.digest.hex}.manifest.json").read_bytes() == amd64.raw
    assert all(blob(tmp_path, digest).is_file() for digest in amd64.blobs)
    assert not any(blob(tmp_path, digest).exists() for digest in (arm64.digest, *arm64.blobs))


def test_an_index_without_the_nodes_architecture_is_named(mirror, tmp_path):
    mirror.release()
    mirror.image("registry.redhat.io/a/tool:v1", multi_arch("tool", architectures=("arm64", "s390x")))
    with pytest.raises(NotFound, match=r"its index has linux/arm64, linux/s390x"):
        fill(mirror.given(), tmp_path / "disk", site=wants("registry.redhat.io/a/tool:v1"))
    assert not (tmp_path / "disk").exists()


def test_what_is_not_mirrored_is_named_all_at_once_and_nothing_is_written(mirror, tmp_path):
    digests = mirror.release(missing=("etcd", "installer"))
    with pytest.raises(Problems) as error:
        fill(mirror.given(), tmp_path / "disk", site=wants("registry.redhat.io/a/tool:v1"))
    text = str(error.value)
    assert all(f"{CONTENT}@{digest} is not mirrored" in text for digest in digests.values())
    assert "registry.redhat.io/a/tool:v1 is not mirrored" in text
    assert error.value.exit_code == 3
    assert not (tmp_path / "disk").exists()


def test_a_new_release_leaves_what_no_list_names_until_it_is_asked_to_remove_it(mirror, tmp_path):
    mirror.release()
    mirror.image("registry.redhat.io/a/tool:v1", make_image("tool"))
    fill(mirror.given(), tmp_path, site=wants("registry.redhat.io/a/tool:v1"))
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "mine.tgz").write_text("mine")
    (tmp_path / "blobs/sha256/notes").write_text("mine")
    fewer = fill(mirror.given(), tmp_path)
    assert len(fewer.stale) == 5  # its manifest, config, two layers and view
    assert fewer.bytes_stale > 0
    assert all(os.path.lexists(tmp_path / name) for name in fewer.stale)
    removed = fill(mirror.given(), tmp_path, rm_stale=True)
    assert removed.is_removed
    assert not any(os.path.lexists(tmp_path / name) for name in fewer.stale)
    assert (tmp_path / "notes.txt").read_text() == (tmp_path / "mine.tgz").read_text() == "mine"
    assert (tmp_path / "blobs/sha256/notes").read_text() == "mine"
    assert fill(mirror.given(), tmp_path, verify=True).damaged == ()


def test_going_over_to_archives_leaves_nothing_of_the_layout(mirror, tmp_path):
    mirror.release()
    fill(mirror.given(), tmp_path)
    fill(mirror.given(), tmp_path, form="tgz", rm_stale=True)
    assert {path.suffix for path in tmp_path.iterdir()} == {".tgz", ".txt", ".json", ""}
    assert not [
        name for name in ("blobs", "images", "index.json", "oci-layout") if (tmp_path / name).exists()
    ]


def test_a_dry_run_tells_the_same_and_writes_nothing(mirror, tmp_path):
    mirror.release()
    planned = fill(mirror.given(), tmp_path / "disk", dry_run=True)
    assert not (tmp_path / "disk").exists()
    assert not planned.is_written
    built = fill(mirror.given(), tmp_path / "disk")
    assert (built.files, built.bytes) == (planned.files, planned.bytes)


@pytest.mark.parametrize("form", ["layout", "tgz"])
def test_a_disk_that_is_too_small_is_told_with_figures_before_anything_is_written(
    mirror, tmp_path, monkeypatch, form
):
    mirror.release()
    tiny = os.statvfs_result((4096, 4096, 9, 9, 9, 0, 0, 0, 0, 255))
    monkeypatch.setattr(build_module.os, "statvfs", lambda _place: tiny)
    with pytest.raises(HostError, match=r"they need 1\.\d MB more, and 0\.0 MB are free"):
        fill(mirror.given(), tmp_path / "disk", form=form)
    assert not (tmp_path / "disk").exists()
    planned = fill(mirror.given(), tmp_path / "disk", form=form, dry_run=True)
    assert "do not fit" in planned.problems[0].what


def test_a_disk_that_is_full_halfway_ends_cleanly_and_the_next_run_goes_on(mirror, tmp_path, monkeypatch):
    mirror.release()
    made, real = [], store.os.fchmod

    def full(handle, mode):
        made.append(handle)
        if len(made) > 4:  # the first is the mark
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle, mode)

    monkeypatch.setattr(store.os, "fchmod", full)
    with pytest.raises(HostError, match="is full"):
        fill(mirror.given(), tmp_path)
    assert not list(tmp_path.rglob("*.partial"))
    assert not LISTS & {path.name for path in tmp_path.iterdir()}
    monkeypatch.setattr(store.os, "fchmod", real)
    built = fill(mirror.given(), tmp_path)
    assert built.was_unfinished
    assert built.files_there == 3
    assert not (tmp_path / hold.UNFINISHED).exists()
    told, found = sums(tmp_path)
    assert told == found


def test_lists_that_cannot_be_written_leave_the_mark_of_what_is_unfinished(mirror, tmp_path, monkeypatch):
    mirror.release()

    def full(_self, path, _content):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(Files, "put", full)
        with pytest.raises(HostError, match="is full"):
            fill(mirror.given(), tmp_path)
    assert (tmp_path / hold.UNFINISHED).exists()
    assert fill(mirror.given(), tmp_path).blobs_copied == 0


def test_ctrl_c_ends_with_whole_files_only_and_the_next_run_goes_on(mirror, tmp_path):
    mirror.release()
    pause = mirror.registry.faults.add("pause", "GET .*/blobs/", after=10, skip=6)
    told = SimpleNamespace(phase=lambda _: None, note=lambda _: None)

    def interrupt(event):
        if event["event"] == "progress":
            pause.release()
            raise KeyboardInterrupt

    told.mirror = interrupt
    with pytest.raises(KeyboardInterrupt):
        fill(mirror.given(), tmp_path, progress=told, parallel=1)
    assert not list(tmp_path.rglob("*.partial"))
    assert not LISTS & {path.name for path in tmp_path.iterdir()}
    mirror.registry.faults.clear()
    assert fill(mirror.given(), tmp_path).was_unfinished
    told, found = sums(tmp_path)
    assert told == found


def test_one_builder_at_a_time(mirror, tmp_path):
    mirror.release()
    with hold.alone(tmp_path), pytest.raises(Busy, match="another `precache disk`"):
        fill(mirror.given(), tmp_path)


def test_after_a_power_cut_what_has_its_name_and_not_its_bytes_is_fetched_again(
    mirror, tmp_path, monkeypatch
):
    digests = mirror.release()
    fill(mirror.given(), tmp_path)
    layer = blob(tmp_path, layers(blob(tmp_path, digests["etcd"]).read_bytes())[1])
    good = layer.read_bytes()
    layer.write_bytes(bytes(len(good)))
    hold.begin(tmp_path, ())
    assert fill(mirror.given(), tmp_path).damaged == ()  # the same boot: sizes are enough
    hold.begin(tmp_path, ())
    monkeypatch.setattr(hold, "_boot", lambda: "another")
    assert fill(mirror.given(), tmp_path).damaged == (layer,)
    assert layer.read_bytes() == good


def test_what_is_the_users_is_not_written_over(mirror, tmp_path):
    mirror.release()
    (tmp_path / "index.json").write_text("{}")
    (tmp_path / "images.txt").write_text("of my holidays")
    (tmp_path / "ai-images.txt").write_text("this is no list")
    (tmp_path / "blobs").symlink_to("/somewhere")
    with pytest.raises(Problems) as error:
        fill(mirror.given(), tmp_path)
    assert all(
        f"not writing {tmp_path}/{name}" in str(error.value)
        for name in ("images.txt", "ai-images.txt", "blobs")
    )
    assert (tmp_path / "images.txt").read_text() == "of my holidays"
    for name in ("images.txt", "ai-images.txt", "blobs"):
        (tmp_path / name).unlink()
    with pytest.raises(ConfigError, match=r"index\.json"):
        fill(mirror.given(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["index.json"]


def test_a_disk_of_telco_ran_tools_is_taken_over(mirror, tmp_path):
    digests = mirror.release(("etcd",))
    archive = tmp_path / f"ocp-v4.0-art-dev@sha256_{digests['etcd'].hex}.tgz"
    old = tmp_path / f"ocp-v4.0-art-dev@sha256_{'0' * 64}.tgz"
    tool = tmp_path / "tool_v1.tgz"
    for path in (archive, old, tool):
        path.write_bytes(b"theirs")
    (tmp_path / "mapping.txt").write_text("registry.redhat.io/a/tool:v1=registry:5000/a/tool:v1\n")
    (tmp_path / "ai-images.txt").write_text(f"{CONTENT}@{digests['etcd']}\n")
    built = fill(mirror.given(), tmp_path, form="tgz", rm_stale=True)
    assert built.damaged == (archive,)
    assert not old.exists()
    assert not tool.exists()
    told, found = sums(tmp_path)
    assert told == found


def test_a_registry_that_does_not_answer_is_left_out_and_that_is_said(mirror, tmp_path):
    notes = []
    told = SimpleNamespace(phase=lambda _: None, note=notes.append, mirror=lambda _: None)
    mirror.release()
    with retry.testing():
        fill(mirror.given("127.0.0.1:1"), tmp_path, progress=told)
    assert any(each.startswith("127.0.0.1:1 is left out: ") for each in notes)


def test_no_registry_that_answers_is_an_error(mirror, tmp_path):
    mirror.release()
    given = mirror.given(registries=("127.0.0.1:1",), trust={"127.0.0.1:1": mirror.registry.ca_pem})
    with retry.testing(), pytest.raises(TransferError, match=r"127\.0\.0\.1:1"):
        fill(given, tmp_path / "disk")
    assert not (tmp_path / "disk").exists()


def test_a_blob_that_one_registry_has_damaged_comes_from_the_next(mirror, tmp_path):
    from tests.fakes.registry import FakeRegistry

    digests = mirror.release()
    with FakeRegistry() as other, other.client() as client:
        copy = fake_mirror(other, client)
        copy.release()
        layer = layers((mirror.store.manifest("openshift/release", digests["etcd"]))[0])[1]
        other.faults.add("corrupt", f"GET .*/blobs/sha256:{layer}", times=None)
        given = mirror.given(other.location)
        for image in given.ledger["images"]:
            image["registries"] = [other.location, mirror.location]
        built = fill(given, tmp_path)
        assert built.is_written
        assert other.count(layer) > 0
    told, found = sums(tmp_path)
    assert told == found


def test_a_wrong_password_leaves_no_file(mirror, tmp_path):
    mirror.release()
    with pytest.raises(Denied):
        fill(mirror.given(password="wrong"), tmp_path / "disk")
    assert not (tmp_path / "disk").exists()


@pytest.mark.parametrize("form", ["layout", "tgz"])
def test_what_a_killed_run_had_begun_is_gone_whatever_is_wanted_next(mirror, tmp_path, form):
    mirror.release()
    left = [f".tool_v1.tgz{PARTIAL}", f".images.txt{PARTIAL}", f"blobs/sha256/{'a' * 16}.xyz{PARTIAL}"]
    view = tmp_path / "images" / f".{'a' * 64}{PARTIAL}"
    view.mkdir(parents=True)
    (tmp_path / "blobs/sha256").mkdir(parents=True)
    for name in left:
        (tmp_path / name).write_bytes(b"half")
    (tmp_path / f".mine{PARTIAL}").write_text("mine")
    hold.begin(tmp_path, ())
    fill(mirror.given(), tmp_path, form=form)
    assert not view.exists()
    assert [path.name for path in tmp_path.rglob(f"*{PARTIAL}") if form == "layout"] in (
        [],
        [f".mine{PARTIAL}"],
    )
    assert (tmp_path / f".mine{PARTIAL}").exists()


def test_lists_that_change_alone_are_marked_as_unfinished_while_they_do(mirror, tmp_path, monkeypatch):
    mirror.release()
    fill(mirror.given(), tmp_path)
    marked = []
    real = Files.put

    def put(self, path, content):
        marked.append((tmp_path / hold.UNFINISHED).exists())
        return real(self, path, content)

    monkeypatch.setattr(Files, "put", put)
    assert fill(mirror.given(), tmp_path, site=wants(exclude=("-etcd$",))).is_changed
    assert all(marked)
    assert not (tmp_path / hold.UNFINISHED).exists()
