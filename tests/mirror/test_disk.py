from __future__ import annotations

import os
from dataclasses import dataclass

import pytest

from bootstrap.errors import HostError
from bootstrap.mirror.disk import Disk, check, gigabytes, needed


@dataclass
class Planned:
    registry: str
    bytes_missing: int


GB = 10**9


def test_nothing_to_write_needs_nothing_and_asks_nobody():
    assert needed(0) == 0
    assert check([Planned("a:5000", 0)], {}) == []


def test_what_does_not_fit_is_refused_with_figures():
    disks = {"a:5000": Disk("a:5000", free=25 * GB)}
    with pytest.raises(HostError) as caught:
        check([Planned("a:5000", 25 * GB)], disks)
    assert caught.value.what == "cannot store the images in a:5000"
    assert (
        "25.0 GB have to be written, 26.5 GB with what a registry needs besides, and 25.0 GB are free"
        in str(caught.value)
    )
    assert "1.5 GB more are needed" in caught.value.fix
    assert check([Planned("a:5000", 20 * GB)], disks) == []


def test_two_registries_on_one_file_system_are_counted_together(tmp_path):
    statistics = os.statvfs(tmp_path)
    free = statistics.f_bavail * statistics.f_frsize
    disks = {name: Disk(name, data_dir=str(tmp_path)) for name in ("a:5000", "b:5000")}
    half = int(free * 0.6)
    assert check([Planned("a:5000", half)], disks) == []
    with pytest.raises(HostError, match="a:5000 and b:5000"):
        check([Planned("a:5000", half), Planned("b:5000", half)], disks)


def test_a_disk_that_nobody_can_see_is_named_and_one_that_is_gone_an_error(tmp_path):
    assert check([Planned("a:5000", 1)], {"a:5000": Disk("a:5000")}) == ["a:5000"]
    with pytest.raises(HostError, match="cannot see the disk of a:5000"):
        check([Planned("a:5000", 1)], {"a:5000": Disk("a:5000", data_dir=str(tmp_path / "absent"))})


def test_bytes_are_told_in_words_for_people():
    assert [gigabytes(size) for size in (25_300_000_000, 400_000, 0)] == ["25.3 GB", "0.4 MB", "0.0 MB"]
