"""A look at a host, and what is judged from it."""

import json
import subprocess
import sys
import time

import pytest

from bootstrap.host import preflight
from bootstrap.host.local import LocalConnection
from bootstrap.host.preflight import Wanted, judge, look
from bootstrap.host.privilege import Privilege

WANTED = Wanted(
    is_registry=True,
    paths={"registry_storage_root": "/opt/registry"},
    port=5000,
    name="registry1.example.com",
)
NOW = 1_800_000_000.0


def seen(**changes):
    good = {
        "uid": 0,
        "os": {"ID": "rhel", "VERSION_ID": "9.4", "PRETTY_NAME": "Red Hat Enterprise Linux 9.4"},
        "architecture": "x86_64",
        "time": NOW,
        "cgroup2": True,
        "systemd": True,
        "podman": "4.9.4",
        "package_tool": "dnf",
        "unit": None,
        "listener": None,
        "addresses": ["192.0.2.11"],
        "disks": {"registry_storage_root": {"mount_of": "/opt", "free": 10**12, "total": 10**12}},
    }
    return good | changes


def test_a_good_host_has_no_problem():
    assert judge("registry1", seen(), WANTED, now=NOW) == []


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"os": {"ID": "rhel", "VERSION_ID": "8.10", "PRETTY_NAME": "RHEL 8.10"}}, "RHEL 8.10 is too old"),
        ({"os": {"ID": "debian", "VERSION_ID": "12"}}, "debian 12 is too old"),
        ({"os": {"ID": "ubuntu", "VERSION_ID": "22.04"}}, "ubuntu 22.04 is too old"),
        ({"os": {"ID": "arch"}}, "not supported"),
        ({"uid": 1000}, "we are not root"),
        ({"systemd": False}, "has no systemd"),
        ({"cgroup2": False}, "has no cgroup v2"),
        ({"time": NOW - 301}, "its clock is off"),
        ({"podman": "4.5.1"}, "podman is too old"),
        ({"podman": None, "package_tool": None}, "has no podman"),
        ({"listener": "nginx"}, "port 5000 is taken"),
        ({"listener": ""}, "port 5000 is taken"),
        ({"addresses": []}, "name does not resolve"),
        ({"disks": {"registry_storage_root": {"mount_of": "/opt", "free": 10**9, "total": 10**12}}}, "full"),
    ],
)
def test_each_fault_is_one_problem_that_says_what_to_do(changes, what):
    (problem,) = judge("registry1", seen(**changes), WANTED, now=NOW)
    assert problem.what.startswith("registry1: ")
    assert what in problem.what
    assert problem.why
    assert problem.fix


@pytest.mark.parametrize(
    "changes",
    [
        {"os": {"ID": "debian", "VERSION_ID": "13"}},
        {"os": {"ID": "ubuntu", "VERSION_ID": "24.04"}},
        {"os": {"ID": "fedora", "VERSION_ID": "42"}},
        {"os": {"ID": "centos", "VERSION_ID": "10"}},
        {"podman": None},  # container_host installs it
        {"listener": "registry", "unit": "active"},  # that is ours
    ],
)
def test_what_is_fine_is_not_complained_about(changes):
    assert judge("registry1", seen(**changes), WANTED, now=NOW) == []


def test_all_problems_are_listed_at_once():
    found = judge("registry1", seen(uid=7, systemd=False, podman="4.0.0", listener="nginx"), WANTED, now=NOW)
    assert len(found) == 4


def test_the_script_runs_by_itself_and_sees_this_machine():
    script = preflight._SCRIPT
    question = json.dumps({"paths": {"a": "/does/not/exist"}, "port": 1, "name": "localhost"})
    done = subprocess.run(
        [sys.executable, "-I", str(script), question], capture_output=True, text=True, check=True
    )
    answer = json.loads(done.stdout)
    assert answer["disks"]["a"]["mount_of"] == "/"
    assert answer["addresses"]
    assert abs(answer["time"] - time.time()) < 60


def test_a_look_through_a_connection():
    answer = look(LocalConnection("here", Privilege.none()), WANTED)
    assert answer["os"]
    assert answer["disks"]["registry_storage_root"]["free"] > 0
