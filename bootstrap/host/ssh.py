"""A machine over SSH: paramiko, going where OpenSSH goes."""

from __future__ import annotations

import base64
import hashlib
import logging
import shlex
import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NoReturn

import paramiko

from bootstrap.errors import BootstrapError, HostError, TransferError
from bootstrap.host.interface import Unreachable
from bootstrap.host.local import command_failed
from bootstrap.host.privilege import Privilege
from bootstrap.host.ssh_config import SshSettings
from bootstrap.process import Completed

_KEEPALIVE_SECONDS = 15

# What goes wrong we tell in our own words; without a handler, Python prints paramiko's tracebacks.
logging.getLogger("paramiko").addHandler(logging.NullHandler())


class SshConnection:
    """Runs programs on one machine; connects on first use and again after :meth:`close`.

    Args:
        host: The inventory name, for messages.
        settings: Where and how, see :func:`bootstrap.host.ssh_config.ask_ssh`.
        privilege: How a command becomes root's.
        password: For password log-in (``ansible_password``); None tries keys and agent only.
    """

    def __init__(
        self, host: str, settings: SshSettings, privilege: Privilege, password: str | None = None
    ) -> None:
        self._host = host
        self._settings = settings
        self._privilege = privilege if settings.user != "root" else Privilege.none()
        self._password = password
        self._client: paramiko.SSHClient | None = None

    @property
    def host(self) -> str:
        """The inventory name."""
        return self._host

    def run(
        self,
        argv: Sequence[str],
        *,
        as_root: bool = False,
        stdin: str = "",
        timeout_seconds: float = 60.0,
        check: bool = True,
    ) -> Completed:
        """See :class:`bootstrap.host.interface.Connection`."""
        channel = self._start(argv, as_root=as_root, stdin=stdin)
        try:
            channel.settimeout(timeout_seconds)
            out, err = _drain(channel)
            done = Completed(tuple(argv), channel.recv_exit_status(), out, err)
        except TimeoutError as error:
            raise HostError(
                f"{self.host}: {argv[0]} did not end",
                why=f"it said nothing for {timeout_seconds:.0f} s",
                fix=f"look at {self.host}: is it overloaded or out of disk?",
            ) from error
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise self._lost(error) from error
        finally:
            channel.close()
        if check and done.returncode != 0:
            raise command_failed(self.host, argv, done.returncode, done.stderr or done.stdout)
        return done

    def lines(self, argv: Sequence[str], *, as_root: bool = False) -> Iterator[str]:
        """See :class:`bootstrap.host.interface.Connection`."""
        channel = self._start(argv, as_root=as_root, stdin="")
        try:
            with channel.makefile("r") as stdout:
                yield from (line.rstrip("\n") for line in stdout)
            status = channel.recv_exit_status()
            said = channel.makefile_stderr("r").read().decode(errors="replace") if status > 0 else ""
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise self._lost(error) from error
        finally:
            channel.close()
        if status == -1:  # paramiko: the channel closed without an exit status
            raise self._lost(EOFError("the connection ended before the program did"))
        if status != 0:
            raise command_failed(self.host, argv, status, said)

    def close(self) -> None:
        """Let go of the machine; the next use connects again."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _start(self, argv: Sequence[str], *, as_root: bool, stdin: str) -> paramiko.Channel:
        command, prefix = self._privilege.wrap(argv) if as_root else (list(argv), "")
        try:
            channel = self._transport().open_session(timeout=15)
            channel.exec_command(shlex.join(command))
            channel.sendall((prefix + stdin).encode())
            channel.shutdown_write()
        except BootstrapError:
            raise
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise self._lost(error) from error
        return channel

    def _transport(self) -> paramiko.Transport:
        transport = self._client.get_transport() if self._client else None
        if transport is None or not transport.is_active():
            self.close()
            self._client = self._connect()
            transport = self._client.get_transport()
            assert transport is not None
            transport.set_keepalive(_KEEPALIVE_SECONDS)
        return transport

    def _connect(self) -> paramiko.SSHClient:
        settings = self._settings
        client = paramiko.SSHClient()
        for file in settings.known_hosts_files:
            client.load_system_host_keys(file)
        client.set_missing_host_key_policy(_Refuse(self.host, settings))
        try:
            client.connect(
                settings.hostname,
                port=settings.port,
                username=settings.user,
                password=self._password,
                key_filename=list(settings.identity_files) or None,  # type: ignore[arg-type]  # stubs lag: a list is fine
                allow_agent=settings.identity_agent != "none",
                look_for_keys=False,
                timeout=settings.connect_timeout_seconds,
                banner_timeout=settings.connect_timeout_seconds,
                auth_timeout=30,
                sock=self._proxy(),
            )
        except BaseException as error:
            client.close()
            if isinstance(error, BootstrapError) or not isinstance(error, Exception):
                raise
            raise connect_error(self.host, settings, error) from error
        return client

    def _proxy(self) -> paramiko.ProxyCommand | None:
        command = self._settings.proxy_command
        if command is None:
            return None
        filled = command.replace("%h", self._settings.hostname).replace("%p", str(self._settings.port))
        return paramiko.ProxyCommand(filled.replace("%r", self._settings.user))

    def _lost(self, error: Exception) -> TransferError:
        self.close()
        return TransferError(
            f"{self.host}: the connection broke",
            why=str(error) or type(error).__name__,
            fix="run the same command again: what runs on the host goes on without us",
            is_temporary=True,
        )


def connect_error(host: str, settings: SshSettings, error: Exception) -> HostError:
    """Return the error that says why ``host`` could not be reached, and what to try."""
    where = f"{settings.user}@{settings.hostname} port {settings.port}"
    by_hand = f"ssh -p {settings.port} {settings.user}@{settings.hostname}"
    if isinstance(error, paramiko.BadHostKeyException):
        return HostError(
            f"{host}: its host key is not the one known for it",
            why=f"expected {fingerprint(error.expected_key)}, got {fingerprint(error.key)}",
            fix=f"if the host was reinstalled: ssh-keygen -R {settings.hostname}; else find out who answers",
        )
    if isinstance(error, paramiko.AuthenticationException):
        return HostError(
            f"{host}: log-in refused", why=f"{where}: {error}", fix=f"make this work first: {by_hand}"
        )
    if isinstance(error, socket.gaierror):
        return Unreachable(
            f"{host}: its name does not resolve",
            why=f"{settings.hostname}: {error.strerror}",
            fix="set ansible_host to its address, or add the name to DNS",
        )
    return Unreachable(
        f"{host}: cannot be reached over SSH",
        why=f"{where}: {error or type(error).__name__}",
        fix=f"is it switched on and is sshd running? try: {by_hand}",
    )


def fingerprint(key: paramiko.PKey) -> str:
    """Return ``SHA256:…`` as ``ssh-keygen -l`` prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")


class _Refuse(paramiko.MissingHostKeyPolicy):
    """An unknown host key is shown and refused."""

    def __init__(self, host: str, settings: SshSettings) -> None:
        self._host, self._settings = host, settings

    def missing_host_key(self, _client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> NoReturn:
        raise HostError(
            f"{self._host}: its host key is not known",
            why=f"{hostname} shows {key.get_name()} {fingerprint(key)}",
            fix="compare the fingerprint with the host's console, then accept it once: "
            f"ssh -p {self._settings.port} {self._settings.user}@{self._settings.hostname} true",
        )


def _drain(channel: paramiko.Channel) -> tuple[str, str]:
    """Read both streams to their end at once, so that neither can block the other."""
    with ThreadPoolExecutor(1) as pool:
        err = pool.submit(channel.makefile_stderr("rb").read)
        try:
            out = channel.makefile("rb").read()
        except BaseException:
            channel.close()  # else the other thread, and so a Ctrl-C, waits until its time is up
            raise
        return out.decode(errors="replace"), err.result().decode(errors="replace")
