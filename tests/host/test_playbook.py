"""Playbooks, run by the real Ansible on this machine: what Ctrl-C does to them, and to what comes after."""

import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from bootstrap.host import playbook
from bootstrap.host.playbook import raise_for_failures, run_playbook

PLAY = """\
- hosts: all
  gather_facts: false
  tasks:
    - name: Wait
      ansible.builtin.command: sleep 60.%d
"""


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Return an inventory; the playbook `waiting` goes with it, under Ansible's own strategy."""
    (tmp_path / "play books").mkdir()
    (tmp_path / "play books" / "waiting.yml").write_text(PLAY % os.getpid())
    monkeypatch.setattr(playbook, "shipped", lambda _name: tmp_path / "play books")
    monkeypatch.setenv("BOOTSTRAP_REGISTRY_STRATEGY", "linear")
    inventory = tmp_path / "my hosts.ini"
    inventory.write_text(f"here ansible_connection=local ansible_python_interpreter={sys.executable}\n")
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


@pytest.mark.parametrize("strategy", ["linear", "mitogen_linear"])
def test_ctrl_c_leaves_nothing_running_of_what_the_playbook_started(site, tmp_path, monkeypatch, strategy):
    monkeypatch.setenv("BOOTSTRAP_REGISTRY_STRATEGY", strategy)
    command = f"sleep 60.{os.getpid()}"

    def interrupt():
        deadline = time.monotonic() + 30
        while command not in running() and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    waiting = threading.Thread(target=interrupt)
    waiting.start()
    result = run_playbook("waiting", site, tmp_path / "state")
    waiting.join()
    assert result.is_canceled
    left = [line for line in running() if str(tmp_path) in line or command in line]
    assert left == []


def test_the_strategy_that_the_user_wants_is_the_one_that_runs(site, tmp_path, monkeypatch):
    given = []

    class Ended:
        status, rc = "successful", 0

    def run(**settings):
        given.append(settings["envvars"])
        return Ended()

    monkeypatch.setattr(playbook.ansible_runner, "run", run)
    run_playbook("waiting", site, tmp_path / "state")
    monkeypatch.delenv("BOOTSTRAP_REGISTRY_STRATEGY")
    run_playbook("waiting", site, tmp_path / "state")
    assert [each.get("ANSIBLE_STRATEGY") for each in given] == [None, "mitogen_linear"]


def running():
    """Return the command lines of all processes."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            lines.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace").strip())
    return lines


def test_ctrl_c_while_the_last_task_ends_is_not_lost(site, tmp_path, monkeypatch):
    class Ended:
        status, rc = "successful", 0

    def run(**_):
        os.kill(os.getpid(), signal.SIGINT)
        return Ended()

    monkeypatch.setattr(playbook.ansible_runner, "run", run)
    assert run_playbook("waiting", site, tmp_path / "state").is_canceled
