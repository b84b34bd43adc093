"""Archives: whether they are whole is seen, not believed, before they leave and before they are used."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from bootstrap.agent import settings as agent_settings
from bootstrap.agent.archiving.directory import archiver_for, directory_of
from bootstrap.errors import ConfigError, ExitCode, VerificationError
from bootstrap.mirror import checksums, packed, space
from bootstrap.mirror.collected import Release
from bootstrap.mirror.engines.oc_mirror import archives
from bootstrap.mirror.image import Image, Kind, Wanted
from bootstrap.oci.digest import Digest
from bootstrap.oci.manifest import parse_manifest
from bootstrap.oci.reference import Reference
from tests.fakes.images import make_image, push, tar
from tests.fakes.tools import FakeTool

APP = "quay.io/team/app:v1"
IMAGE = make_image("app")


def blobs(image):
    contents = [*image.blobs.values(), image.raw]
    names = [Digest.of(each).hex for each in contents]
    return {
        f"docker/registry/v2/blobs/sha256/{name[:2]}/{name}/data": each
        for name, each in zip(names, contents, strict=True)
    }


def failed(events):
    return [event for event in events if event["event"] == "failed"]


@pytest.fixture
def tool(tmp_path):
    return FakeTool(tmp_path, "oc-mirror")


@pytest.fixture
def site(site, tool):
    push(site.content.store, "team/app", IMAGE, tag="v1")
    site.imageset(f"mirror: {{additionalImages: [{{name: '{APP}'}}]}}")
    site.configure(tools={"oc_mirror": str(tool.path)})
    return site


@pytest.fixture
def wrote(site, tool):
    """Has oc-mirror write an archive with these files, whose ``to-disk`` then ends so."""

    def do(files):
        directory = site.state / "archives" / "first"
        directory.mkdir(parents=True)
        (directory / "mirror_000001.tar").write_bytes(tar(files))
        tool.will("", code=0)
        return site.run("to-disk", directory="first")

    return do


def test_an_archive_that_lacks_a_blob_is_not_finished_and_the_image_is_named(site, wrote):
    code, events = wrote(dict(list(blobs(IMAGE).items())[1:]))
    assert code == ExitCode.TRANSFER
    (error,) = failed(events)
    assert error["what"] == f"cannot mirror {APP}"
    assert "exit code 0" in error["why"]
    assert not (site.state / "archives" / "first" / "SHA256SUMS").exists()


def test_an_archive_with_a_wrong_byte_is_not_finished(wrote):
    files = blobs(IMAGE)
    name = next(iter(files))
    code, events = wrote({**files, name: files[name][:-1] + b"!"})
    assert code == ExitCode.TRANSFER, failed(events)


def test_finished_archives_are_never_written_over(site, tool, wrote):
    code, events = wrote(blobs(IMAGE))
    assert code == 0, failed(events)
    (call,) = tool.calls
    directory = site.state / "archives" / "first"
    assert call["argv"][-1] == f"file://{directory}"
    code, events = site.run("to-disk", directory="first")
    assert code == ExitCode.CONFIG
    assert "already" in failed(events)[0]["what"]
    assert len(tool.calls) == 1


def test_one_byte_changed_on_the_way_is_refused_before_anything_is_mirrored(site, tool, wrote):
    assert wrote(blobs(IMAGE))[0] == 0
    path = site.state / "archives" / "first" / "mirror_000001.tar"
    content = bytearray(path.read_bytes())
    content[700] ^= 1
    path.write_bytes(content)
    code, events = site.run("from-disk", directory="first")
    assert code == ExitCode.VERIFICATION
    assert "mirror_000001.tar has other bytes" in failed(events)[0]["why"]
    assert len(tool.calls) == 1


def test_from_disk_asks_no_source_and_an_image_that_does_not_arrive_is_named(site, tool, wrote):
    assert wrote(blobs(IMAGE))[0] == 0
    before = len(site.upstream.log)
    code, events = site.run("from-disk", directory="first")
    assert code == ExitCode.TRANSFER
    assert failed(events)[0]["what"] == f"cannot mirror {APP}"
    assert site.ledger()["images"] == []
    assert len(site.upstream.log) == before
    argv = tool.calls[-1]["argv"]
    directory = site.state / "archives" / "first"
    assert argv[argv.index("--from") + 1] == f"file://{directory}"
    assert argv[argv.index("--config") + 1] == f"{directory}/imageset.yaml"


def test_from_disk_without_archives_says_what_to_copy_where(site):
    code, events = site.run("from-disk", directory="first")
    assert code == ExitCode.HOST
    (error,) = failed(events)
    assert error["what"] == f"there are no finished archives in {site.state}/archives/first"


def test_archives_that_do_not_fit_are_refused_with_figures_before_the_tool_runs(site, tool, monkeypatch):
    monkeypatch.setattr(space, "_measure", lambda _path: ("disk", 1_000_000))
    code, events = site.run("to-disk", directory="first")
    assert code == ExitCode.HOST
    (error,) = failed(events)
    assert "the archives in" in error["what"]
    assert "1.0 MB are free" in error["why"]
    assert tool.calls == []


def place(site, words):
    settings = agent_settings.read(site.settings)
    directory = directory_of(settings, words)
    archiver_for(settings, directory, is_writer=True)
    return directory


@pytest.mark.parametrize("words", ["", "..", "../runs/first", "/mnt/usb", "logs-of-may", "a/helm"])
def test_a_directory_that_a_run_may_not_write_or_oc_mirror_refuses_is_refused(site, words):
    with pytest.raises(ConfigError, match="cannot keep archives in"):
        place(site, words)


def test_a_name_is_a_directory_below_the_archives(site):
    assert place(site, "2026-11") == site.state / "archives" / "2026-11"


def test_files_that_are_missing_or_were_not_written_with_the_others_are_told(tmp_path):
    for name in ("contents.json", "imageset.yaml"):
        (tmp_path / name).write_text("")
    digest = Digest.of(b"").hex
    (tmp_path / "mirror_000002.tar").write_text("")
    lines = [f"{digest}  {name}\n" for name in ("contents.json", "imageset.yaml", "mirror_000001.tar")]
    (tmp_path / checksums.NAME).write_text("".join(lines))
    with pytest.raises(VerificationError) as caught:
        checksums.check(tmp_path, ["mirror_000002.tar"], threading.Event())
    assert "mirror_000001.tar is missing" in caught.value.why
    assert "mirror_000002.tar was not written with the others" in caught.value.why


def release():
    manifest = parse_manifest(IMAGE.raw, IMAGE.media_type)
    source = Reference.parse("quay.io/openshift-release-dev/ocp-release:4.20.1-x86_64")
    wanted = Wanted(Kind.RELEASE, source, IMAGE.digest, "openshift/release-images", "4.20.1-x86_64", "4.20.1")
    signed = Release("4.20.1", "amd64", IMAGE.digest, ("stable-4.20",), b"signature", "AB")
    return packed.Contents("run", "oc-mirror v4", (Image(wanted, (manifest,)),), (signed,))


def test_contents_come_back_as_they_were_written(tmp_path):
    (tmp_path / packed.NAME).write_text(release().text())
    assert packed.load(tmp_path / packed.NAME) == release()


def test_a_manifest_that_was_exchanged_is_refused(tmp_path):
    other = make_image("other")
    (image,) = release().images
    exchanged = replace(image, manifests=(parse_manifest(other.raw, other.media_type),))
    (tmp_path / packed.NAME).write_text(replace(release(), images=(exchanged,)).text())
    with pytest.raises(VerificationError, match="cannot use"):
        packed.load(tmp_path / packed.NAME)


def test_every_file_that_oc_mirror_would_unpack_counts_as_an_archive(tmp_path):
    for name in ("mirror_000001.tar", "a-mirror_000002.tar.bak", "mirror_2.tar", "SHA256SUMS"):
        (tmp_path / name).write_text("")
    assert [path.name for path in archives.found(tmp_path)] == [
        "a-mirror_000002.tar.bak",
        "mirror_000001.tar",
    ]


def test_a_tar_of_many_files_is_not_kept_in_memory(tmp_path, monkeypatch):
    (tmp_path / "mirror_000001.tar").write_bytes(tar({str(number): b"" for number in range(9)}))
    kept = []
    monkeypatch.setattr(archives, "_take", lambda tar, *_: kept.append(len(tar.members)))
    for look in (archives.read, archives.index):
        look(tmp_path, threading.Event())
    assert len(kept) == 18
    assert max(kept) == 1
