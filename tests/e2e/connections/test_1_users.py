"""Who logs in, and how they become root."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap.host.playbook import mitogen_settings
from tests.e2e import leaks
from tests.e2e.connections.conftest import write_private
from tests.e2e.execs import HostTrace

pytestmark = pytest.mark.sandbox


def test_a_non_root_user_with_a_sudo_password(first):
    site, ended, _ = first
    assert ended.result["mirrored"]["images"] >= 1
    assert site.get(auth=True, name=f"{site.sandbox.host('registry1').fqdn}:5000") == 200
    again = site.run("up", "--json").result
    assert again["changed"] == 0


def test_no_password_is_in_an_argument_list_or_an_environment(lab, first, operator, tmp_path):
    """On the host, both ways to become root are watched: the driver's own, and Ansible's under mitogen."""
    site, ended, driver = first
    assert ended.code == 0
    program = Path(sys.executable).with_name("ansible")
    become = [
        program,
        "registry1",
        "-i",
        "inventory",
        "--become",
        "-m",
        "ansible.builtin.command",
        "-a",
        "id -u",
    ]
    with HostTrace(lab.sandbox.host("registry1"), tmp_path / "host"):
        assert site.run("status", "--json").code == 0
        environment = {**os.environ, **mitogen_settings()}
        done = subprocess.run(become, cwd=site.directory, env=environment, capture_output=True, text=True)
    assert done.stdout.endswith("\n0\n"), done.stderr
    for trace in (driver, tmp_path / "host"):
        assert trace.read_text(errors="replace").count("execve(") >= 10
        # strace writes what is not ASCII as octal numbers, so the part before counts, too.
        assert leaks.in_file(trace, {"password": operator.encode(), "its start": b"Gr8-Passw"}) == set()


def test_no_password_is_in_the_journal_or_readable_on_the_host(lab, first, operator, tmp_path):
    host = lab.sandbox.host("registry1")
    journal = tmp_path / "journal"
    journal.touch(mode=0o600)
    journal.write_text(host.run(["journalctl", "--no-pager", "--output", "export", "-a"]).stdout)
    secrets = {"password": operator.encode()}
    assert leaks.in_file(journal, secrets) == set()
    assert leaks.readable_by_others(host.root, secrets, since=0) == {}


def test_a_wrong_sudo_password_is_told_and_tried_once(lab, first, make_site):
    site = make_site("wrong", "registry1", ansible_user="ops", ansible_become_password="not that")
    before = refusals(lab)
    ended = site.run("check", "--json")
    assert ended.code == 3
    problem = the_problem(ended, "cannot become root")
    assert "ansible_become_password" in problem["fix"]
    assert refusals(lab) - before == 1


def test_sudo_that_asks_and_no_password_is_set(first, make_site):
    ended = make_site("none", "registry1", ansible_user="ops").run("check", "--json")
    assert ended.code == 3
    assert "password is required" in the_problem(ended, "cannot become root")["why"]


def test_a_user_whom_sudo_does_not_know(lab, first, make_site):
    host = lab.sandbox.host("registry1")
    host.run(
        ["sh", "-euc", "useradd -m nobody2; cp -a /home/admin/.ssh ~nobody2/; chown -R nobody2: ~nobody2"]
    )
    ended = make_site("unknown", "registry1", ansible_user="nobody2", ansible_become_password="x").run(
        "status", "--json"
    )
    assert ended.code == 3
    problem = the_problem(ended, "cannot become root")
    assert "ansible_become_password" in problem["fix"] or "allow this user" in problem["fix"]


def test_root_by_su(first, make_site, operator):
    site, _, _ = first
    by_su = {"ansible_become_method": "su", "ansible_become_password": operator}
    again = make_site("su", "registry1", state_of=site, ansible_user="ops", **by_su)
    assert again.run("up", "--json").result["changed"] == 0


@pytest.mark.parametrize("strategy", ["mitogen_linear", "linear"])
def test_log_in_by_password(lab, first, make_site, operator, monkeypatch, strategy):
    """Keys are refused; ansible-core's own strategy takes SSH_ASKPASS, for there need be no sshpass."""
    site, _, _ = first
    host = lab.sandbox.host("registry1")
    write_private(host.root / "root/password", f"byword:{operator}\n")
    make = "id byword > /dev/null 2>&1 || useradd -m -G sudo -s /bin/bash byword"
    host.run(["sh", "-euc", f"{make}; chpasswd < /root/password; rm /root/password"])
    monkeypatch.setenv("BOOTSTRAP_REGISTRY_STRATEGY", strategy)
    again = make_site(
        f"password-{strategy}",
        "registry1",
        state_of=site,
        ansible_user="byword",
        ansible_ssh_private_key_file=None,
        ansible_password=operator,
        ansible_become_password=operator,
    )
    assert again.run("up", "--json").result["changed"] == 0
    shutil.rmtree(again.inventory)


def refusals(lab):
    """Count the wrong passwords that the host's PAM was given for sudo."""
    done = lab.sandbox.host("registry1").run(["journalctl", "--no-pager", "--output", "cat"])
    return sum("pam_unix(sudo:auth): authentication failure" in line for line in done.stdout.splitlines())


def the_problem(ended, what):
    return next(each for each in ended.document["problems"] if what in each["what"])
