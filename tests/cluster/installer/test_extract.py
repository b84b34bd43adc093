"""The installers of a mirrored release, out of its images by ourselves."""

import os
import re
import stat

import pytest

from bootstrap.cluster.installer.extract import extract
from bootstrap.cluster.installer.markers import marker
from bootstrap.errors import (
    BootstrapError,
    ConfigError,
    DigestMismatch,
    HostError,
    NotFound,
    VerificationError,
)
from tests.cluster.installer.world import ALL, mac_program, program


@pytest.fixture(autouse=True)
def no_oc(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))


def told(content, release, architecture, version=None):
    """What oc would make of a program: values over the beginnings of the markers."""
    values = (release.source, version or release.version, architecture)
    for kind, value in zip(("IMAGE", "VERSION", "ARCHITECTURE"), values, strict=True):
        old, new = marker(kind), value.encode() + b"\0"
        content = content.replace(old, new + old[len(new) :])
    return content


def names(directory):
    return sorted(each.name for each in directory.iterdir()) if directory.exists() else []


def test_both_installers_are_written_and_know_their_release(world, tmp_path):
    release, told_of = world.release(), []
    found = extract(world.given(), release, tmp_path / "to", platform="linux/amd64", progress=told_of.append)
    assert names(tmp_path / "to") == ["openshift-baremetal-install", "openshift-install"]
    for each, content in zip(found, (program("install"), program("bare metal", before=4090)), strict=True):
        assert each.path.read_bytes() == told(content, release, "linux/amd64")
        assert stat.S_IMODE(each.path.stat().st_mode) == 0o755
        assert (each.by, each.platform, each.release_image) == (
            "bootstrap-registry",
            "linux/amd64",
            release.source,
        )
    assert told_of[0] == "extract openshift-install of 4.20.1 for linux/amd64"


def test_a_release_without_one_for_bare_metal_gives_the_other(world, tmp_path):
    release = world.release(components={"installer": world.usual["installer"]})
    extract(world.given(), release, tmp_path, platform="linux/amd64")
    assert names(tmp_path) == ["openshift-install"]


@pytest.mark.parametrize(
    ("platform", "content"),
    [("linux/arm64", program("arm64")), ("mac/amd64", program("mac")), ("darwin/amd64", program("mac"))],
)
def test_a_program_for_another_machine_installs_the_same_release(world, tmp_path, platform, content):
    release = world.release()
    (found,) = extract(world.given(), release, tmp_path, platform=platform)
    assert found.path.read_bytes() == told(content, release, "linux/amd64")


def test_a_program_for_a_mac_with_arm64_is_signed_anew(world, tmp_path):
    release = world.release()
    (found,) = extract(world.given(), release, tmp_path, platform="mac/arm64")
    content, before = found.path.read_bytes(), told(mac_program("mac arm64"), release, "linux/amd64")
    end = content.index(b"\xfa\xde\x0c\xc0")
    assert content[:end] == before[:end]
    assert len(content) == len(before)
    assert before[end:].strip(b"\0") == b""


def test_a_signature_of_another_form_is_told_and_nothing_is_left(world, tmp_path):
    files = {"usr/share/openshift/mac_arm64/openshift-install": mac_program(1, signature_is_usual=False)}
    release = world.release(components={"installer-artifacts": [files]})
    with pytest.raises(VerificationError, match="cannot sign openshift-install for macOS"):
        extract(world.given(), release, tmp_path, platform="mac/arm64")
    assert names(tmp_path) == []


@pytest.mark.parametrize("machine", ["amd64", "arm64"])
def test_of_a_release_for_several_the_whole_of_it_is_installed(world, tmp_path, machine):
    release = world.release(architecture="multi")
    found = extract(world.given(), release, tmp_path, platform=f"linux/{machine}")
    assert found[0].path.read_bytes() == told(program("install"), release, f"multi (linux/{machine})")


def test_the_second_registry_is_asked_when_the_first_does_not_answer(world, tmp_path):
    release = world.release()
    given = world.given("127.0.0.1:1")
    assert extract(given, release, tmp_path, platform="linux/amd64")[0].path.exists()


def test_a_file_of_an_upper_layer_goes_before_one_below_and_a_removed_one_is_not_there(world, tmp_path):
    path, upper = "usr/bin/openshift-install", program("upper")
    layers = [{path: program("lower")}, {path: upper}, {"usr/bin/other": b"", "usr/bin/.wh.openshift": b""}]
    release = world.release(components={"installer": layers})
    (found,) = extract(world.given(), release, tmp_path, platform="linux/amd64")
    assert found.path.read_bytes() == told(upper, release, "linux/amd64")
    for number, gone in enumerate(
        ("usr/bin/.wh.openshift-install", "usr/.wh.bin", ".wh.usr", "usr/.wh..wh..opq")
    ):
        release = world.release(f"4.20.{number + 2}", components={"installer": [*layers[:2], {gone: b""}]})
        with pytest.raises(NotFound, match="there is no usr/bin/openshift-install in the image installer"):
            extract(world.given(), release, tmp_path / "none", platform="linux/amd64")
    assert names(tmp_path / "none") == []


@pytest.mark.parametrize(
    ("markers", "why"),
    [
        (b"", "_RELEASE_IMAGE_LOCATION_: it is not there"),
        (marker("IMAGE") + marker("VERSION"), "_RELEASE_ARCHITECTURE_LOCATION_: it is not there"),
        (ALL + marker("VERSION"), "_RELEASE_VERSION_LOCATION_: it is there 2 times"),
        (ALL.replace(b"X" * 300, b"X" * 299), "_RELEASE_IMAGE_LOCATION_: it is 299 bytes long, and 300 were"),
        (ALL.replace(b"X" * 300, b"X" * 301), "_RELEASE_IMAGE_LOCATION_: it is 301 bytes long, and 300 were"),
    ],
)
def test_a_marker_that_is_not_there_once_and_whole_is_an_error_and_what_was_there_stays(
    world, tmp_path, markers, why
):
    release = world.release(
        components={"installer": [{"usr/bin/openshift-install": program(1, markers=markers)}]}
    )
    (tmp_path / "openshift-install").write_text("of before")
    with pytest.raises(VerificationError, match=re.escape(why)):
        extract(world.given(), release, tmp_path, platform="linux/amd64")
    assert names(tmp_path) == ["openshift-install"]
    assert (tmp_path / "openshift-install").read_text() == "of before"


def test_a_value_that_is_longer_than_its_marker_is_an_error(world, tmp_path):
    version = "4.20.1-" + "x" * 90
    release = world.release(version)
    with pytest.raises(VerificationError, match="it has room for 92 bytes, not 97"):
        extract(world.given(), release, tmp_path, platform="linux/amd64")
    assert names(tmp_path) == []


def test_a_damaged_layer_is_an_error_and_leaves_nothing(world, tmp_path):
    release = world.release()
    blobs = world.registry.contents.blobs
    for key, content in blobs.items():
        if key[0] == "openshift/release":
            blobs[key] = content[:-9] + bytes([content[-9] ^ 1]) + content[-8:]
    with pytest.raises(DigestMismatch):
        extract(world.given(), release, tmp_path, platform="linux/amd64")
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("platform", "said"),
    [
        ("linux/s390x", "release 4.20.1 has no openshift-install for linux/s390x"),
        ("windows/amd64", "cannot extract the installer for windows/amd64"),
        ("mac/s390x", "cannot extract the installer for mac/s390x"),
        ("linux/multi", "cannot extract the installer for linux/multi"),
    ],
)
def test_a_platform_that_has_none_is_told(world, tmp_path, platform, said):
    release = world.release()
    with pytest.raises(ConfigError, match=said):
        extract(world.given(), release, tmp_path, platform=platform)


def test_a_release_whose_components_are_not_mirrored_is_told(world, tmp_path):
    release = world.release()
    given = world.given()
    given.ledger["images"] = [each for each in given.ledger["images"] if each["kind"] == "release"]
    with pytest.raises(HostError, match="is not mirrored"):
        extract(given, release, tmp_path, platform="linux/amd64")
    world.registry.contents.manifests.clear()
    with pytest.raises(NotFound, match="there is no image"):
        extract(given, release, tmp_path, platform="linux/amd64")


def test_what_a_killed_run_left_is_removed(world, tmp_path):
    left = tmp_path / ".bootstrap-registry-extract-of-before"
    left.mkdir()
    (left / "auth.json").write_text("{}")
    release = world.release()
    extract(world.given(), release, tmp_path, platform="linux/amd64")
    assert names(tmp_path) == ["openshift-baremetal-install", "openshift-install"]


def test_a_directory_that_cannot_be_written_is_told(world, tmp_path):
    (tmp_path / "file").write_text("")
    release = world.release()
    with pytest.raises(BootstrapError, match=f"cannot write into {tmp_path}/file"):
        extract(world.given(), release, tmp_path / "file", platform="linux/amd64")


def test_a_disk_that_fills_up_is_told_and_leaves_nothing(world, tmp_path):
    import resource

    release, before = world.release(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(HostError, match="free some 2 GB there"):
            extract(world.given(), release, tmp_path, platform="linux/amd64")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert os.listdir(tmp_path) == []  # noqa: PTH208  # hidden ones, too
