"""Nothing is lost: not by a full disk, not by a file that cannot be read or written, not by somebody else."""

import os
import re
import resource
import stat

import pytest

from bootstrap.cluster.install_config.file import ConfigFile
from bootstrap.errors import BootstrapError, Busy, ConfigError, HostError


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "install-config.yaml"
    path.write_text("a: 1\n")
    path.chmod(0o644)
    return path


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def names(path):
    return sorted(each.name for each in path.parent.iterdir())


def test_the_file_is_private_and_the_old_one_kept_beside_it_under_a_number(path):
    assert ConfigFile.read(path).replace("a: 2\n") == (True, path.with_name("install-config.yaml.~1~"))
    assert ConfigFile.read(path).replace("a: 3\n")[1].name == "install-config.yaml.~2~"
    assert path.read_text() == "a: 3\n"
    kept = [path.with_name(f"install-config.yaml.~{n}~") for n in (1, 2)]
    assert [each.read_text() for each in kept] == ["a: 1\n", "a: 2\n"]
    assert [mode(each) for each in (path, *kept)] == [0o600] * 3


def test_the_same_again_changes_the_permissions_only(path):
    assert ConfigFile.read(path).replace("a: 1\n") == (True, None)
    assert ConfigFile.read(path).replace("a: 1\n") == (False, None)
    assert (mode(path), names(path)) == (0o600, [path.name])


def test_a_link_stays_a_link_and_its_file_is_edited(path, tmp_path):
    link = tmp_path / "link.yaml"
    link.symlink_to(path.name)
    assert ConfigFile.read(link).replace("a: 2\n")[1].name == "install-config.yaml.~1~"
    assert link.is_symlink()
    assert path.read_text() == "a: 2\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_the_owner_stays_the_owner_of_the_file_and_of_what_is_kept(path):
    os.chown(path, 1234, 4321)
    _, backup = ConfigFile.read(path).replace("a: 2\n")
    assert [(each.stat().st_uid, each.stat().st_gid) for each in (path, backup)] == [(1234, 4321)] * 2


def test_a_full_disk_loses_nothing_and_leaves_nothing(path):
    """The kernel refuses a write beyond the limit as it does on a full disk: in the middle of a file."""
    path.write_text("a" * 3000)
    file = ConfigFile.read(path)
    for room in (1000, 5000):  # for no backup; for that, and not for the new file
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
        try:
            with pytest.raises(HostError, match="see that the disk is not full"):
                file.replace("b" * 9000)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert (path.read_text(), names(path)) == ("a" * 3000, [path.name])


def test_a_write_protected_file_is_not_replaced_behind_its_owners_back(path):
    path.chmod(0o444)
    with pytest.raises(ConfigError, match="write-protected"):
        ConfigFile.read(path)


def test_what_somebody_else_wrote_meanwhile_is_not_written_over(path):
    file = ConfigFile.read(path)
    path.write_text("theirs\n")
    with pytest.raises(Busy, match="somebody has changed it"):
        file.replace("a: 2\n")
    assert (path.read_text(), names(path)) == ("theirs\n", [path.name])


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: path.unlink(), "nothing of that name is there"),
        (lambda path: (path.unlink(), path.mkdir()), "it is a directory"),
        (lambda path: path.write_bytes(b"a: \xff\n"), "byte 3 is not UTF-8"),
        (lambda path: path.write_bytes("a: 1\n".encode("utf-16")), "byte 0 is not UTF-8"),
        (lambda path: os.truncate(path, 5 * 1024 * 1024), "it has 5242880 bytes"),
    ],
)
def test_what_is_no_such_file_is_told(path, make, why):
    make(path)
    with pytest.raises(BootstrapError, match=re.escape(why)):
        ConfigFile.read(path).text()


def test_a_file_that_cannot_be_read_is_told(path, monkeypatch):
    def refuse(_path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "read_bytes", refuse)  # root reads all
    with pytest.raises(HostError, match="Permission denied"):
        ConfigFile.read(path)
