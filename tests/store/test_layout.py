from __future__ import annotations

import json
import os
import tarfile

import pytest

from bootstrap.errors import ConfigError, DigestMismatch, HostError, NotFound, RegistryError
from bootstrap.oci.descriptor import Descriptor
from bootstrap.oci.digest import Digest
from bootstrap.oci.manifest import OCI_INDEX, OCI_MANIFEST
from bootstrap.process import run
from bootstrap.store.layout import LayoutStore, archive_digest, write_archive
from tests.fakes.images import make_image, multi_arch, push

IMAGE = make_image("layout")


@pytest.fixture
def layout(tmp_path):
    return LayoutStore(tmp_path / "layout")


def _names(layout):
    listed = json.loads((layout.path / "index.json").read_text())["manifests"]
    return sorted(entry["annotations"]["org.opencontainers.image.ref.name"] for entry in listed)


def test_only_roots_are_listed_by_tag_or_else_by_digest(layout):
    index = multi_arch("layout")
    push(layout, "a", index)
    assert _names(layout) == [f"a@{index.digest}"]
    push(layout, "a", index, tag="v1")
    assert _names(layout) == ["a:v1"]
    push(layout, "a", index)
    push(layout, "b", index, tag="v1")
    assert _names(layout) == ["a:v1", "b:v1"]
    push(layout, "a", IMAGE, tag="v1")
    assert _names(layout) == sorted(["a:v1", f"a@{index.digest}", "b:v1"])
    assert layout.resolve("a", "v1") == IMAGE.descriptor
    assert layout.resolve("b", "v1") == index.descriptor


def test_a_layout_that_is_not_there_is_empty(layout):
    assert layout.manifest_exists("a", "v1") is None
    assert not layout.path.exists()
    with pytest.raises(NotFound, match="layout does not list it"):
        layout.resolve("a", "v1")


def test_a_blob_is_no_manifest(layout):
    push(layout, "a", IMAGE, tag="v1")
    layer = list(IMAGE.blobs)[-1]
    with pytest.raises(NotFound):
        layout.manifest("a", layer)


def test_a_manifest_need_not_say_its_type(layout):
    raw = json.dumps(
        {key: value for key, value in json.loads(IMAGE.raw).items() if key != "mediaType"}
    ).encode()
    push(layout, "a", IMAGE)
    digest = layout.push_manifest("a", raw, OCI_MANIFEST, tag=None)
    assert layout.manifest("a", digest) == (raw, OCI_MANIFEST)
    listed = [Descriptor.of(raw, OCI_MANIFEST).to_json()]
    index = json.dumps({"schemaVersion": 2, "manifests": listed}).encode()
    assert layout.manifest("a", layout.push_manifest("a", index, OCI_INDEX, tag="v1")) == (index, OCI_INDEX)


def test_a_damaged_manifest_is_noticed(layout):
    push(layout, "a", IMAGE, tag="v1")
    (layout.path / "blobs" / "sha256" / IMAGE.digest.hex).write_bytes(IMAGE.raw + b" ")
    with pytest.raises(DigestMismatch, match="is damaged"):
        layout.manifest("a", IMAGE.digest)


def test_a_damaged_index_is_noticed(layout):
    push(layout, "a", IMAGE, tag="v1")
    (layout.path / "index.json").write_text("{}")
    with pytest.raises(RegistryError, match="not the index of an OCI layout"):
        layout.resolve("a", "v1")


def test_files_are_readable_by_others_and_nothing_is_left_half_done(layout):
    with pytest.raises(DigestMismatch):
        layout.push_blob("a", Descriptor("x", Digest.of(b"abc"), 3), [b"abd"])
    push(layout, "a", IMAGE, tag="v1")
    files = [path for path in layout.path.rglob("*") if path.is_file()]
    assert sorted(path.name for path in files) == sorted(
        ["index.json", "oci-layout", IMAGE.digest.hex, *(digest.hex for digest in IMAGE.blobs)]
    )
    assert {path.stat().st_mode & 0o777 for path in files} == {0o644}


def test_a_disk_that_refuses_is_the_hosts_failure(tmp_path):
    (tmp_path / "file").write_text("in the way")
    layout = LayoutStore(tmp_path / "file")
    with pytest.raises(HostError, match="cannot write"):
        push(layout, "a", IMAGE)


def test_an_archive_is_the_same_bytes_each_time(layout, tmp_path):
    push(layout, "a/b", IMAGE, tag="v1")
    one, two = tmp_path / "one.tar", tmp_path / "two.tar"
    write_archive(layout.path, one)
    for path in layout.path.rglob("*"):
        os.utime(path, (1, 1))
    (layout.path / "blobs" / "sha256" / "left.partial").write_text("from a run that was killed")
    write_archive(layout.path, two)
    assert one.read_bytes() == two.read_bytes()
    with tarfile.open(one) as archive:
        assert archive.getnames()[:2] == ["oci-layout", "index.json"]
    assert archive_digest(one) == IMAGE.digest
    assert not list(tmp_path.glob("*.partial"))


def test_skopeo_reads_our_archive_and_we_read_its(layout, tmp_path):
    push(layout, "a/b", IMAGE, tag="v1")
    ours, theirs = tmp_path / "ours.tar", tmp_path / "theirs.tar"
    write_archive(layout.path, ours)
    run(["skopeo", "copy", f"oci-archive:{ours}:a/b:v1", f"oci-archive:{theirs}:other:v2"])
    assert archive_digest(theirs) == IMAGE.digest


@pytest.mark.parametrize("tags", [[], ["one", "two"]])
def test_an_archive_with_no_image_or_several_is_refused(layout, tmp_path, tags):
    push(layout, "a", IMAGE, tag="one")
    for tag in tags:
        push(layout, "a", make_image(tag), tag=tag)
    if not tags:
        (layout.path / "index.json").write_text('{"schemaVersion": 2, "manifests": []}')
    write_archive(layout.path, tmp_path / "x.tar")
    with pytest.raises(ConfigError, match=f"it holds {3 if tags else 0} images"):
        archive_digest(tmp_path / "x.tar")


def test_what_is_no_archive_is_refused(tmp_path):
    path = tmp_path / "x.tar"
    with pytest.raises(ConfigError, match="No such file"):
        archive_digest(path)
    path.write_text("no tar at all")
    with pytest.raises(ConfigError, match="not an OCI archive"):
        archive_digest(path)
    with tarfile.open(path, "w") as archive:
        archive.add(tmp_path, "docker", recursive=False)
    with pytest.raises(ConfigError, match=r"no index\.json"):
        archive_digest(path)
