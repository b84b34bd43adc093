"""An SSH server in this process: runs what it is asked to, and can be noisy, cut off, or deaf."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import subprocess
import threading
from typing import Self

import paramiko


class _Server(paramiko.ServerInterface):
    def __init__(self, fake: FakeSsh) -> None:
        self._fake = fake

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED

    def get_allowed_auths(self, username):
        return "publickey,password"

    def check_auth_publickey(self, username, key):
        is_good = key.asbytes() in self._fake.authorized
        self._fake.log_ins.append(("publickey", key.fingerprint))
        return paramiko.AUTH_SUCCESSFUL if is_good else paramiko.AUTH_FAILED

    def check_auth_password(self, username, password):
        self._fake.log_ins.append(("password", username))
        return paramiko.AUTH_SUCCESSFUL if password == self._fake.password else paramiko.AUTH_FAILED

    def check_channel_exec_request(self, channel, command):
        threading.Thread(target=self._fake.execute, args=[channel, command.decode()], daemon=True).start()
        return True


class FakeSsh:
    """Listens on 127.0.0.1; `key` is its host key.

    `noise` is said on standard output before each command; `connections` are the transports so far.
    """

    def __init__(self, key: paramiko.PKey, *, password: str | None = "open sesame", noise: str = "") -> None:
        self.key, self.password, self.noise = key, password, noise
        self.authorized: set[bytes] = set()
        self.log_ins: list[tuple[str, str]] = []
        self.commands: list[str] = []
        self.connections: list[paramiko.Transport] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()

    def hang_up(self) -> None:
        """Close every connection, as a host that is switched off in order does."""
        for transport in self.connections:
            transport.close()

    def go_deaf(self) -> None:
        """Answer nothing any more and say nothing, as behind a cable that was pulled."""
        for transport in self.connections:
            transport.packetizer.read_message = lambda: threading.Event().wait()

    def execute(self, channel: paramiko.Channel, command: str) -> None:
        self.commands.append(command)
        channel.sendall(self.noise.encode())
        child = subprocess.Popen(
            ["sh", "-c", command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        threading.Thread(target=_feed, args=[channel, child.stdin], daemon=True).start()
        sends = {child.stdout.fileno(): channel.sendall, child.stderr.fileno(): channel.sendall_stderr}
        with contextlib.suppress(OSError), child:
            while sends:
                for stream in select.select(list(sends), [], [])[0]:
                    if piece := os.read(stream, 65536):
                        sends[stream](piece)
                    else:
                        del sends[stream]
            channel.send_exit_status(child.wait())
        channel.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            transport.add_server_key(self.key)
            self.connections.append(transport)
            with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
                transport.start_server(server=_Server(self))


def _feed(channel: paramiko.Channel, stdin) -> None:
    with contextlib.suppress(OSError), stdin:
        while piece := channel.recv(65536):
            stdin.write(piece)
            stdin.flush()
