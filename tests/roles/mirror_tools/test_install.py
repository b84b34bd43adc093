"""A tool is replaced only by one that has the right bytes and runs; what others put there stays theirs."""

import hashlib
import io
import json
import shutil
import struct
import sys
import tarfile
from pathlib import Path

import pytest

FIRST = b"#!/bin/sh\necho Client Version: 4.20.3 $*\n"
SECOND = b"#!/bin/sh\necho Client Version: 4.20.4 $*\n"
TOO_NEW = b"""#!/bin/sh
echo "$0: /lib64/libc.so.6: version \\`GLIBC_2.34' not found (required by $0)" >&2
exit 1
"""


@pytest.fixture
def host(tmp_path, plugin, run_module):
    return Host(tmp_path, plugin("mirror_tools", "library", "mirror_tools_install"), run_module)


class Host:
    def __init__(self, directory, module, run_module):
        self.directory, self.module, self._run = directory, module, run_module
        self.bin, self.record = directory / "bin", directory / "etc/tools.json"

    def run(self, *tools, **more):
        parameters = {"directory": str(self.bin), "record": str(self.record), "tools": list(tools)}
        return self._run(self.module, **{**parameters, **more})

    def archive(self, content, tool="oc", **more):
        path = self.directory / "given"
        path.write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        given = {
            "tool": tool,
            "version": "4.20.3",
            "src": "/files/given",
            "path": str(path),
            "sha256": digest,
        }
        return {**given, **more}

    def files(self):
        return sorted(path.name for path in self.bin.iterdir()) if self.bin.exists() else []


def packed(**members):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(name.replace("_", "-"))
            entry.size, entry.mode = len(data), 0o644
            archive.addfile(entry, io.BytesIO(data))
    return content.getvalue()


def test_a_program_is_taken_out_of_its_archive_and_everybody_can_run_it(host):
    answer = host.run(host.archive(packed(README=b"Read me", oc=FIRST, kubectl=SECOND)))
    assert answer["paths"] == [str(host.bin / "oc")]
    assert host.files() == ["oc"]
    assert (host.bin / "oc").read_bytes() == FIRST
    assert (host.bin / "oc").stat().st_mode & 0o777 == 0o755


def test_a_bare_program_is_installed_as_it_is(host):
    host.run(host.archive(FIRST, "oc-mirror"))
    assert (host.bin / "oc-mirror").read_bytes() == FIRST


def test_what_was_installed_is_told_by_its_archive_and_what_it_said(host):
    wanted = host.archive(packed(oc=FIRST))
    host.run(wanted)
    answer = host.run()
    assert (answer["changed"], answer["installed"], answer["foreign"]) == (
        False,
        {"oc": wanted["sha256"]},
        {},
    )
    assert json.loads(host.record.read_text())["oc"]["says"] == "Client Version: 4.20.3 version --client"


def test_a_newer_one_replaces_ours(host):
    host.run(host.archive(packed(oc=FIRST)))
    host.run(host.archive(packed(oc=SECOND)))
    assert (host.bin / "oc").read_bytes() == SECOND
    assert host.files() == ["oc"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (TOO_NEW, "version `GLIBC_2.34' not found"),
        (b"\x7fELF\x02\x01 of another architecture", "Exec format error"),
        (b"#!/bin/sh\nexit 7\n", "it ends with 7"),
    ],
    ids=["glibc", "architecture", "exit code"],
)
def test_one_that_does_not_run_is_refused_and_the_old_one_stays(host, content, says):
    host.run(host.archive(packed(oc=FIRST)))
    record = host.record.read_text()
    answer = host.run(host.archive(packed(oc=content)))
    assert answer["failed"]
    assert answer["msg"].startswith("oc 4.20.3 does not run on this host: ")
    assert says in answer["msg"]
    assert answer["msg"].endswith(
        "To mend it: list the build for this host in mirror_tools_archives (arch, el, fips)."
    )
    assert (host.files(), (host.bin / "oc").read_bytes()) == (["oc"], FIRST)
    assert host.record.read_text() == record


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (packed(oc_mirror=FIRST), "there is no oc in /files/given: it holds oc-mirror."),
        (b"\x1f\x8b and no more", "cannot unpack /files/given: it is not a tar archive."),
    ],
    ids=["another tool", "damaged"],
)
def test_an_archive_without_the_tool_is_refused(host, content, says):
    answer = host.run(host.archive(content))
    assert answer["msg"].startswith(says)
    assert host.files() == []


def test_other_bytes_than_asked_for_never_run(host):
    ran = host.directory / "ran"
    answer = host.run(host.archive(f"#!/bin/sh\ntouch {ran}\n".encode(), sha256="0" * 64))
    assert answer["failed"]
    assert f"and must be {'0' * 64}" in answer["msg"]
    assert (host.files(), ran.exists(), host.record.exists()) == ([], False, False)


def test_what_somebody_else_put_there_is_told_and_stays_at_the_removal(host):
    host.bin.mkdir()
    (host.bin / "oc").write_bytes(SECOND)
    assert host.run()["foreign"] == {"oc": str(host.bin / "oc")}
    assert host.run(state="absent")["changed"] is False
    assert host.files() == ["oc"]


def test_one_that_was_changed_since_is_not_ours_any_more(host):
    host.run(host.archive(packed(oc=FIRST)))
    (host.bin / "oc").write_bytes(SECOND)
    answer = host.run()
    assert (answer["installed"], answer["foreign"]) == ({}, {"oc": str(host.bin / "oc")})
    host.run(state="absent")
    assert host.files() == ["oc"]


def test_one_that_was_stopped_before_the_last_step_is_known_again(host, monkeypatch):
    host.run(host.archive(packed(oc=FIRST)))

    def stop(_self, _target):
        raise OSError("stopped")

    with monkeypatch.context() as patched:
        patched.setattr(type(host.bin), "replace", stop)
        assert host.run(host.archive(packed(oc=SECOND)))["failed"]
    answer = host.run()
    assert (answer["installed"], answer["foreign"]) == ({}, {})
    host.run(host.archive(packed(oc=SECOND)))
    assert (host.bin / "oc").read_bytes() == SECOND


def test_in_another_directory_it_is_not_left_in_the_first(host):
    host.run(host.archive(packed(oc=FIRST)))
    host.run(host.archive(packed(oc=FIRST)), directory=str(host.directory / "other"))
    assert host.files() == []
    assert (host.directory / "other/oc").read_bytes() == FIRST


def test_the_removal_takes_all_of_it_and_twice_is_nothing(host):
    host.run(host.archive(packed(oc=FIRST)))
    host.run(host.archive(FIRST, "oc-mirror"))
    assert host.run(state="absent")["changed"] is True
    assert (host.files(), host.record.parent.exists()) == ([], False)
    assert host.run(state="absent")["changed"] is False


def test_check_mode_changes_nothing(host):
    wanted = host.archive(packed(oc=FIRST))
    assert host.run(wanted, check_mode=True)["changed"] is True
    assert (host.bin.exists(), host.record.exists()) == (False, False)
    host.run(wanted)
    assert len(host.run(state="absent", check_mode=True)["paths"]) == 2
    assert host.files() == ["oc"]


def elf(order, *kinds):
    """A 64-bit ELF header, and program headers of these types (elf(5))."""
    head = b"\x7fELF\x02" + (b"\x01" if order == "<" else b"\x02")
    head = head.ljust(32, b"\0") + struct.pack(order + "QQIHHH", 64, 0, 0, 64, 56, len(kinds))
    return head.ljust(64, b"\0") + b"".join(struct.pack(order + "I52x", kind) for kind in kinds)


@pytest.mark.parametrize("order", "<>")
def test_in_fips_mode_a_static_program_is_refused(host, monkeypatch, order):
    seen = {**host.module.machine(), "fips": True}
    monkeypatch.setattr(host.module, "machine", lambda: seen)
    answer = host.run(host.archive(packed(oc=elf(order, 1, 2))))
    assert "the host is in FIPS mode, and the program is static" in answer["msg"]
    answer = host.run(host.archive(packed(oc=elf(order, 1, 3))))
    assert "does not run on this host" in answer["msg"]  # past that, for it names a dynamic linker
    host.run(host.archive(FIRST))
    assert host.files() == ["oc"]


def test_a_dynamic_program_is_known_from_a_static_one(host):
    assert host.module.is_static(Path(sys.executable).resolve()) is False


@pytest.mark.real_oc
def test_the_real_oc_is_installed(host):
    if (path := shutil.which("oc")) is None:
        pytest.skip("there is no real oc on PATH")
    host.run(host.archive(Path(path).read_bytes()))
    assert "Client Version" in json.loads(host.record.read_text())["oc"]["says"]


@pytest.mark.real_oc_mirror
def test_the_real_oc_mirror_is_installed(host):
    if (path := shutil.which("oc-mirror")) is None:
        pytest.skip("there is no real oc-mirror on PATH")
    host.run(host.archive(Path(path).read_bytes(), "oc-mirror"))
    assert "GitVersion" in json.loads(host.record.read_text())["oc-mirror"]["says"]
