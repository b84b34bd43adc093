"""SSH connections, against a server in this process: host keys, log-ins, noise, and connections that die."""

import json
import socket
import subprocess
import sys
import threading
from pathlib import Path

import paramiko
import pytest

from bootstrap.errors import HostError, TransferError
from bootstrap.host.host_keys import HostKey
from bootstrap.host.interface import UnknownHostKey, Unreachable
from bootstrap.host.privilege import Privilege
from bootstrap.host.ssh import SshConnection
from bootstrap.host.ssh_config import SshSettings
from bootstrap.host.ssh_session import HostKeys, connect_error
from tests.fakes.ssh_server import FakeSsh

SETTINGS = SshSettings("192.0.2.1", 22, "root", (), (), None, "none", 5.0)


def make_key(path):
    make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "x", "-f", str(path)]
    subprocess.run(make, check=True)
    return paramiko.Ed25519Key.from_private_key_file(str(path))


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    directory = tmp_path_factory.mktemp("keys")
    return {name: make_key(directory / name) for name in ("host", "other", "user")} | {"directory": directory}


@pytest.fixture
def server(keys):
    with FakeSsh(keys["host"]) as fake:
        yield fake


@pytest.fixture
def connect(server, tmp_path):
    """Return a function that makes a connection to the server; every one is closed in the end."""
    made = []

    def to(*, accept=True, password="open sesame", user="ops", alive=15.0, privilege=None, **settings):
        plain = {
            "identity_files": (),
            "known_hosts_files": (),
            "proxy_command": None,
            "identity_agent": "none",
        }
        given = SshSettings(
            **{"hostname": "127.0.0.1", "port": server.port, "user": user, **plain, **settings},
            connect_timeout_seconds=2.0,
            alive_seconds=alive,
        )
        accepted = frozenset({fingerprint(server)} if accept is True else accept)
        good = HostKeys(tmp_path / "state" / "known_hosts", accepted)
        made.append(SshConnection("h1", given, privilege or Privilege.none(), password, good))
        return made[-1]

    yield to
    for connection in made:
        connection.close()


def fingerprint(server):
    return HostKey(server.key.get_name(), server.key.asbytes()).fingerprint


def test_what_a_program_reads_and_says(connect):
    done = connect().run(["sh", "-c", "cat; echo no >&2; exit 3"], stdin="hello", check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("hello", "no\n", 3)


def test_a_program_that_is_missing_is_named(connect):
    with pytest.raises(HostError, match="surely-not-there failed"):
        connect().run(["surely-not-there"])


def test_what_start_files_print_is_in_no_answer(connect, server):
    server.noise = "Welcome to h1!\nYou have mail."
    connection = connect()
    assert json.loads(connection.run(["echo", '{"a": 1}']).stdout) == {"a": 1}
    assert list(connection.lines(["printf", "a\\nb"])) == ["a", "b"]


def test_much_on_both_streams_does_not_block(connect):
    done = connect().run(["sh", "-c", "head -c 3000000 /dev/zero >&2; head -c 3000000 /dev/zero"])
    assert len(done.stdout) == len(done.stderr) == 3000000


def test_an_unknown_key_is_shown_and_refused(connect, server, tmp_path):
    with pytest.raises(UnknownHostKey, match="not known") as caught:
        connect(accept=()).run(["true"])
    assert f"[127.0.0.1]:{server.port} shows ssh-ed25519 {fingerprint(server)}" in caught.value.why
    assert f"--accept-host-key {fingerprint(server)}" in caught.value.fix
    assert not (tmp_path / "state").exists()


def test_an_accepted_key_is_known_from_then_on(connect, server, tmp_path):
    connect().run(["true"])
    connect(accept=()).run(["true"])
    assert (
        (tmp_path / "state" / "known_hosts").read_text().startswith(f"[127.0.0.1]:{server.port} ssh-ed25519")
    )


def test_another_fingerprint_than_the_accepted_one_is_refused_and_both_are_said(connect, server):
    other = "SHA256:" + "A" * 43
    with pytest.raises(UnknownHostKey) as caught:
        connect(accept=[other]).run(["true"])
    assert other in caught.value.why
    assert fingerprint(server) in caught.value.why


def test_a_changed_key_is_never_accepted(connect, server, keys, tmp_path):
    connect().run(["true"])
    before = (tmp_path / "state" / "known_hosts").read_text()
    server.key = keys["other"]
    with pytest.raises(HostError, match="not the one known") as caught:
        connect(accept=[fingerprint(server)]).run(["true"])
    assert fingerprint(server) in caught.value.why
    assert "ssh-keygen -f" in caught.value.fix
    assert not isinstance(caught.value, UnknownHostKey)
    assert (tmp_path / "state" / "known_hosts").read_text() == before


def test_a_key_file_is_tried_before_the_password(connect, server, keys):
    server.authorized.add(keys["user"].asbytes())
    connect(identity_files=(str(keys["directory"] / "user"),)).run(["true"])
    assert [how for how, _ in server.log_ins] == ["publickey"] * len(server.log_ins)


def test_a_password_logs_in_where_keys_do_not(connect, server, keys):
    connect(identity_files=(str(keys["directory"] / "user"),)).run(["true"])
    assert server.log_ins[-1] == ("password", "ops")


def test_a_refused_log_in_names_what_was_tried_and_no_password(connect, server, keys):
    with pytest.raises(HostError, match="log-in refused") as caught:
        connect(password="wrong one", identity_files=(str(keys["directory"] / "user"),)).run(["true"])
    assert str(keys["directory"] / "user") in caught.value.why
    assert "ansible_password" in caught.value.why
    assert "wrong one" not in str(caught.value)


def test_a_key_with_a_passphrase_is_named(connect, server, tmp_path):
    make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret phrase", "-f", str(tmp_path / "locked")]
    subprocess.run(make, check=True)
    with pytest.raises(HostError) as caught:
        connect(password=None, identity_files=(str(tmp_path / "locked"),)).run(["true"])
    assert "has a passphrase" in caught.value.why


def test_the_agent_of_the_configuration_is_asked(connect, server, keys, tmp_path):
    server.authorized.add(keys["user"].asbytes())
    socket_path = tmp_path / "agent"
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", str(socket_path)], stdout=subprocess.DEVNULL)
    try:
        add = ["ssh-add", "-q", str(keys["directory"] / "user")]
        wait_for(socket_path.exists)
        subprocess.run(add, env={"SSH_AUTH_SOCK": str(socket_path), "PATH": "/usr/bin"}, check=True)
        connect(password=None, identity_agent=str(socket_path)).run(["true"])
    finally:
        agent.terminate()
        agent.wait(timeout=10)


def wait_for(condition):
    for _ in range(500):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it did not come")


def test_a_proxy_command_is_the_way(connect, server):
    relay = Path(__file__).parents[1] / "fakes" / "relay.py"
    command = f"{sys.executable} {relay} 127.0.0.1 {server.port}"
    assert connect(proxy_command=command).run(["echo", "hi"]).stdout == "hi\n"


def test_the_way_that_fails_is_told_in_its_own_words(connect):
    with pytest.raises(Unreachable) as caught:
        connect(proxy_command="echo no route today >&2; exit 255 #").run(["true"])
    assert "no route today" in caught.value.why


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("Host key verification failed.", "host key of its jump host"),
        ("ops@jump: Permission denied (publickey).", "jump host refuses"),
    ],
)
def test_a_jump_host_that_is_in_the_way_is_named(said, what):
    settings = SshSettings("h", 22, "ops", (), (), "ssh -W h:22 jump", "none", 5.0, jump="first,jump")
    error = connect_error("h1", settings, EOFError(), said)
    assert what in error.what
    assert "jump true" in error.fix
    assert not isinstance(error, Unreachable)


def test_a_connection_that_has_died_meanwhile_is_made_again(connect, server):
    connection = connect()
    connection.run(["true"])
    server.hang_up()
    assert connection.run(["echo", "again"]).stdout == "again\n"
    assert len(server.connections) == 2


def test_a_connection_that_breaks_in_the_middle_is_temporary(connect, server):
    connection = connect()
    lines = connection.lines(["sh", "-c", "echo one; exec sleep 60"])
    assert next(lines) == "one"
    server.hang_up()
    with pytest.raises(TransferError) as caught:
        next(lines)
    assert caught.value.is_temporary


def test_a_host_that_went_silent_is_noticed(connect, server):
    connection = connect(alive=0.2)
    lines = connection.lines(["sh", "-c", "echo one; exec sleep 60"])
    assert next(lines) == "one"
    server.go_deaf()
    with pytest.raises(TransferError) as caught:
        next(lines)
    assert caught.value.is_temporary


def test_a_program_that_is_silent_on_a_host_that_lives_is_waited_for(connect):
    assert list(connect(alive=0.1).lines(["sh", "-c", "sleep 0.7; echo done"])) == ["done"]


def test_a_program_that_says_nothing_for_too_long_is_told(connect):
    with pytest.raises(HostError, match="did not end"):
        connect(alive=0.1).run(["sleep", "60"], timeout_seconds=0.3)


def test_sudo_that_is_refused_is_no_answer_of_the_program(connect, tmp_path):
    sudo = tmp_path / "sudo"
    sudo.write_text("#!/bin/sh\necho 'sudo: a password is required' >&2; exit 1\n")
    sudo.chmod(0o755)
    connection = connect(privilege=Privilege("sudo", None, str(sudo)))
    for use in (
        lambda: connection.run(["test", "-e", "/nowhere"], as_root=True, check=False),
        lambda: list(connection.lines(["true"], as_root=True)),
    ):
        with pytest.raises(HostError, match="cannot become root"):
            use()


CONNECT = """
import sys
from bootstrap.host.interface import Unreachable
from bootstrap.host.privilege import Privilege
from bootstrap.host.ssh import SshConnection
from bootstrap.host.ssh_config import SshSettings
settings = SshSettings("127.0.0.1", int(sys.argv[1]), "root", (), (), None, "none", 5.0)
try:
    SshConnection("h1", settings, Privilege.none()).run(["true"])
except Unreachable as error:
    print(error.what)
"""


def hang_up(server):
    server.accept()[0].close()


def test_a_host_that_hangs_up_is_told_without_a_traceback():
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=hang_up, args=[server], daemon=True).start()
        port = str(server.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-c", CONNECT, port], capture_output=True, text=True, timeout=60, check=True
        )
    assert done.stdout == "h1: cannot be reached over SSH\n"
    assert done.stderr == ""


@pytest.mark.parametrize(
    "error", [TimeoutError("timed out"), ConnectionRefusedError("refused"), socket.gaierror(-3, "again")]
)
def test_what_may_be_over_soon_is_unreachable(error):
    assert isinstance(connect_error("h1", SETTINGS, error), Unreachable)


def test_a_refused_log_in_is_not_over_soon():
    error = connect_error("h1", SETTINGS, paramiko.AuthenticationException("no"))
    assert isinstance(error, HostError)
    assert not isinstance(error, Unreachable)
