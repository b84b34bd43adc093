"""oc's archives: whatever oc says, what is in the directory and in the registry decides."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from bootstrap.errors import ExitCode
from tests.fakes.tools import FakeTool
from tests.mirror.engines.plain import publish

TAG = "4.20.7-x86_64"


def failed(events):
    return [event for event in events if event["event"] == "failed"]


def warnings(events):
    return [event["what"] for event in events if event["event"] == "warning"]


@pytest.fixture
def tool(tmp_path):
    found = FakeTool(tmp_path, "oc")
    found.will("")
    return found


@pytest.fixture
def site(site, tool):
    """Has one registry, and an oc that says nothing and writes nothing."""
    del site.registries[1:]
    site.release_image = publish(site)
    site.configure(engine="oc", redirects=[], signature_policy="skip", tools={"oc": str(tool.path)})
    return site


@pytest.fixture
def archives(site):
    return site.state / "archives" / "first"


def test_what_oc_leaves_out_travels_and_arrives_by_our_own_engine_and_no_source_is_asked(
    site, tool, archives
):
    code, events = site.run("to-disk", directory="first")
    assert code == 0, failed(events)
    release = f"{site.upstream.location}/ocp/release@{site.release_image.digest}"
    argv = tool.calls[-1]["argv"]
    assert argv[:3] == ["adm", "release", "mirror"]
    assert {
        f"--from={release}",
        f"--to-dir={archives}",
        "--to=file://openshift/release",
        f"--to-release-image=file://openshift/release-images:{TAG}",
    } <= set(argv)
    assert any("deprecated" in what for what in warnings(events))
    assert "the native engine writes 5 images that oc leaves out" in warnings(events)
    assert json.loads((archives / "contents.json").read_text())["written_by"] == "oc v4.20.0"
    assert not [path for path in archives.rglob("*") if path.is_symlink()]
    before = len(site.upstream.log)
    site.configure(redirects=[], signature_policy="skip", tools={"oc": str(tool.path)})
    code, events = site.run("from-disk", directory="first")
    assert code == 0, failed(events)
    assert len(site.upstream.log) == before
    argv = tool.calls[-1]["argv"]
    assert argv[:2] == ["image", "mirror"]
    assert {f"--from-dir={archives}", "--keep-manifest-list"} <= set(argv)
    mapping = next(word for word in argv if word.startswith("--filename=")).partition("=")[2]
    (registry,) = site.registries
    digest = site.release_image.digest
    images = f"openshift/release-images@{digest}={registry.location}/openshift/release-images:{TAG}"
    with Path(mapping).open() as file:
        lines = file.read().splitlines()
    assert len(lines) == 4  # the signature is not for oc
    assert f"file://{images}" in lines
    ledger = site.ledger()
    assert [run["engine"] for run in ledger["runs"]] == ["oc", "oc"]
    kinds = sorted(image["kind"] for image in ledger["images"])
    assert kinds == ["additional", "component", "component", "release", "signature"]
    assert site.run("verify")[0] == 0


def test_an_oc_that_fails_leaves_no_finished_archives_and_the_images_are_named(site, tool, archives):
    tool._turns.clear()
    tool.will("error: unable to read image: 500 internal error\n", code=1)
    code, events = site.run("to-disk", directory="first")
    assert code != 0
    named = " ".join(error["what"] for error in failed(events))
    assert f"{site.upstream.location}/ocp/art@sha256:" in named
    assert "unable to read image" in failed(events)[0]["why"]
    assert not (archives / "SHA256SUMS").exists()


def test_what_is_left_of_a_run_that_was_cut_off_is_written_again_when_it_is_wrong(site, archives):
    layer = next(iter(site.release_image.blobs))
    blobs = archives / "v2" / "openshift" / "release-images" / "blobs"
    blobs.mkdir(parents=True)
    (blobs / str(layer)).write_bytes(b"half of it")
    (blobs / f"{layer}.download").write_bytes(b"half")
    code, events = site.run("to-disk", directory="first")
    assert code == 0, failed(events)
    assert (blobs / str(layer)).read_bytes() == site.release_image.blobs[layer]
    assert not (blobs / f"{layer}.download").exists()


def test_a_byte_changed_on_the_way_is_refused_before_anything_is_mirrored(site, tool, archives):
    assert site.run("to-disk", directory="first")[0] == 0
    path = next((archives / "v2" / "team" / "app" / "blobs").iterdir())
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    calls = len(tool.calls)
    code, events = site.run("from-disk", directory="first")
    assert code == ExitCode.VERIFICATION
    assert path.name in failed(events)[0]["why"]
    assert len(tool.calls) == calls


def test_a_forged_manifest_with_its_checksum_is_refused_before_anything_is_mirrored(site, tool, archives):
    """oc would push what it finds under the digest, without hashing it."""
    assert site.run("to-disk", directory="first")[0] == 0
    manifests = archives / "v2" / "openshift" / "release-images" / "manifests"
    path = manifests / str(site.release_image.digest)
    sums, old = archives / "SHA256SUMS", path.read_bytes()
    path.write_bytes(old + b" ")
    name = path.relative_to(archives)
    new = hashlib.sha256(old + b" ").hexdigest()
    lines = sums.read_text().splitlines()
    sums.write_text(
        "".join(f"{new}  {name}\n" if line.endswith(f"  {name}") else f"{line}\n" for line in lines)
    )
    calls = len(tool.calls)
    code, events = site.run("from-disk", directory="first")
    assert code == ExitCode.VERIFICATION
    assert f"{name} has other bytes than its name says" in failed(events)[0]["why"]
    assert len(tool.calls) == calls


def test_operators_are_refused_by_name_before_anything_is_asked(site, tool):
    catalog = f"{site.upstream.location}/team/catalog:v1"
    release = f"{site.upstream.location}/ocp/release:{TAG}"
    site.imageset(f"mirror: {{platform: {{release: '{release}'}}, operators: [{{catalog: '{catalog}'}}]}}")
    before = len(site.upstream.log)
    code, events = site.run("to-disk", directory="first")
    assert code == ExitCode.CONFIG
    assert "operators" in failed(events)[0]["why"]
    assert (len(site.upstream.log), tool.calls) == (before, [])


def test_archives_of_oc_need_oc(site):
    assert site.run("to-disk", directory="first")[0] == 0
    site.configure(redirects=[], signature_policy="skip", tools={"oc": "/nowhere/oc"})
    code, events = site.run("from-disk", directory="first")
    assert code == ExitCode.CONFIG
    assert failed(events)[0]["fix"] == "install oc there (role mirror_tools)"
