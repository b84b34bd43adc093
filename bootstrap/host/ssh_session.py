"""One SSH connection: the way there, the host's key, the log-in."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import dataclass
from pathlib import Path

import paramiko

from bootstrap.errors import BootstrapError, HostError
from bootstrap.host import host_keys
from bootstrap.host.host_keys import HostKey, KnownHosts, Verdict
from bootstrap.host.interface import UnknownHostKey, Unreachable
from bootstrap.host.log_in import log_in
from bootstrap.host.ssh_config import SshSettings
from bootstrap.process import Way

_RSA_SIGNATURES = ("rsa-sha2-512", "rsa-sha2-256")  # RFC 8332: what an ssh-rsa key signs with
_LOGIN_SECONDS = 30.0


@dataclass(frozen=True)
class HostKeys:
    """Which host keys are good, besides those that OpenSSH's own files know.

    Attributes:
        file: The site's known_hosts; accepted keys are written there. None: there is no such file.
        accepted: Fingerprints (``SHA256:…``) that the user accepts.
    """

    file: Path | None = None
    accepted: frozenset[str] = frozenset()


class Session:
    """A connection that is logged in. Close it.

    Args:
        host: The inventory name, for messages.
        settings: Where and how.
        password: For password log-in.
        good: Which host keys are good.

    Raises:
        Unreachable: Nobody answers.
        UnknownHostKey: Its key is not known, and not accepted.
        HostError: Its key is another one than we know, or it lets us not in.
    """

    def __init__(self, host: str, settings: SshSettings, password: str | None, good: HostKeys) -> None:
        self._host, self._settings, self._good = host, settings, good
        self._way: Way | None = None
        self._transport: paramiko.Transport | None = None
        try:
            self._connect(password)
        except BaseException as error:
            said = self.close()
            if isinstance(error, BootstrapError) or not isinstance(error, Exception):
                raise
            raise connect_error(host, settings, error, said) from error

    def open_channel(self) -> paramiko.Channel:
        """Return a new channel.

        Raises:
            paramiko.SSHException: The connection is gone.
        """
        transport = self._transport
        if transport is None or not transport.is_active():
            raise paramiko.SSHException("the connection is closed")
        return transport.open_session(timeout=self._settings.connect_timeout_seconds)

    def ask_whether_alive(self) -> None:
        """Return when the host answers; a channel is the one question that paramiko has a time limit for.

        Raises:
            paramiko.SSHException: It does not.
        """
        with contextlib.suppress(paramiko.ChannelException):  # refused (MaxSessions) is an answer, too
            self.open_channel().close()

    def close(self) -> str:
        """End it, and return what the command on the way had to say, if there was one."""
        if self._transport is not None:
            self._transport.close()
        return self._way.close() if self._way is not None else ""

    def _connect(self, password: str | None) -> None:
        settings = self._settings
        self._transport = transport = paramiko.Transport(self._socket())
        transport.banner_timeout = settings.connect_timeout_seconds
        transport.auth_timeout = _LOGIN_SECONDS
        files = [*settings.known_hosts_files, *([str(self._good.file)] if self._good.file else [])]
        known = KnownHosts.read(files)
        names = host_keys.names_of(settings.hostname, settings.port, settings.host_key_alias)
        _prefer(transport, [key.kind for name in names for key in known.keys(name)])
        transport.start_client(timeout=settings.connect_timeout_seconds + _LOGIN_SECONDS)
        shown = transport.get_remote_server_key()
        self._judge(known, names, HostKey(shown.get_name(), shown.asbytes()))
        log_in(transport, settings, password)

    def _socket(self) -> socket.socket:
        settings = self._settings
        if settings.proxy_command is None:
            return _connected(settings)
        # ssh hands such a line to the user's shell, so what is written for ssh needs one here.
        self._way = Way(["sh", "-c", f"exec {settings.proxy_command}"])
        self._way.socket.settimeout(settings.connect_timeout_seconds)
        return self._way.socket

    def _judge(self, known: KnownHosts, names: tuple[str, ...], key: HostKey) -> None:
        verdict = known.judge(names, key)
        if verdict is Verdict.KNOWN:
            return
        if verdict is Verdict.REVOKED:
            raise HostError(
                f"{self._host}: its host key is revoked",
                why=f"{names[0]} shows {key}, which a known_hosts file marks @revoked",
                fix="find out who answers there; give the host a new key",
            )
        if verdict is Verdict.CHANGED:
            raise self._changed(known.keys(names[0]), names[0], key)
        if key.fingerprint in self._good.accepted and self._good.file is not None:
            host_keys.accept(self._good.file, names[0], key)
            return
        raise self._unknown(names[0], key)

    def _changed(self, expected: list[HostKey], name: str, key: HostKey) -> HostError:
        files = [*self._settings.known_hosts_files, *([str(self._good.file)] if self._good.file else [])]
        where = [file for file in files if KnownHosts.read([file]).keys(name)]
        remove = "; ".join(f"ssh-keygen -f {file} -R '{name}'" for file in where)
        return HostError(
            f"{self._host}: its host key is not the one known for it",
            why=f"expected {', '.join(map(str, expected))}; {name} shows {key}",
            fix=f"find out who answers there. Only if the host was installed anew: {remove}",
        )

    def _unknown(self, name: str, key: HostKey) -> HostError:
        accepted = sorted(self._good.accepted)
        why = f"{name} shows {key}"
        if accepted:
            why += f", and --accept-host-key names {', '.join(accepted)}"
        return UnknownHostKey(
            f"{self._host}: its host key is not known",
            why=why,
            fix="compare it with what the host's own console says "
            "(ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), then accept it once: "
            f"--accept-host-key {key.fingerprint}",
            host=self._host,
            kind=key.kind,
            fingerprint=key.fingerprint,
        )


def connect_error(host: str, settings: SshSettings, error: Exception, said: str = "") -> HostError:
    """Return the error that says why ``host`` could not be reached, and what to try.

    Args:
        host: The inventory name.
        settings: Where we wanted to go.
        error: What went wrong.
        said: What the command on the way (a jump, a ``ProxyCommand``) said.
    """
    where = f"{settings.user}@{settings.hostname} port {settings.port}"
    by_hand = f"ssh -p {settings.port} {settings.user}@{settings.hostname}"
    if isinstance(error, paramiko.AuthenticationException):
        return HostError(
            f"{host}: log-in refused",
            why=f"{where}: {error}",
            fix=f"put a key there (ssh-copy-id), or set ansible_password (vaulted); to try: {by_hand}",
        )
    if settings.proxy_command is not None:
        return _way_error(host, settings, f"{said or error or type(error).__name__}")
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


def _way_error(host: str, settings: SshSettings, said: str) -> HostError:
    jump = settings.jump.rpartition(",")[2] if settings.jump else None
    why = f"on the way to {settings.hostname} port {settings.port}: {' '.join(said.split())}"
    if "Host key verification failed" in said and jump:
        fix = f"compare and accept the jump host's key once: ssh {jump} true"
        return HostError(f"{host}: the host key of its jump host is not known", why=why, fix=fix)
    if "Permission denied" in said and jump:
        fix = f"make this work without a question: ssh -o BatchMode=yes {jump} true"
        return HostError(f"{host}: its jump host refuses the log-in", why=why, fix=fix)
    by_hand = f"ssh {jump} true" if jump else f"{settings.proxy_command}"
    return Unreachable(f"{host}: cannot be reached over SSH", why=why, fix=f"try the way there: {by_hand}")


def _connected(settings: SshSettings) -> socket.socket:
    """Return a TCP connection, tried at each address of the host."""
    family = {"inet": socket.AF_INET, "inet6": socket.AF_INET6}.get(settings.address_family, 0)
    problem: OSError | None = None
    for address in socket.getaddrinfo(settings.hostname, settings.port, family, socket.SOCK_STREAM):
        opened = socket.socket(*address[:3])
        try:
            opened.settimeout(settings.connect_timeout_seconds)
            opened.connect(address[4])
        except OSError as error:
            opened.close()
            problem = problem or error
            continue
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened
    raise problem or OSError("it has no address")


def _prefer(transport: paramiko.Transport, kinds: list[str]) -> None:
    """Ask for the host key of a type that we know first, as OpenSSH does: a host has several."""
    options = transport.get_security_options()
    wanted = [name for kind in kinds for name in (_RSA_SIGNATURES if kind == "ssh-rsa" else (kind,))]
    known = [name for name in wanted if name in options.key_types]
    options.key_types = tuple(dict.fromkeys((*known, *options.key_types)))
