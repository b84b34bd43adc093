"""A look at a host, and what is judged from it."""

import json
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import yaml

from bootstrap.errors import Problems
from bootstrap.host.local import LocalConnection
from bootstrap.host.preflight import Wanted, judge, look, notes
from bootstrap.host.preflight.look import SCRIPT
from bootstrap.host.privilege import Privilege
from bootstrap.process import Completed
from bootstrap.shipped import shipped

WANTED = Wanted(
    is_registry=True,
    paths={"registry_storage_root": "/opt/registry"},
    port=5000,
    name="registry1.example.com",
    is_mirror=True,
    others=("registry1.example.com", "registry2.example.com"),
)
NOW = 1_800_000_000.0
DISK = {
    "path": "/opt/registry",
    "mount_of": "/opt",
    "is_directory": True,
    "free": 10**12,
    "total": 10**12,
    "free_files": 10**6,
    "is_read_only": False,
    "device": 1,
    "type": "xfs",
    "has_labels": True,
}
FIREWALL = {
    "is_installed": True,
    "is_enabled": True,
    "is_masked": False,
    "state": "active",
    "zones": ["public"],
    "unknown_zones": [],
}
NGINX = {"process": "nginx", "pid": 7, "unit": "nginx.service", "container": None, "image": ""}
DISTRIBUTION = {
    "process": "registry",
    "pid": 7,
    "unit": None,
    "container": "old-registry",
    "image": "docker.io/library/registry:2",
    "holds_our_data": True,
}


def seen(**changes):
    good = {
        "uid": 0,
        "os": {"ID": "rhel", "VERSION_ID": "9.4", "PRETTY_NAME": "Red Hat Enterprise Linux 9.4"},
        "architecture": "x86_64",
        "glibc": "2.34",
        "fips": False,
        "tools": {},
        "time": NOW,
        "cgroup2": True,
        "systemd": True,
        "agent_python": [3, 9],
        "podman": "4.9.4",
        "quadlet": True,
        "packages": {"tool": "dnf", "missing": [], "not_installable": ""},
        "firewall": FIREWALL,
        "selinux": "enforcing",
        "proxies": {},
        "unit": None,
        "listener": None,
        "web_unit": None,
        "web_listener": None,
        "resolved": {"registry1.example.com": ["192.0.2.11"], "registry2.example.com": ["192.0.2.12"]},
        "reverse": {"192.0.2.11": "registry1.example.com"},
        "links": [{"ifname": "eth0", "addr_info": [{"local": "192.0.2.11"}, {"local": "127.0.0.1"}]}],
        "live_run": None,
        "disks": {"registry_storage_root": DISK},
    }
    return good | changes


def names(*addresses):
    return {"resolved": {**seen()["resolved"], "registry1.example.com": list(addresses)}}


def lacking(missing, why):
    return {"packages": {"tool": "dnf", "missing": missing, "not_installable": why}}


def disk(**changes):
    return {"disks": {"registry_storage_root": DISK | changes}}


def firewall(**changes):
    return {"firewall": FIREWALL | changes}


def test_a_good_host_has_no_problem_and_nothing_to_note():
    assert judge("registry1", seen(), WANTED, now=NOW) == []
    assert list(notes("registry1", seen(), WANTED)) == []


@pytest.mark.parametrize(
    ("changes", "what", "why", "fix"),
    [
        ({"os": {"ID": "rhel", "VERSION_ID": "8.10"}}, "rhel 8.10 is too old", "no Quadlet", "Stream 9"),
        ({"os": {"ID": "debian", "VERSION_ID": "12"}}, "debian 12 is too old", "is 13", "debian 13"),
        ({"os": {"ID": "ubuntu", "VERSION_ID": "22.04"}}, "ubuntu 22.04 is too old", "24.04", "24.04"),
        ({"os": {"ID": "arch"}}, "not supported", "Debian 13+", "one of those"),
        ({"uid": 1000}, "we are not root", "1000", "ansible_become"),
        ({"systemd": False}, "has no systemd", "init", "boots systemd"),
        ({"cgroup2": False}, "has no cgroup v2", "/sys/fs/cgroup", "unified_cgroup_hierarchy"),
        ({"agent_python": []}, "has no /usr/bin/python3", "agent", "3.9"),
        ({"agent_python": [3, 6]}, "its Python is too old", "3.6", "3.9"),
        ({"time": NOW - 301}, "its clock is off", "301 s behind", "chronyd"),
        ({"time": NOW + 400}, "its clock is off", "400 s ahead", "chronyd"),
        ({"podman": "4.5.1"}, "podman is too old", "4.5.1", "update"),
        ({"quadlet": False}, "has no Quadlet", "generator", "distribution's package"),
        (lacking(["podman", "crun"], "no match"), "lacks podman crun", "no match", "by hand"),
        ({"listener": NGINX}, "port 5000 is taken", "nginx (process 7, unit", "disable --now nginx.service"),
        ({"listener": {"process": "", "pid": None}}, "port 5000 is taken", "something", "ss -ltnp"),
        ({"listener": DISTRIBUTION}, "another registry", "container old-registry", "--adopt"),
        (names(), "does not resolve there", "registry1.example.com", "/etc/hosts"),
        (names("127.0.1.1"), "leads back to the asker", "127.0.1.1", "the line 127.0.1.1"),
        (names("192.0.2.99"), "leads elsewhere", "192.0.2.99 there, and the host has 192.0.2.11", "DNS"),
        (names("192.0.2.11", "192.0.2.99"), "leads elsewhere", "is 192.0.2.99", "registry_tls_names"),
        (firewall(unknown_zones=["dmzz"]), "no zone dmzz", "it has public", "--new-zone=dmzz"),
        (firewall(state="inactive"), "enabled and does not run", "inactive", "systemctl start firewalld"),
        ({"proxies": {"https_proxy": "http://p:3128"}}, "its proxy stands", "registry1", "systemd"),
        (disk(free=10**9), "its disk is full", "1.0 GB are free", "registry_storage_root"),
        (disk(is_read_only=True), "cannot write /opt/registry", "read-only", "remount"),
        (disk(free_files=3), "takes no more files", "3 inodes", "registry_storage_root"),
        (disk(is_directory=False), "cannot make /opt/registry", "is a file", "move /opt away"),
        (disk(has_labels=False, type="nfs"), "cannot be labelled", "nfs", "xfs"),
    ],
)
def test_each_fault_is_one_problem_that_says_what_to_do(changes, what, why, fix):
    (problem,) = judge("registry1", seen(**changes), WANTED, now=NOW)
    assert problem.what.startswith("registry1: ")
    assert what in problem.what
    assert why in problem.why
    assert fix in problem.fix


@pytest.mark.parametrize(
    "changes",
    [
        {"os": {"ID": "debian", "VERSION_ID": "13"}},
        {"os": {"ID": "debian"}},  # testing
        {"os": {"ID": "ubuntu", "VERSION_ID": "24.04"}},
        {"os": {"ID": "fedora", "VERSION_ID": "42"}},
        {"os": {"ID": "centos", "VERSION_ID": "10"}},
        lacking(["podman"], "") | {"podman": None, "quadlet": False},  # container_host installs it
        {"listener": {"process": "registry", "pid": 5, "unit": "mirror-registry.service"}, "unit": "active"},
        {"listener": {"process": "", "pid": None}, "unit": "active"},
        firewall(is_installed=False, state="unknown", is_enabled=False),
        firewall(state="inactive", is_enabled=False),
        firewall(state="inactive", is_masked=True),
        disk(has_labels=False) | {"selinux": "disabled"},
        {"proxies": {"https_proxy": "http://p:3128", "no_proxy": "localhost, .example.com"}},
        {"proxies": {"http_proxy": "http://p:3128"}},
    ],
)
def test_what_is_fine_is_not_complained_about(changes):
    assert judge("registry1", seen(**changes), WANTED, now=NOW) == []


WEB = Wanted(
    is_registry=False, paths={"web_server_root": "/opt/web-server"}, port=5000, name="", web_port=8443
)
WEB_DISK = DISK | {"path": "/opt/web-server"}


def web_disk(**changes):
    return {"disks": {"web_server_root": WEB_DISK | changes}}


@pytest.mark.parametrize(
    ("changes", "wanted", "what", "why", "fix"),
    [
        (
            {"web_listener": NGINX},
            WEB,
            "port 8443 is taken",
            "nginx (process 7",
            "disable --now nginx.service",
        ),
        (
            {},
            replace(WEB, is_registry=True, port=8443),
            "cannot share port 8443",
            "are both",
            "web_server_port",
        ),
        (web_disk(free=10**9), WEB, "its disk is full", "for web_server_root", "set web_server_root to"),
        (web_disk(free=10**8, mount_of="/opt/web-server"), WEB, "its disk is full", "0.1 GB", "free space"),
        (web_disk(is_read_only=True), WEB, "cannot write /opt/web-server", "read-only", "web_server_root"),
    ],
)
def test_a_web_servers_port_and_disk_are_looked_at(changes, wanted, what, why, fix):
    name = {"resolved": {"": ["192.0.2.11"]}} if wanted.is_registry else {}
    (problem,) = judge("web1", seen(**{**web_disk(), **name, **changes}), wanted, now=NOW)
    assert what in problem.what
    assert why in problem.why
    assert fix in problem.fix


@pytest.mark.parametrize(
    "changes",
    [
        {"web_listener": NGINX | {"unit": "mirror-web-server.service"}, "web_unit": "active"},
        {"web_listener": {"process": "", "pid": None}, "web_unit": "active"},
        web_disk(free=10**9, mount_of="/opt/web-server"),  # the images are there
        {"listener": NGINX},  # the registry's port is nothing to it
    ],
)
def test_a_web_server_that_can_be_or_is_there_has_no_problem(changes):
    assert judge("web1", seen(**{**web_disk(), **changes}), WEB, now=NOW) == []


def test_an_address_that_we_reach_the_host_by_is_the_hosts_though_it_does_not_have_it():
    floating = replace(WANTED, known_addresses=frozenset({"203.0.113.5"}))
    assert judge("registry1", seen(**names("203.0.113.5")), floating, now=NOW) == []


def test_a_registry_that_is_in_no_container_of_roots_is_a_problem_whatever_was_agreed_to():
    (problem,) = judge("registry1", seen(listener=DISTRIBUTION), replace(WANTED, adopts=True), now=NOW)
    assert "another registry" in problem.what


def test_zones_that_are_named_while_firewalld_is_switched_off_are_a_problem():
    off = seen(**firewall(state="inactive", is_masked=True))
    (problem,) = judge("registry1", off, replace(WANTED, zones=("public",)), now=NOW)
    assert "masked" in problem.why


def test_packages_that_may_not_be_installed_are_a_problem_though_they_could_be():
    (problem,) = judge(
        "registry1", seen(**lacking(["podman"], "")), replace(WANTED, installs_packages=False), now=NOW
    )
    assert problem.why == "container_host_install_packages is false"


def test_a_mirror_host_alone_needs_no_podman_port_or_firewall_but_finds_every_registry():
    alone = replace(WANTED, is_registry=False, name="mirror.example.com")
    bare = seen(podman=None, quadlet=False, cgroup2=False, listener=NGINX, **firewall(state="inactive"))
    assert judge("mirror", bare, alone, now=NOW) == []
    bare["resolved"] = {"registry1.example.com": ["192.0.2.11"], "registry2.example.com": []}
    (problem,) = judge("mirror", bare, alone, now=NOW)
    assert "registry2.example.com" in problem.why


def test_a_full_file_system_is_told_once_however_many_directories_are_on_it():
    full = DISK | {"free": 0}
    shared = {"registry_storage_root": full, "mirror_content_state_dir": full, "graphroot": full}
    assert len(judge("registry1", seen(disks=shared), WANTED, now=NOW)) == 1
    shared["graphroot"] = full | {"device": 2}
    (_, podmans) = judge("registry1", seen(disks=shared), WANTED, now=NOW)
    assert "storage.conf" in podmans.fix


def test_all_problems_are_listed_at_once():
    found = judge("registry1", seen(uid=7, systemd=False, podman="4.0.0", listener=NGINX), WANTED, now=NOW)
    assert len(found) == 4


def test_what_is_worth_knowing_is_noted():
    noted = seen(
        live_run="20261121-1",
        reverse={"192.0.2.11": "dhcp-11.example.com"},
        **firewall(state="inactive", is_masked=True),
        **lacking(["gpgv"], ""),
    )
    text = "\n".join(notes("registry1", noted, WANTED))
    for word in ("20261121-1", "dhcp-11.example.com", "masked", "gpgv will be installed"):
        assert word in text


def test_the_script_runs_by_itself_and_sees_this_machine():
    wanted = replace(WANTED, paths={"a": "/does/not/exist"}, port=1, name="localhost", others=())
    question = json.dumps(wanted.question())
    done = subprocess.run(
        [sys.executable, "-I", str(SCRIPT), question], capture_output=True, text=True, check=True
    )
    answer = json.loads(done.stdout)
    assert answer["disks"]["a"]["mount_of"] == "/"
    assert answer["addresses"]
    assert abs(answer["time"] - time.time()) < 60


def test_a_look_through_a_connection():
    answer = look(LocalConnection("here", Privilege.none()), WANTED, quick=True)
    assert answer["os"]
    assert answer["disks"]["registry_storage_root"]["free"] > 0


def test_what_is_looked_for_is_what_the_roles_install():
    vars_dir = shipped("roles") / "container_host/vars"
    for family, tool in (("Debian", "apt-get"), ("RedHat", "dnf")):
        said = yaml.safe_load((vars_dir / f"{family}.yml").read_text())
        needed = {each["package"]: each["commands"] for each in said["__container_host_needed"]}
        assert replace(WANTED, checks_signatures=False).packages()[tool] == needed
        labels = {each["package"]: each["commands"] for each in said["__container_host_needed_selinux"]}
        assert WANTED.question()["packages_selinux"] == labels
    gpgv = yaml.safe_load((shipped("roles") / "mirror_content/vars/main.yml").read_text())
    for tool, family in (("apt-get", "Debian"), ("dnf", "RedHat")):
        signing = replace(WANTED, is_registry=False, checks_signatures=True).packages()[tool]
        (package,) = signing.keys() - {"ca-certificates"}
        assert f"'{family}': '{package}'" in gpgv["__mirror_content_gpgv_package"]


class Refusing:
    """A host on which the script does not run."""

    host = "registry1"

    def __init__(self, stderr, os_release=""):
        self.stderr, self.os_release = stderr, os_release

    def run(self, argv, **_):
        if argv[0] == "cat":
            return Completed(tuple(argv), 0, self.os_release, "")
        return Completed(tuple(argv), 1, "", self.stderr)


@pytest.mark.parametrize(
    ("stderr", "what"),
    [
        ("bash: line 1: python3: command not found", "has no python3"),
        ("SyntaxError: future feature annotations is not defined", "its python3 is too old"),
        ("Killed", "cannot be looked at"),
    ],
)
def test_a_host_that_cannot_be_looked_at_says_why(stderr, what):
    with pytest.raises(Exception, match=what):
        look(Refusing(stderr), WANTED)


def test_an_old_system_whose_python_cannot_run_the_look_is_named():
    old = Refusing("SyntaxError: future feature", 'ID="rhel"\nVERSION_ID="8.10"\nPRETTY_NAME="RHEL 8.10"\n')
    with pytest.raises(Problems) as caught:
        look(old, WANTED)
    assert [problem.what for problem in caught.value.problems] == [
        "registry1: RHEL 8.10 is too old",
        "registry1: its python3 is too old",
    ]
