"""SSH connections that do not come about: what the user is told."""

import socket
import subprocess
import sys
import threading

import paramiko
import pytest

from bootstrap.errors import HostError
from bootstrap.host.interface import Unreachable
from bootstrap.host.ssh import connect_error
from bootstrap.host.ssh_config import SshSettings

SETTINGS = SshSettings("192.0.2.1", 22, "root", (), (), None, "none", 5.0)

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
