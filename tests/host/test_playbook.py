"""Playbooks, run by the real Ansible on this machine: what Ctrl-C does to them, and to what comes after."""

import os
import signal
import time

import pytest

from bootstrap.host import playbook
from bootstrap.host.playbook import raise_for_failures, run_playbook

PLAY = """\
- hosts: all
  gather_facts: false
  tasks:
    - name: Wait
      ansible.builtin.command: sleep 60
"""


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Return an inventory; the playbook `waiting` and no mitogen go with it."""
    (tmp_path / "play books").mkdir()
    (tmp_path / "play books" / "waiting.yml").write_text(PLAY)
    monkeypatch.setattr(playbook, "shipped", lambda _name: tmp_path / "play books")
    monkeypatch.setenv("BOOTSTRAP_REGISTRY_STRATEGY", "linear")
    inventory = tmp_path / "my hosts.ini"
    inventory.write_text("here ansible_connection=local\n")
    return inventory


def test_ctrl_c_stops_a_playbook_and_works_again_afterwards(site, tmp_path):
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)

    def interrupt(event):
        if event.task == "Wait":
            os.kill(os.getpid(), signal.SIGINT)

    begin = time.monotonic()
    result = run_playbook("waiting", site, tmp_path / "state", on_event=interrupt)
    assert time.monotonic() - begin < 50
    assert result.is_canceled
    with pytest.raises(KeyboardInterrupt):
        raise_for_failures(result, "wait")
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
    assert list((tmp_path / "state" / "runner").iterdir()) == []


def test_ctrl_c_while_the_last_task_ends_is_not_lost(site, tmp_path, monkeypatch):
    class Ended:
        status, rc = "successful", 0

    def run(**_):
        os.kill(os.getpid(), signal.SIGINT)
        return Ended()

    monkeypatch.setattr(playbook.ansible_runner, "run", run)
    assert run_playbook("waiting", site, tmp_path / "state").is_canceled
