"""Becoming root: what is typed when, and what each refusal of sudo, su and the shell means."""

import os
import stat
import subprocess

import pytest

from bootstrap.errors import HostError
from bootstrap.host.local import LocalConnection
from bootstrap.host.privilege import Entrance, Privilege

PASSWORD = "correct horse"

# A sudo that behaves as told: asks (or not) by -p's words on stderr, reads one line, and then runs the rest.
FAKE_SUDO = """#!/bin/sh
while [ "$1" != -- ]; do [ "$1" = -p ] && prompt=$2; shift; done
shift
tries=0
while [ -n "$ASKS" ]; do
    printf %s "$prompt" >&2
    IFS= read -r answer || { echo "sudo: no password was provided" >&2; exit 1; }
    [ "$answer" = "correct horse" ] && break
    tries=$((tries + 1)); echo "$tries" > "$TRIES"
    echo "Sorry, try again." >&2
done
exec "$@"
"""


@pytest.fixture
def sudo(tmp_path, monkeypatch):
    """Return a connection that becomes root by the fake sudo, and where that counts wrong passwords."""
    program = tmp_path / "sudo"
    program.write_text(FAKE_SUDO)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("TRIES", str(tmp_path / "tries"))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    def connection(password):
        return LocalConnection("h1", Privilege("sudo", password, str(program)))

    return connection


def test_a_password_is_typed_when_it_is_asked_for(sudo, monkeypatch):
    monkeypatch.setenv("ASKS", "yes")
    assert sudo(PASSWORD).run(["cat"], as_root=True, stdin="input\n").stdout == "input\n"
    assert list(sudo(PASSWORD).lines(["printf", "a\\nb"], as_root=True)) == ["a", "b"]


def test_a_password_that_nobody_asks_for_is_no_input_of_the_program(sudo):
    assert sudo(PASSWORD).run(["cat"], as_root=True, stdin="input\n").stdout == "input\n"


def test_a_wrong_password_is_tried_once(sudo, monkeypatch, tmp_path):
    monkeypatch.setenv("ASKS", "yes")
    with pytest.raises(HostError, match="cannot become root") as caught:
        sudo("wrong").run(["cat"], as_root=True, check=False)
    assert "ansible_become_password" in caught.value.fix
    assert (tmp_path / "tries").read_text() == "1\n"
    assert "wrong" not in str(caught.value).replace("is wrong", "")


def test_a_password_never_stands_in_an_argument_list():
    for method in ("sudo", "su"):
        entrance = Entrance("h1", ["id"], Privilege(method, PASSWORD))
        assert PASSWORD not in " ".join(entrance.command)
    assert PASSWORD not in repr(Privilege.sudo(PASSWORD))


def test_sudo_without_a_password_may_not_ask():
    assert Privilege.sudo().wrap(["id"], "p: ") == ["sudo", "-n", "--", "id"]


def test_su_that_asks_and_no_password_is_set_is_not_waited_for():
    entrance = Entrance("h1", ["id"], Privilege("su"))
    with pytest.raises(HostError, match="asks for a password"):
        entrance.hear(b"", b"Password: ")


def test_what_start_files_say_is_not_the_programs():
    entrance = Entrance("h1", ["echo", "hello"], Privilege.none())
    done = subprocess.run(entrance.command, capture_output=True, check=True)
    assert entrance.hear(b"Welcome to h1\nToday is", b"") == b""
    assert entrance.hear(b" Monday" + done.stdout[:10], b"warning: ") == b""
    assert not entrance.is_open
    entrance.hear(done.stdout[10:], b"")
    assert not entrance.is_open
    entrance.hear(b"", done.stderr + b"oh")
    assert entrance.is_open
    assert entrance.rest == (b"hello\n", b"oh")


@pytest.mark.parametrize(
    ("said", "fix"),
    [
        ("sudo: a password is required", "ansible_become_password"),
        ("sudo: a terminal is required to read the password; either use ssh's -t", "ansible_become_password"),
        ("sudo: sorry, you must have a tty to run sudo", "requiretty"),
        ("Sorry, try again.\nsudo: no password was provided\nsudo: 1 incorrect password attempt", "password"),
        ("ops is not in the sudoers file.", "allow this user"),
        ("Sorry, user ops is not allowed to execute '/bin/sh' as root on h1.", "allow this user"),
        ("sudo: Account expired, contact your system administrator", "renew the password"),
        ("env: 'sudo': No such file or directory", "install sudo"),
        ("bash: line 1: sudo: command not found", "install sudo"),
        ("This account is currently not available.", "log-in shell"),
        ("who knows", "by hand"),
    ],
)
def test_each_refusal_has_its_fix(said, fix):
    entrance = Entrance("h1", ["id"], Privilege.sudo())
    entrance.hear(b"", said.encode())
    error = entrance.refused(1)
    assert error.what == "h1: cannot become root"
    assert fix in error.fix
    assert said.split("\n")[0] in error.why


def test_a_refusal_of_su_after_its_password_is_about_that():
    entrance = Entrance("h1", ["id"], Privilege("su", PASSWORD))
    assert entrance.hear(b"", b"Password: ") == b"correct horse\n"
    entrance.hear(b"", b"\nsu: Permission denied\n")
    assert "ansible_become_password" in entrance.refused(1).fix


def test_a_shell_that_runs_nothing_is_not_about_root():
    entrance = Entrance("h1", ["id"], Privilege.none())
    entrance.hear(b"This account is currently not available.\n", b"")
    assert entrance.refused(1).what == "h1: cannot run programs there"
