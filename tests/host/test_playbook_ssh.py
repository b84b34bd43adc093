"""Ansible's own connections: host keys are checked, the site's file counts, passwords need no sshpass."""

import base64
import shlex
import shutil

import paramiko
import pytest

from bootstrap.host import playbook
from bootstrap.host.playbook import run_playbook
from tests.fakes.ssh_server import FakeSsh

PLAY = """\
- hosts: all
  gather_facts: false
  tasks:
    - name: Say something
      ansible.builtin.command: "true"
"""
PASSWORD = "op3n 'sesäme $x"


@pytest.fixture(params=["mitogen_linear", "linear"])
def strategy(request, monkeypatch):
    monkeypatch.setenv("BOOTSTRAP_REGISTRY_STRATEGY", request.param)
    return request.param


@pytest.fixture
def server():
    with FakeSsh(paramiko.ECDSAKey.generate(), password=PASSWORD) as fake:
        yield fake


@pytest.fixture
def play(server, tmp_path, monkeypatch, strategy):
    """Return a function that runs a play on the server, with the site's known hosts in a file."""
    (tmp_path / "plays").mkdir()
    (tmp_path / "plays" / "play.yml").write_text(PLAY)
    monkeypatch.setattr(
        playbook, "shipped", lambda name: tmp_path / "plays" if name == "playbooks" else tmp_path
    )
    inventory = tmp_path / "hosts.yml"
    host = {"ansible_host": "127.0.0.1", "ansible_port": server.port, "ansible_user": "ops"}
    words = {**host, "ansible_password": PASSWORD, "ansible_python_interpreter": shutil.which("python3")}
    lines = "".join(f"      {name}: {value!r}\n" for name, value in words.items())
    inventory.write_text(f"all:\n  hosts:\n    h1:\n{lines}")

    def run(known):
        (tmp_path / "known_hosts").write_text(known)
        options = ["-F", "none", "-o", "UserKnownHostsFile=none", "-o", "PubkeyAuthentication=no"]
        options += ["-o", f"GlobalKnownHostsFile={tmp_path}/known_hosts"]
        return run_playbook(
            "play", inventory, tmp_path / "state", environment={"ANSIBLE_SSH_ARGS": shlex.join(options)}
        )

    return run


def line(server):
    blob = base64.b64encode(server.key.asbytes()).decode()
    return f"[127.0.0.1]:{server.port} {server.key.get_name()} {blob}\n"


def test_ansible_refuses_a_host_key_that_is_not_known(play, server):
    result = play("")
    refused = result.failures[0]
    assert (
        refused.is_unreachable or "fingerprint" in refused.message
    )  # Ansible's own words where it has a password
    assert server.log_ins == []


def test_a_host_key_of_the_site_is_known_to_ansible_and_the_password_is_typed(play, server):
    result = play(line(server))
    assert result.failures == []
    assert ("password", "ops") in server.log_ins
