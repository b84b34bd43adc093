"""Logging in over SSH: the agent's keys, key files and the password, in OpenSSH's order."""

from __future__ import annotations

import base64
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import paramiko
from paramiko.agent import AgentSSH

from bootstrap.host.ssh_config import SshSettings


def log_in(transport: paramiko.Transport, settings: SshSettings, password: str | None) -> None:
    """Log in by the first thing that the host takes.

    Raises:
        paramiko.AuthenticationException: It takes nothing of what we have; the message says what that was.
    """
    tried: list[str] = []
    with _Agent(settings) as agent:
        for told, key in _keys(settings, agent, tried):
            if _takes(transport, settings.user, key):
                return
            tried.append(told)
            if not transport.is_active():
                raise paramiko.AuthenticationException(_summary(tried) + "; then the host hung up")
    if password is not None:
        try:
            transport.auth_password(settings.user, password)
        except paramiko.BadAuthenticationType as error:
            ways = ", ".join(error.allowed_types)
            raise paramiko.AuthenticationException(f"{_summary(tried)}; it takes {ways} only") from error
        except paramiko.AuthenticationException as error:
            raise paramiko.AuthenticationException(_summary([*tried, "ansible_password"])) from error
        if transport.is_authenticated():
            return
        raise paramiko.AuthenticationException("it wants another factor besides ansible_password")
    raise paramiko.AuthenticationException(_summary(tried))


def _takes(transport: paramiko.Transport, user: str, key: paramiko.PKey) -> bool:
    try:
        transport.auth_publickey(user, key)
    except paramiko.AuthenticationException:
        return False
    return transport.is_authenticated()


def _summary(tried: list[str]) -> str:
    return "refused: " + ", ".join(tried) if tried else "there is no key and no password to try"


class _Agent(AgentSSH):
    """The agent that ssh would ask; without one it has no keys."""

    def __init__(self, settings: SshSettings) -> None:
        super().__init__()
        path = settings.identity_agent or os.environ.get("SSH_AUTH_SOCK")
        if not path or path == "none":
            return
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(10)  # one that hangs (a dead forwarding) must not hang us
        try:
            connection.connect(path)
            self._connect(connection)  # type: ignore[attr-defined]  # types-paramiko leaves it out
        except (OSError, paramiko.SSHException):
            connection.close()

    def __enter__(self) -> _Agent:  # noqa: PYI034  # the base class is not typed
        return self

    def __exit__(self, *_: object) -> None:
        self._close()  # type: ignore[attr-defined]  # likewise


def _keys(settings: SshSettings, agent: _Agent, notes: list[str]) -> Iterator[tuple[str, paramiko.PKey]]:
    """Yield keys with what to call them: the agent's that are configured, its others, then files."""
    public = {blob: path for path in settings.identity_files if (blob := _public(path)) is not None}
    held = list(agent.get_keys())
    given = {key.asbytes() for key in held}
    for key in sorted(held, key=lambda each: each.asbytes() not in public):  # stable: the agent's order stays
        if key.asbytes() in public or not settings.identities_only:
            yield f"{public.get(key.asbytes(), 'a key')} (agent)", key
    for path in settings.identity_files:
        if not Path(path).is_file():
            continue
        try:
            loaded = paramiko.PKey.from_path(path)
        except (paramiko.PasswordRequiredException, TypeError):  # TypeError: cryptography's word for the same
            if _public(path) not in given:
                notes.append(f"{path} (has a passphrase; give it to ssh-agent)")
            continue
        except (paramiko.SSHException, paramiko.pkey.UnknownKeyType, ValueError, OSError):
            notes.append(f"{path} (cannot be read as a private key)")
            continue
        if loaded.asbytes() not in given:
            yield path, loaded


def _public(path: str) -> bytes | None:
    """Return the bytes of the public half that lies beside a key."""
    try:
        return base64.b64decode(Path(f"{path}.pub").read_text(encoding="utf-8").split()[1])
    except (OSError, ValueError, IndexError):
        return None
