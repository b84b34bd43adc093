"""Row A3: a real partition on a sparse file, and what is never touched."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bootstrap.cli.main import app
from bootstrap.errors import Busy, ConfigError, ExitCode, HostError
from bootstrap.precache.partition import attach, make, tools
from bootstrap.precache.partition.device import look
from bootstrap.precache.partition.make import filled
from bootstrap.precache.partition.plan import Wanted, plan
from bootstrap.process import Completed
from tests.precache.partition.disks import (
    GIB,
    MIB,
    as_root,
    disk,
    file_system,
    loops,
    mounts,
    partition,
    said,
    touched,
)

pytestmark = as_root
SIZE = ("--size", "512MiB")


def run(path, *words, code=ExitCode.OK):
    done = CliRunner().invoke(app, ["precache", "partition", str(path), *words])
    assert done.exit_code == code, done.output
    return done.output


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """Made once: sgdisk waits for a second each time."""
    path = disk(tmp_path_factory.mktemp("first"))
    run(path, *SIZE, "--yes")
    return path


@pytest.fixture
def made(first, tmp_path):
    path = tmp_path / "disk.img"
    said("cp", "--sparse=always", str(first), str(path))
    return path


def test_row_a3_it_is_at_the_end_of_the_disk_named_by_its_label_and_xfs(made):
    found = partition(made)
    assert found["Partition name"] == "'data'"
    assert "Linux filesystem" in found["Partition GUID code"]
    last = int(found["Last sector"].split()[0])
    assert 2 * GIB // 512 - last < 2 * MIB // 512
    assert 512 * MIB <= int(found["Partition size"].split()[0]) * 512 < 515 * MIB
    assert said("sgdisk", "--verify", str(made)).startswith("\nNo problems found.")
    system = file_system(made)
    assert (system["TYPE"], system["LABEL"]) == ("xfs", "data")
    assert loops(made) == []


def test_row_a3_a_second_run_changes_nothing(made):
    before, uuid = touched(made), file_system(made)["UUID"]
    said = run(made, "--json")
    assert json.loads(said)["result"]["changed"] is False
    assert (touched(made), file_system(made)["UUID"]) == (before, uuid)


def test_row_a3_a_kernel_of_a_node_knows_everything_that_the_file_system_uses(made):
    with filled(made, Wanted()) as place:
        found = said("xfs_info", str(place))
    assert "bigtime=0" in found
    assert "inobtcount=0" in found


def test_features_that_only_a_newer_mkfs_knows_are_left_out_there(monkeypatch):
    usage = "[-m crc=0|1,bigtime=0|1] [-i exchange=0|1,nrext64=0|1] [-n size=num,parent=0|1]"
    monkeypatch.setattr(tools, "run", lambda *words, **_: Completed((), 2, "", usage))
    assert make._features() == ["-m", "bigtime=0", "-i", "nrext64=0,exchange=0", "-n", "parent=0"]


def test_row_a3_nothing_is_done_when_nobody_says_yes(tmp_path):
    path = disk(tmp_path)
    before = touched(path)
    shown = run(path, *SIZE, code=ExitCode.CONFIG)
    assert "make partition 1, called data: the last 0.5 GiB" in shown
    assert "would do" in run(path, *SIZE, "--dry-run")
    assert touched(path) == before


def whole(path):
    disk(path.parent)
    said("mkfs.ext4", "-q", str(path))


def with_partition(path):
    said("sgdisk", "--change-name=1:theirs", str(path))


def something(path):
    disk(path.parent)
    overwrite(path, 100_000, b"no signature that anybody knows")


def old_one_at_its_place(path):
    for place in (0, 2 * GIB - MIB):  # without its tables
        overwrite(path, place, bytes(MIB))


def overwrite(path, place, content):
    with path.open("r+b") as file:
        file.seek(place)
        file.write(content)


OCCUPIED = {
    whole: "ext4",
    with_partition: "partition 1 'theirs'",
    something: "data in its first or last MiB",
    old_one_at_its_place: "where the partition goes",
}


@pytest.mark.parametrize("occupy", OCCUPIED, ids=lambda each: each.__name__)
def test_row_a3_a_disk_with_something_on_it_is_refused_until_it_is_named(made, occupy):
    path = made
    occupy(path)
    before = touched(path)
    assert OCCUPIED[occupy] in " ".join(run(path, *SIZE, "--yes", code=ExitCode.HOST).split())
    run(path, *SIZE, "--yes", "--erase", "/dev/sda", code=ExitCode.CONFIG)
    run(path, *SIZE, "--erase", str(path), code=ExitCode.CONFIG)  # and nobody says yes
    assert touched(path) == before
    run(path, *SIZE, "--yes", "--erase", str(path))
    assert partition(path)["Partition name"] == "'data'"
    assert file_system(path)["TYPE"] == "xfs"
    kinds = {each["type"] for each in json.loads(said("wipefs", "--json", str(path)))["signatures"]}
    assert kinds == {"gpt", "PMBR"}


def test_row_a3_a_disk_in_use_is_refused_whatever_is_said(tmp_path):
    path = disk(tmp_path)
    loop = said("losetup", "--find", "--show", str(path)).strip()
    try:
        words = [*SIZE, "--yes", "--erase", str(path)]
        assert f"attached as {loop}" in " ".join(run(path, *words, code=ExitCode.HOST).split())
        said("mkfs.ext4", "-q", loop)
        place = tmp_path / "mnt"
        place.mkdir()
        said("mount", loop, str(place))
        try:
            words = [*SIZE, "--yes", "--erase", loop]
            assert f"mounted at {place}" in " ".join(run(loop, *words, code=ExitCode.HOST).split())
        finally:
            said("umount", str(place))
    finally:
        said("losetup", "--detach", loop)


def test_row_a3_a_block_device_with_sectors_of_4096_bytes(tmp_path):
    loop = said("losetup", "--find", "--show", "--sector-size", "4096", str(disk(tmp_path))).strip()
    try:
        run(loop, *SIZE, "--yes")
        assert add(loop, "first") == ["first"]
        assert "left as it is" in run(loop)
        assert add(loop, "second") == ["first", "second"]
        assert loops(loop) == []
    finally:
        said("losetup", "--detach", loop)
    assert mounts() == []


def add(path, name):
    """Add a file; return the names of all that are there."""
    with filled(Path(path), Wanted()) as place:
        (place / name).write_text("content")
        return sorted(each.name for each in place.iterdir())


def test_an_image_is_filled_and_then_neither_mount_nor_loop_device_is_left(made):
    with filled(made, Wanted()) as place:
        (entry,) = [
            line.split()
            for line in Path("/proc/self/mountinfo").read_text().splitlines()
            if str(place) in line
        ]
        assert {"rw", "nosuid", "nodev", "noexec"} <= set(entry[5].split(","))
        assert place.parent.stat().st_mode & 0o777 == 0o700
        (place / "ai-images.txt").write_text("quay.io/a/b@sha256:0\n")
    assert (loops(made), mounts()) == ([], [])
    assert add(made, "another") == ["ai-images.txt", "another"]


def test_nothing_is_left_after_a_failure_or_ctrl_c_either(made):
    for error in (OSError, KeyboardInterrupt):
        with pytest.raises(error), filled(made, Wanted()):
            raise error
        assert (loops(made), mounts()) == ([], [])


def test_what_another_run_holds_is_busy(made, monkeypatch):
    monkeypatch.setattr(attach, "_PATIENCE_SECONDS", 0.0)
    with filled(made, Wanted()):
        with pytest.raises(Busy), filled(made, Wanted()):
            pass
        run(made, *SIZE, "--yes", code=ExitCode.BUSY)
    assert (loops(made), mounts()) == ([], [])


def test_what_a_killed_run_left_mounted_the_next_one_unmounts(made):
    script = (
        "import sys; from pathlib import Path; from bootstrap.precache.partition.make import filled\n"
        "from bootstrap.precache.partition.plan import Wanted\n"
        "with filled(Path(sys.argv[1]), Wanted()) as place: print(place, flush=True); sys.stdin.read()\n"
    )
    words = [sys.executable, "-c", script, str(made)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        place = child.stdout.readline().strip()
        child.send_signal(signal.SIGKILL)
    assert mounts() == [place]
    assert add(made, "after") == ["after"]
    assert (loops(made), mounts()) == ([], [])
    assert not Path(place).parent.exists()


def test_there_has_to_be_one_to_fill_that_nobody_else_uses(tmp_path, made):
    (tmp_path / "not made").mkdir()
    blank = disk(tmp_path / "not made")
    with (
        pytest.raises(ConfigError, match="has no partition to fill") as refused,
        filled(blank, Wanted(size=512 * MIB)),
    ):
        pass
    assert f"`bootstrap-registry precache partition '{blank}' --label data`" in refused.value.fix
    loop = said("losetup", "--find", "--show", str(made)).strip()
    try:
        with pytest.raises(HostError, match="it is in use"), filled(made, Wanted()):
            pass
    finally:
        said("losetup", "--detach", loop)


@pytest.mark.parametrize("step", ["wipefs --all", "sgdisk", "losetup --find"])
def test_ctrl_c_after_any_step_and_the_same_command_again_ends_well(made, monkeypatch, step):
    assert add(made, "old") == ["old"]  # at the same place: it must not be taken for what is to be made
    said("sgdisk", "--change-name=1:other", str(made))
    real, seen = tools.run, []

    def stopped(argv, what, **kwargs):
        done = real(argv, what, **kwargs)
        if " ".join(argv).startswith(step):
            seen.append(argv)
            raise KeyboardInterrupt
        return done

    with monkeypatch.context() as patched:
        patched.setattr(tools, "run", stopped)
        run(made, *SIZE, "--yes", "--erase", str(made), code=ExitCode.INTERRUPTED)
    assert len(seen) == 1
    assert loops(made) == []
    run(made, *SIZE, "--yes", "--erase", str(made))
    assert partition(made)["Partition name"] == "'data'"
    assert add(made, "new") == ["new"]


def test_a_file_system_that_mkfs_was_killed_over_is_made_again(made):
    overwrite(made, first_byte(made) + 126, b"\1")  # sb_inprogress: mkfs.xfs takes it away last
    assert "make an xfs file system in partition 1" in run(made, "--yes")
    with filled(made, Wanted()) as place:
        (place / "file").write_text("mounted\n")


def test_a_partition_of_that_name_with_data_that_nobody_knows_is_refused_until_it_is_named(made):
    overwrite(made, first_byte(made), b"encrypted, and without a header" * 40_000)
    before = touched(made)
    assert "data of no known kind" in " ".join(run(made, "--yes", code=ExitCode.HOST).split())
    assert touched(made) == before


def first_byte(path):
    return int(partition(path)["First sector"].split()[0]) * 512


def test_tools_that_are_missing_are_named_with_their_packages(tmp_path, monkeypatch):
    path = disk(tmp_path)
    monkeypatch.setattr(tools, "_PATH", str(tmp_path))
    said = run(path, *SIZE, "--yes", code=ExitCode.HOST)
    assert "mkfs.xfs" in said
    assert "install the packages coreutils gdisk util-linux xfsprogs" in " ".join(said.split())


def test_what_is_no_disk_is_refused(tmp_path):
    for path, why in (
        (tmp_path / "nothing", "truncate"),
        (tmp_path, "no block device"),
        (Path("/dev/null"), "no block"),
    ):
        assert why in run(path, "--yes", code=ExitCode.CONFIG)


def test_the_disk_of_the_running_system_is_refused(tmp_path):
    found = Path("/").stat().st_dev
    node = Path(f"/dev/block/{os.major(found)}:{os.minor(found)}").resolve()
    if not node.is_block_device():
        pytest.skip("the root file system is on no block device")
    parent = said("lsblk", "--noheadings", "--nodeps", "--output", "PKNAME", str(node)).strip()
    path = Path("/dev", parent) if parent else node
    with pytest.raises(HostError):
        plan(replace(look(path), partitions=()), Wanted(erase=str(path)))
