from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from bootstrap.errors import HostError, Problems
from bootstrap.mirror.disk import Disk, gigabytes
from bootstrap.mirror.image import Image, Kind, Wanted
from bootstrap.mirror.plan import make_plan
from bootstrap.mirror.space import SPARE_BYTES, Place, check, file_systems, needed, places
from bootstrap.mirror.survey import Seen
from bootstrap.oci.digest import Digest
from bootstrap.oci.manifest import parse_manifest
from bootstrap.oci.reference import Reference

GB = 10**9
OCI = "application/vnd.oci.image."


def image(size, kind=Kind.ADDITIONAL):
    """An image with one layer of ``size`` bytes that nobody has to make."""

    def blob(name, media_type, length):
        return {
            "mediaType": OCI + media_type,
            "digest": str(Digest.of(f"{name} {size}".encode())),
            "size": length,
        }

    content = {
        "schemaVersion": 2,
        "mediaType": OCI + "manifest.v1+json",
        "config": blob("config", "config.v1+json", 100),
        "layers": [blob("layer", "layer.v1.tar+gzip", size)],
    }
    manifest = parse_manifest(json.dumps(content).encode(), OCI + "manifest.v1+json")
    source = Reference.parse("quay.io/team/app:v1")
    return Image(Wanted(kind, source, manifest.descriptor.digest, "team/app", "v1"), (manifest,))


def plan(registry, size, kind=Kind.ADDITIONAL):
    """A plan that moves an image with a layer of ``size`` bytes; 0 for an image that is there."""
    images = [image(size, kind)]
    whole = frozenset() if size else frozenset(each.wanted for each in images)
    return make_plan(registry, images, Seen(whole, frozenset()))


def test_nothing_to_write_needs_nothing():
    assert needed(0) == 0
    assert check([plan("a:5000", 0)], {"a:5000": Disk("a:5000", free=0)}) == []
    assert check([plan("a:5000", 0)], {"a:5000": Disk("a:5000")}) == []


def test_what_does_not_fit_is_refused_with_figures():
    disks = {"a:5000": Disk("a:5000", free=25 * GB)}
    with pytest.raises(HostError) as caught:
        check([plan("a:5000", 25 * GB)], disks)
    assert caught.value.what == "cannot store the images in a:5000"
    assert (
        "25.0 GB have to be written, 25.8 GB with what has to stay free besides, and 25.0 GB are free"
        in caught.value.why
    )
    assert "0.8 GB more are needed" in caught.value.fix
    assert check([plan("a:5000", 24 * GB)], disks) == []


def test_it_fits_to_the_byte_and_with_one_byte_less_it_does_not():
    (system,) = file_systems([plan("a:5000", GB)], {"a:5000": Disk("a:5000", free=0)})
    assert system.size > GB
    assert system.needed == int(system.size * 1.02) + SPARE_BYTES == system.short
    assert check([plan("a:5000", GB)], {"a:5000": Disk("a:5000", free=system.needed)}) == []
    with pytest.raises(HostError, match="cannot store"):
        check([plan("a:5000", GB)], {"a:5000": Disk("a:5000", free=system.needed - 1)})


def test_two_registries_on_one_file_system_are_counted_together(tmp_path):
    statistics = os.statvfs(tmp_path)
    free = statistics.f_bavail * statistics.f_frsize
    disks = {name: Disk(name, data_dir=str(tmp_path)) for name in ("a:5000", "b:5000")}
    half = int(free * 0.6)
    assert check([plan("a:5000", half)], disks) == []
    with pytest.raises(HostError, match="the images in a:5000 and b:5000"):
        check([plan("a:5000", half), plan("b:5000", half)], disks)


def test_what_a_tool_writes_beside_the_registry_counts_on_the_same_file_system(tmp_path):
    statistics = os.statvfs(tmp_path)
    free = statistics.f_bavail * statistics.f_frsize
    disks = {"a:5000": Disk("a:5000", data_dir=str(tmp_path))}
    workspace = Place("the workspace of oc-mirror", tmp_path / "not" / "yet", int(free * 0.6))
    assert check([plan("a:5000", int(free * 0.6))], disks) == []
    with pytest.raises(HostError) as caught:
        check([plan("a:5000", int(free * 0.6))], disks, [workspace])
    assert caught.value.what == (
        f"cannot store the images in a:5000 and the workspace of oc-mirror in {workspace.path}"
    )


def test_all_file_systems_that_are_too_small_are_told_at_once(tmp_path):
    disks = {name: Disk(name, free=GB) for name in ("a:5000", "b:5000")}
    workspace = Place("the workspace of oc-mirror", tmp_path, 10**18)
    with pytest.raises(Problems) as caught:
        check([plan("a:5000", 2 * GB), plan("b:5000", 3 * GB)], disks, [workspace])
    whats = [problem.what for problem in caught.value.problems]
    assert whats == [
        "cannot store the images in a:5000",
        "cannot store the images in b:5000",
        f"cannot store the workspace of oc-mirror in {tmp_path}",
    ]
    assert "mirror_content_state_dir" in caught.value.problems[2].fix


def test_a_disk_that_nobody_can_see_is_named_and_one_that_is_gone_an_error(tmp_path):
    assert check([plan("a:5000", 1)], {"a:5000": Disk("a:5000")}) == ["a:5000"]
    with pytest.raises(HostError, match="cannot see the disk of a:5000"):
        check([plan("a:5000", 1)], {"a:5000": Disk("a:5000", data_dir=str(tmp_path / "absent"))})


def test_the_native_engine_writes_nothing_but_its_record():
    (record,) = places("native", plan("a:5000", GB), Path("/state"), registries=2, known=190)
    assert record.path == Path("/state")
    assert record.size < 2_000_000


def test_oc_mirror_needs_room_for_what_it_unpacks():
    release = plan("a:5000", GB, Kind.RELEASE)
    by_what = {
        each.what: each.size for each in places("oc-mirror", release, Path("/state"), registries=1, known=1)
    }
    assert by_what["the workspace of oc-mirror"] > GB
    assert by_what["the cache of oc-mirror"] == 0
    catalog = plan("a:5000", GB, Kind.CATALOG)
    by_what = {
        each.what: each.size for each in places("oc-mirror", catalog, Path("/state"), registries=1, known=1)
    }
    assert by_what["the cache of oc-mirror"] > GB


def test_bytes_are_told_in_words_for_people():
    assert [gigabytes(size) for size in (25_300_000_000, 400_000, 0)] == ["25.3 GB", "0.4 MB", "0.0 MB"]
