"""Sparse files that stand for disks, looked at by other programs than ours."""

import os
import subprocess
from pathlib import Path

import pytest

GIB, MIB = 1024**3, 1024**2
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes loop devices and mounts")


def said(*words):
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def disk(tmp_path, size=2 * GIB, name="disk.img"):
    path = tmp_path / name
    path.write_bytes(b"")
    os.truncate(path, size)
    return path


def touched(path):
    """What changes with every write to a file."""
    found = path.stat()
    return found.st_mtime_ns, found.st_size


def loops(path):
    return said("losetup", "--noheadings", "--output", "NAME", "--associated", str(path)).split()


def mounts():
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return [line.split()[4] for line in lines if "bootstrap-registry-partition-" in line]


def partition(path, number=1):
    """What sgdisk tells about a partition, by its words."""
    lines = said("sgdisk", f"--info={number}", str(path)).splitlines()
    return dict(line.split(": ", 1) for line in lines if ": " in line)


def file_system(path):
    """What blkid tells about the file system in the only partition."""
    start = int(partition(path)["First sector"].split()[0]) * 512
    lines = said("blkid", "--probe", "--output", "export", "--offset", str(start), str(path)).splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)
