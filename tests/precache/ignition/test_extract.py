"""The script on a node: real podman and skopeo, no registry anywhere."""

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.fakes.images import make_image, multi_arch
from tests.precache.ignition.disks import Disk, flip
from tests.precache.ignition.node import Node, needs_node

pytestmark = needs_node
HOST = "mirror.example.com:5000/ocp"
ONE, TWO, INDEX = (
    make_image("one", size=200),
    make_image("two", size=200, docker=True),
    multi_arch("three", size=200),
)
BY_DIGEST = f"{HOST}/one@{ONE.digest}"
BY_BOTH = f"quay.io/x/two:4.20@{TWO.digest}"
BY_TAG = f"{HOST}/three:v1"
IMAGES = {BY_DIGEST: ONE, BY_BOTH: TWO, BY_TAG: INDEX}
FORMATS = pytest.mark.parametrize("archives", [False, True], ids=["layout", "archives"])


@pytest.fixture
def node(tmp_path):
    return Node(tmp_path / "node")


@FORMATS
def test_row_b3_every_image_is_there_by_the_name_it_is_asked_for_and_a_second_run_loads_nothing(
    tmp_path, node, archives
):
    disk = Disk(tmp_path / "disk", IMAGES, archives=archives, stage="ocp")
    before = disk.state()
    first = node.run(stage="ocp", frm=disk.root)
    assert (first.code, first.counts) == (0, (3, 0, 0, 0)), first.text
    assert [each for each in IMAGES if not node.has(each)] == []
    assert node.digests() == {str(each.digest) for each in IMAGES.values()}
    assert node.has(f"{HOST}/three@{INDEX.digest}")
    assert {each.split(" ")[0] for each in first.lines if " loaded mirror" in each} == {"[1/3]", "[2/3]"}
    second = node.run(stage="ocp", frm=disk.root)
    assert (second.code, second.counts) == (0, (0, 3, 0, 0))
    assert disk.state() == before
    assert node.leftovers == []


def test_row_b3_a_list_may_have_blank_lines_comments_duplicates_and_no_last_line_end(tmp_path, node):
    disk = Disk(tmp_path / "disk", IMAGES, archives=True)
    disk.list.write_text(
        f"# images\r\n\r\n  \n{BY_BOTH}\r\n{BY_DIGEST}\n{BY_BOTH} two.tgz\n\n  # no more\n{BY_TAG}"
    )
    disk.write_sums()
    with (disk.root / "SHA256SUMS").open("a") as sums:
        sums.write(f"{'0' * 64}  ./\n")  # a name that is none, as bits that flip may make it
    run = node.run(frm=disk.root)
    assert (run.code, run.counts) == (0, (3, 0, 0, 0)), run.text


def put(path, make):
    """Have something else in the place of a file."""
    path.unlink()
    make(path)


def test_row_b3_a_disk_of_telco_ran_tools_is_loaded_by_digest_alone(tmp_path, node):
    disk = Disk(tmp_path / "disk", IMAGES, archives=True, has_index=False)
    run = node.run(frm=disk.root)
    assert (run.code, run.not_loaded, run.counts) == (1, {BY_TAG}, (2, 0, 1, 0))
    assert run.why(BY_TAG) == "it has no digest to be verified by"
    assert node.digests() == {str(ONE.digest), str(TWO.digest)}


@pytest.mark.parametrize(
    ("damage", "named", "not_loaded"),
    [
        (
            lambda disk: flip(disk.root / "images.txt", 3),
            "images.txt: missing, or not as SHA256SUMS",
            {BY_TAG},
        ),
        (lambda disk: (disk.root / "images.txt").unlink(), "images.txt: missing", {BY_TAG}),
        (lambda disk: (disk.root / "SHA256SUMS").unlink(), "SHA256SUMS: missing", {BY_TAG}),
        (lambda disk: (disk.root / "SHA256SUMS").write_text(""), "SHA256SUMS: it has no line", {BY_TAG}),
        (lambda disk: disk.list.write_text(f"{BY_DIGEST}\n"), "ai-images.txt: not as SHA256SUMS", set()),
        (lambda disk: disk.list.write_text(""), "ai-images.txt: it names no image", set()),
        (lambda disk: disk.list.unlink(), "ai-images.txt: missing", set()),
        (lambda disk: put(disk.list, os.mkfifo), "ai-images.txt: missing", set()),
        (
            lambda disk: put(disk.root / "images.txt", lambda path: path.symlink_to("/etc/hostname")),
            "images.txt: missing, or not as SHA256SUMS",
            {BY_TAG},
        ),
        (lambda disk: shutil.rmtree(disk.root / "images"), "", set(IMAGES)),
    ],
    ids=[
        "index-bit",
        "no-index",
        "no-sums",
        "empty-sums",
        "short-list",
        "empty-list",
        "no-list",
        "list-is-a-pipe",
        "index-of-the-node",
        "no-images",
    ],
)
def test_row_b3_damaged_lists_are_named_and_vouch_for_nothing(tmp_path, node, damage, named, not_loaded):
    disk = Disk(tmp_path / "disk", IMAGES)
    damage(disk)
    run = node.run(frm=disk.root)
    assert (run.code, run.not_loaded) == (1, not_loaded), run.text
    assert f"FAILED {named}" in run.text
    assert node.digests() <= {str(each.digest) for each in IMAGES.values()}
    assert not not_loaded & {each for each in IMAGES if node.has(each)}


@pytest.mark.parametrize(
    ("archives", "full", "why"),
    [
        (False, {"room": "1m"}, "no space left on device"),
        (True, {"room": "1m"}, "MB free"),
        (False, {"storage": "2m"}, "no space left on device"),
    ],
    ids=["layout", "archives", "storage"],
)
def test_row_b3_a_full_disk_fails_and_leaves_nothing(tmp_path, node, archives, full, why):
    large = make_image("large", layers=1, size=3_000_000)
    source = f"{HOST}/large@{large.digest}"
    disk = Disk(tmp_path / "disk", {BY_DIGEST: ONE, source: large}, archives=archives)
    run = node.run(frm=disk.root, **full)
    assert (run.code, run.not_loaded) == (1, {source}), run.text
    assert why in run.why(source)
    assert run.lines[-2:] == ["left over: ", f"in the storage: {ONE.digest}"]


def test_row_b3_a_partition_is_mounted_for_reading_alone_and_only_while_it_is_needed(tmp_path, node):
    disk = Disk(tmp_path / "disk", IMAGES)
    image = tmp_path / "partition"
    with image.open("wb") as file:
        file.truncate(320 << 20)
    subprocess.run(["mkfs.xfs", "-q", "-f", image], check=True)
    fill = f"mount -o loop {image} /mnt && cp -a {disk.root}/. /mnt/ && umount /mnt"
    subprocess.run(["unshare", "--mount", "bash", "-c", fill], check=True)
    device = subprocess.run(
        ["losetup", "--read-only", "--show", "--find", image], capture_output=True, text=True, check=True
    ).stdout.strip()
    try:
        (tmp_path / "by-partlabel").mkdir()
        (tmp_path / "by-partlabel/edge").symlink_to(device)
        run = node.run(
            "ai", "edge", PRECACHE_DEVICES=str(tmp_path / "by-partlabel"), after="grep precache /proc/mounts"
        )
        assert (run.code, run.counts) == (0, (3, 0, 0, 0)), run.text
    finally:
        subprocess.run(["losetup", "--detach", device], check=True)


def test_a_node_without_the_partition_says_so_after_a_while_and_goes_on(tmp_path, node):
    slept = _program(tmp_path, "sleep", "echo slept")
    run = node.run("ai", "edge", PRECACHE_DEVICES=str(tmp_path), PRECACHE_WAIT="2", PATH=slept)
    assert run.code == 1
    assert run.lines == [
        f"waiting for {tmp_path}/edge, 2 seconds at most",
        "slept",
        "slept",
        f"FAILED {tmp_path}/edge: there is no such partition; images come from the registry instead",
    ]


def test_what_fails_for_a_passing_reason_is_tried_again_alone(tmp_path, node):
    real, tried = shutil.which("skopeo"), tmp_path / "tried"
    path = _program(
        tmp_path, "skopeo", f'[ -e {tried} ] && exec {real} "$@"; touch {tried}; echo locked >&2; exit 1'
    )
    disk = Disk(tmp_path / "disk", {BY_DIGEST: ONE})
    run = node.run(frm=disk.root, PATH=path)
    assert (run.code, run.counts) == (0, (1, 0, 0, 0)), run.text
    assert f"[1/1] will be tried again: {BY_DIGEST}: skopeo: locked" in run.lines


def test_one_cpu_loads_one_image_at_a_time(tmp_path, node):
    disk = Disk(tmp_path / "disk", IMAGES)
    shutil.rmtree(disk.root / "images")
    run = node.run(frm=disk.root, PATH=_program(tmp_path, "nproc", "echo 1"))
    assert run.lines[0].endswith(", 1 at a time")
    assert run.counts == (0, 0, 3, 0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_is_stopped_stops_at_once_and_leaves_nothing(tmp_path, node, number):
    began = tmp_path / "began"
    path = _program(
        tmp_path, "skopeo", f"echo $$ >{began}.new; mv {began}.new {began}; exec tail -f /dev/null"
    )
    disk = Disk(tmp_path / "disk", {BY_DIGEST: ONE}, archives=True)
    with node.start(frm=disk.root, PATH=path) as process:
        while not began.exists():
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(number)
        assert process.wait() == 128 + number
        _wait_for_the_end_of(int(began.read_text()))
    assert node.leftovers == []


def test_what_a_killed_run_left_is_cleaned(node):
    (node.temporary / "precache-ocp.abcdefgh").mkdir()
    (node.temporary / "theirs").mkdir()
    assert node.run("--clean", "ocp").code == 0
    assert node.leftovers == ["theirs"]


@pytest.mark.parametrize("words", [(), ("--help",), ("both", "data")])
def test_other_words_are_told_what_there_is(node, words):
    run = node.run(*words or ("",))
    assert (run.code, run.lines[-1][:7]) == (2, "usage: ")


def _wait_for_the_end_of(process):
    with suppress(FileNotFoundError):
        while (Path("/proc") / str(process) / "stat").read_text().rpartition(") ")[2][0] != "Z":
            time.sleep(0.01)


def _program(directory, name, text):
    """Return a PATH on which a program is another one."""
    (directory / "bin").mkdir()
    file = directory / "bin" / name
    file.write_text(f"#!/bin/bash\n{text}\n")
    file.chmod(0o755)
    return f"{file.parent}:{os.environ['PATH']}"
