"""Whether this machine can run a sandbox, and what its hosts must live with."""

import resource
from types import SimpleNamespace

import pytest

from bootstrap.errors import HostError, Problems
from bootstrap.sandbox import machine


@pytest.fixture
def cgroups(tmp_path, monkeypatch):
    """A cgroup v2 with the usual controllers."""
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids\n")
    monkeypatch.setattr(machine, "cgroup_root", lambda: tmp_path)
    return tmp_path


def test_an_ordinary_user_is_sent_to_sudo(monkeypatch, cgroups):
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("shutil.which", lambda program: f"/usr/bin/{program}")
    with pytest.raises(HostError, match="sudo"):
        machine.require()


def test_everything_missing_is_said_at_once_with_the_packages(monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setattr(machine, "cgroup_root", lambda: None)
    with pytest.raises(Problems) as error:
        machine.require()
    assert len(error.value.problems) == 3
    assert "systemd-container" in str(error.value)
    assert "cgroup2" in str(error.value)


def test_other_systems_are_refused(monkeypatch):
    monkeypatch.setattr("sys.platform", "darwin")
    with pytest.raises(HostError, match="darwin"):
        machine.require()


def test_a_whole_machine_needs_no_exceptions(monkeypatch, cgroups):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 1048576))
    assert machine.containers_conf() == ""


def test_a_machine_without_pids_and_with_few_files_is_written_down(monkeypatch, cgroups):
    (cgroups / "cgroup.controllers").write_text("hugetlb\n")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 20000))
    assert machine.containers_conf().splitlines() == [
        "[containers]",
        "pids_limit = 0",
        'default_ulimits = ["nofile=20000:20000"]',
    ]


def test_unlimited_files_are_no_limit(monkeypatch, cgroups):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, resource.RLIM_INFINITY))
    assert machine.containers_conf() == ""


def test_virtual_machines_want_more_programs_and_a_place_for_their_cables(monkeypatch, cgroups, tmp_path):
    monkeypatch.setattr("os.geteuid", lambda: 0)
    has = {"qemu-system-x86_64": None, "mke2fs": None}
    monkeypatch.setattr("shutil.which", lambda program: has.get(program, f"/usr/bin/{program}"))
    monkeypatch.setattr(machine, "_TUN", tmp_path / "net/tun")
    machine.require()
    with pytest.raises(Problems) as error:
        machine.require(virtual_machines=True)
    assert "apt-get install e2fsprogs qemu-system-x86" in str(error.value)
    assert "mknod" in str(error.value)


def test_virtual_machines_are_of_one_architecture(monkeypatch, cgroups, tmp_path):
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("shutil.which", lambda program: f"/usr/bin/{program}")
    monkeypatch.setattr(machine, "_TUN", tmp_path)
    monkeypatch.setattr("os.uname", lambda: SimpleNamespace(machine="aarch64"))
    with pytest.raises(HostError, match=r"aarch64.*x86_64") as error:
        machine.require(virtual_machines=True)
    assert "--vm" in error.value.fix


@pytest.mark.parametrize(("before", "after"), [("128", 1024), ("8192", 8192)])
def test_the_limit_on_inotify_instances_is_raised_and_never_lowered(tmp_path, before, after):
    limit = tmp_path / "max_user_instances"
    limit.write_text(f"{before}\n")
    machine.make_room(limit)
    assert int(limit.read_text()) == after


def test_a_limit_that_cannot_be_raised_is_left(tmp_path):
    machine.make_room(tmp_path / "missing")
