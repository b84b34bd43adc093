"""Parts of the look that need no machine of a certain kind."""

import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from bootstrap.host import probe_script
from bootstrap.host.preflight.look import SCRIPT


def test_the_script_needs_nothing_newer_than_python_3_9():
    done = subprocess.run(
        [str(Path(sys.executable).with_name("vermin")), "--no-tips", "--violations", "-t=3.9-", str(SCRIPT)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_enabled_repositories_are_those_that_are_not_switched_off():
    text = """
[baseos]
name=BaseOS
metalink=https://mirrors.example.com/metalink?repo=$releasever
[appstream]
baseurl = http://repo.example.com:8080/appstream
enabled=1
[debug]
baseurl=http://repo.example.com/debug
enabled = 0
"""
    assert probe_script.enabled_repositories([text]) == [
        "https://mirrors.example.com/metalink?repo=$releasever",
        "http://repo.example.com:8080/appstream",
    ]


def test_what_does_not_answer_in_time_is_none():
    import threading

    never = threading.Event()
    assert probe_script.at_once([lambda: "a", never.wait], 0.2) == ["a", None]
    never.set()


def test_nobody_listens_on_a_port_that_can_be_bound(monkeypatch):
    monkeypatch.setattr(probe_script, "output", lambda *_a, **_k: (-1, "", "no ss"))
    assert probe_script.listener(1) is None


def test_the_owner_of_a_process_in_a_containers_unit_is_named(monkeypatch):
    identity = "ab" * 32
    files = {
        "/proc/9/cgroup": f"0::/system.slice/old.service/libpod-payload-{identity}\n",
        "/var/lib/containers/storage/overlay-containers/containers.json": (
            f'[{{"id": "{identity}", "names": ["old"], "metadata": "{{\\"image-name\\": \\"r:2\\"}}"}}]'
        ),
    }
    monkeypatch.setattr(probe_script, "text_of", files.get)
    found = probe_script.owner(9)
    assert (found["unit"], found["container"], found["image"]) == ("old.service", "old", "r:2")


def test_the_owner_of_a_published_port_is_the_container_that_conmon_watches(monkeypatch):
    identity = "cd" * 32
    files = {
        "/proc/9/cgroup": f"0::/machine.slice/libpod-conmon-{identity}.scope\n",
        "/proc/9/cmdline": f"conmon\0-c\0{identity}\0",
    }
    monkeypatch.setattr(probe_script, "text_of", files.get)
    found = probe_script.owner(9)
    assert (found["unit"], found["container"]) == (None, identity[:12])


def test_apt_without_a_repository_says_so(monkeypatch):
    def output(*argv, **_):
        is_update = "update" in argv
        return (0, "", "") if is_update else (100, "", "E: Unable to locate package podman")

    monkeypatch.setattr(probe_script, "output", output)
    assert "no package repository" in probe_script.installable("apt-get", ["podman"])


def test_a_package_that_is_installed_without_its_program_is_not_called_installable(monkeypatch):
    monkeypatch.setattr(probe_script, "output", lambda *_a, **_k: (0, "", ""))
    assert "says that all of it is installed" in probe_script.installable("apt-get", ["podman"])


def test_dnf_that_would_install_is_believed(monkeypatch):
    monkeypatch.setattr(probe_script, "output", lambda *_a, **_k: (1, "", "Operation aborted."))
    assert probe_script.installable("dnf", ["podman"]) == ""


def test_nothing_missing_asks_nobody(monkeypatch):
    monkeypatch.setattr(probe_script, "output", lambda *_a, **_k: 1 / 0)
    assert probe_script.installable("apt-get", []) == ""


def test_a_package_repository_that_apt_trusts_by_a_ca_of_its_own_answers(monkeypatch):
    def refuse(self, *_args, **_more):
        raise urllib.error.URLError(ssl.SSLCertVerificationError("unable to get local issuer certificate"))

    monkeypatch.setattr(urllib.request.OpenerDirector, "open", refuse)
    assert probe_script._unreachable(["https://packages.example.test/debian/./InRelease"]) == ""


def test_a_package_repository_that_refuses_connections_is_told(monkeypatch):
    def refuse(self, *_args, **_more):
        raise urllib.error.URLError(ConnectionRefusedError("refused"))

    monkeypatch.setattr(urllib.request.OpenerDirector, "open", refuse)
    said = probe_script._unreachable(["https://packages.example.test/debian/./InRelease"])
    assert "https://packages.example.test cannot be reached" in said
