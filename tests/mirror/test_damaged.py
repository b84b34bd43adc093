"""Blobs that a power cut damaged."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from bootstrap.errors import HostError
from bootstrap.mirror.damaged import blob_file, remove_damaged, to_disk
from bootstrap.mirror.disk import Disk
from bootstrap.mirror.pool import Stopped
from bootstrap.oci.digest import Digest

GOOD, SHORT, ZEROS, ABSENT = b"good" * 100, b"short" * 100, b"zeros" * 100, b"absent"
SIZES = {Digest.of(content): len(content) for content in (GOOD, SHORT, ZEROS, ABSENT)}


@pytest.fixture
def data_dir(tmp_path):
    write(tmp_path, GOOD, GOOD)
    write(tmp_path, SHORT, SHORT[:7])
    write(tmp_path, ZEROS, bytes(len(ZEROS)))
    return str(tmp_path)


def write(directory, named, content):
    path = blob_file(str(directory), Digest.of(named))
    path.parent.mkdir(parents=True)
    path.write_bytes(content)


def remove(data_dir, sizes=SIZES, **more):
    return remove_damaged(data_dir, sizes, stop=threading.Event(), **more)


def test_a_file_of_another_size_is_removed_and_no_other(data_dir):
    assert remove(data_dir) == [Digest.of(SHORT)]
    assert not blob_file(data_dir, Digest.of(SHORT)).exists()
    assert blob_file(data_dir, Digest.of(GOOD)).read_bytes() == GOOD
    assert blob_file(data_dir, Digest.of(ZEROS)).exists()
    assert remove(data_dir) == []


def test_suspects_are_read_to_their_last_byte(data_dir):
    assert set(remove(data_dir, suspects=SIZES)) == {Digest.of(SHORT), Digest.of(ZEROS)}
    assert blob_file(data_dir, Digest.of(GOOD)).exists()


def test_what_was_written_before_is_no_suspect(data_dir):
    later = blob_file(data_dir, Digest.of(ZEROS)).stat().st_mtime + 10
    assert remove(data_dir, suspects=SIZES, newer_than=later) == [Digest.of(SHORT)]


def test_a_right_file_stays_when_it_is_the_manifest_that_tells_the_wrong_size(data_dir):
    assert remove(data_dir, {Digest.of(GOOD): 3}) == []
    assert blob_file(data_dir, Digest.of(GOOD)).exists()


def test_a_stop_removes_nothing(data_dir):
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        remove_damaged(data_dir, SIZES, stop=stop)
    assert blob_file(data_dir, Digest.of(SHORT)).exists()


def test_a_file_that_cannot_be_removed_is_named_with_the_command_that_does(data_dir, monkeypatch):
    def refuse(_path, missing_ok=False):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(HostError, match="cannot remove the damaged blob") as caught:
        remove(data_dir)
    assert f"rm {blob_file(data_dir, Digest.of(SHORT))}" in caught.value.fix


def test_writing_down_is_no_matter_of_life_and_death(tmp_path):
    to_disk(str(tmp_path))
    to_disk(str(tmp_path / "absent"))


def test_a_full_disk_is_told_only_by_who_sees_it(tmp_path):
    found = os.statvfs(tmp_path)
    free = found.f_bavail * found.f_frsize
    disk = Disk("a:5000", str(tmp_path))
    assert disk.full(free // 2) is None
    error = disk.full(free * 2)
    assert error is not None
    assert error.what == "the disk of a:5000 is full"
    assert Disk("a:5000", free=1).full(free * 2) is None
    assert Disk("a:5000", str(tmp_path / "absent")).full(1) is None
