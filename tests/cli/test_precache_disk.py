"""``precache disk`` as a user types it."""

import json

import pytest
from typer.testing import CliRunner

from bootstrap.cli.main import app
from bootstrap.cli.request import Request
from bootstrap.errors import ExitCode
from bootstrap.precache.partition import plan
from bootstrap.precache.partition.make import filled
from bootstrap.precache.partition.plan import Wanted
from bootstrap.workflow import given as workflow
from tests.fakes.images import make_image
from tests.fakes.registry import FakeRegistry
from tests.precache.disk.world import fake_mirror, specs
from tests.precache.partition.disks import as_root, loops, mounts
from tests.precache.partition.disks import disk as sparse_disk


@pytest.fixture
def disk(tmp_path, monkeypatch):
    """A site with a release and one image more; returns what runs the command on it."""
    monkeypatch.chdir(tmp_path)
    with FakeRegistry() as registry, registry.client() as client:
        mirror = fake_mirror(registry, client)
        mirror.release()
        mirror.image("registry.redhat.io/a/tool:v1", make_image("tool"))
        monkeypatch.setattr(Request, "site", lambda _request: None)
        monkeypatch.setattr(workflow, "given_of", lambda _site: mirror.given())

        def run(*words, code=ExitCode.OK, whole=False):
            done = CliRunner().invoke(app, ["precache", "disk", "-i", "lab", "--to", "disk", *words])
            assert done.exit_code == code, done.output
            return done.output if whole else done.stdout

        yield run


def test_a_dry_run_says_what_would_be_written_and_then_it_is(disk, tmp_path):
    said = disk("--dry-run")
    assert "release 4.20.9, linux/amd64, 3 images (2 for the discovery, 3 for the installation)" in said
    assert not (tmp_path / "disk").exists()
    assert "written: fetched 7 blobs" in disk()
    assert "nothing to change" in disk()
    assert len(specs(tmp_path / "disk", "ocp-images.txt")) == 3


def test_images_for_the_discovery_patterns_and_another_format_are_given_as_options(disk, tmp_path):
    (tmp_path / "filter.yaml").write_text("patterns: ['-etcd$']\n")
    words = (
        "--discovery-image",
        "registry.redhat.io/a/tool:v1",
        "--filter",
        "filter.yaml",
        "--format",
        "tgz",
    )
    said = disk(*words, "--rm-stale")
    assert "left out by a pattern: 1" in said
    assert "registry.redhat.io/a/tool:v1" in specs(tmp_path / "disk", "ai-images.txt")
    assert "registry.redhat.io/a/tool:v1" not in specs(tmp_path / "disk", "ocp-images.txt")
    assert (tmp_path / "disk/tool_v1.tgz").is_file()
    assert "disk/tool_v1.tgz" not in disk("--filter", "filter.yaml", "--format", "tgz", "--rm-stale")
    assert not (tmp_path / "disk/tool_v1.tgz").exists()


def test_a_mapping_is_taken_instead_of_a_release(disk, tmp_path):
    (tmp_path / "mapping.txt").write_text(
        "docker://registry.redhat.io/a/tool:v1=docker://one:5000/a/tool:v1\n"
    )
    found = json.loads(disk("--mapping", "mapping.txt", "--json"))["result"]
    assert (found["release"], found["images"], found["is_changed"]) == (None, 1, True)
    disk("--mapping", "mapping.txt", "--release", "4.20.9", code=ExitCode.CONFIG)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--release", "4.99.1"), ExitCode.CONFIG),
        (("--discovery-image", "registry.redhat.io/a/other:v1"), ExitCode.HOST),
        (("--discovery-image", "short"), ExitCode.CONFIG),
        (("--site", "none.yaml"), ExitCode.CONFIG),
        (("--mapping", "none.txt"), ExitCode.CONFIG),
        (("--filter", "none.yaml"), ExitCode.CONFIG),
    ],
)
def test_what_cannot_be_given_is_an_error_and_nothing_is_written(disk, tmp_path, words, code):
    disk(*words, code=code)
    assert not (tmp_path / "disk").exists()


def test_a_file_is_no_disk(disk, tmp_path):
    (tmp_path / "disk").write_text("mine")
    disk(code=ExitCode.CONFIG)
    assert (tmp_path / "disk").read_text() == "mine"


@as_root
def test_an_image_of_a_disk_gets_its_partition_and_is_filled_in_one_command(disk, tmp_path, monkeypatch):
    sparse_disk(tmp_path, name="usb.img")
    there = ("--to", "usb.img")
    disk(*there, code=ExitCode.CONFIG)  # it has no partition yet, and none was asked for
    disk(*there, "--partition", "--size", "1GiB", code=ExitCode.CONFIG)  # and nobody says yes
    would = disk(*there, "--partition", "--size", "1GiB", "--dry-run", whole=True)
    assert "would do:\n  - make partition 1" in would
    assert "usb.img: release 4.20.9, linux/amd64, 3 images" in would
    assert "free space: 9" in would  # hundreds of MB: of the partition, not of where this runs
    with monkeypatch.context() as patched:
        patched.setattr(plan, "_XFS_LOG", 2 * 1024**3)  # more than there is: nothing fits
        disk(*there, "--partition", "--size", "1GiB", "--yes", code=ExitCode.HOST)
        disk(*there, "--partition", "--size", "1GiB", "--dry-run", code=ExitCode.HOST)
    assert not (tmp_path / "usb.img").stat().st_blocks
    said = disk(*there, "--partition", "--size", "1GiB", "--yes", whole=True)
    assert "fetch into usb.img" in said
    assert "/mnt" not in said  # where it is mounted meanwhile is nothing to the user
    assert "usb.img: release 4.20.9, linux/amd64, 3 images" in said
    assert "nothing to change" in disk(*there, "--partition", "--verify")
    with filled(tmp_path / "usb.img", Wanted()) as place:
        assert len(specs(place, "ocp-images.txt")) == 3
        layer = max(place.glob("blobs/sha256/*"), key=lambda path: path.stat().st_size)
        layer.write_bytes(bytes(layer.stat().st_size))
    assert f"usb.img/blobs/sha256/{layer.name}" in disk(*there, "--verify")
    assert (mounts(), loops(tmp_path / "usb.img")) == ([], [])


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--partition",), "it is no disk"),
        (("--yes",), "none is to be made"),
        (("--to", "/dev/nothing"), "there is no such disk"),
        (("--to", "/dev/null"), "it is no block device"),
    ],
)
def test_what_is_no_disk_gets_no_partition(disk, tmp_path, words, why):
    assert why in json.loads(disk(*words, "--json", code=ExitCode.CONFIG))["problems"][0]["why"]
    assert not (tmp_path / "disk").exists()
