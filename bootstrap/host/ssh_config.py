"""What OpenSSH would do for a host, asked of OpenSSH itself (``ssh -G``).

paramiko reads neither Include nor Match nor ProxyJump; Ansible uses OpenSSH. Asking ``ssh -G`` with the same
arguments makes both go to the same place by the same way.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bootstrap import process


@dataclass(frozen=True)
class SshSettings:
    """What paramiko needs to know.

    Attributes:
        identity_files: Private keys to try, in order; only files that exist.
        known_hosts_files: Files of known host keys, the user's before the system's; only those that exist.
        proxy_command: A command whose standard streams are the connection, or None.
        identity_agent: Socket of an agent; ``"none"`` forbids one; None means ``SSH_AUTH_SOCK``.
        connect_timeout_seconds: Seconds for the TCP connection and the banner.
    """

    hostname: str
    port: int
    user: str
    identity_files: tuple[str, ...]
    known_hosts_files: tuple[str, ...]
    proxy_command: str | None
    identity_agent: str | None
    connect_timeout_seconds: float


def ask_ssh(
    address: str,
    *,
    user: str | None,
    port: int | None,
    private_key_file: str | None,
    extra_args: Sequence[str],
) -> SshSettings:
    """Return what ``ssh`` would use for ``address``.

    Args:
        address: Host name, alias of an ssh configuration, or IP literal (no brackets).
        user: None asks the ssh configuration.
        port: None asks the ssh configuration.
        private_key_file: Tried first, as ``ssh -i`` would.
        extra_args: ``ansible_ssh_common_args`` and ``ansible_ssh_extra_args``, split into words.

    Raises:
        TransferError: There is no ``ssh``, or it refuses the arguments.
    """
    argv = ["ssh", "-G", *extra_args]
    argv += ["-l", user] if user else []
    argv += ["-p", str(port)] if port else []
    argv += ["-i", private_key_file] if private_key_file else []
    answer = process.run([*argv, "--", address], timeout_seconds=10).stdout
    return parse(answer, jump_args=extra_args)


def parse(answer: str, *, jump_args: Sequence[str] = ()) -> SshSettings:
    """Read the output of ``ssh -G``: one lower-case keyword and its value a line."""
    values: dict[str, list[str]] = {}
    for line in answer.splitlines():
        keyword, _, value = line.partition(" ")
        values.setdefault(keyword, []).append(value)

    def first(keyword: str, default: str = "") -> str:
        return values.get(keyword, [default])[0]

    known = _existing(first("userknownhostsfile")) + _existing(first("globalknownhostsfile"))
    timeout = first("connecttimeout", "none")
    return SshSettings(
        hostname=first("hostname"),
        port=int(first("port", "22")),
        user=first("user"),
        identity_files=tuple(_home(v) for v in values.get("identityfile", []) if Path(_home(v)).is_file()),
        known_hosts_files=tuple(known),
        proxy_command=_proxy_command(first("proxycommand", "none"), first("proxyjump", "none"), jump_args),
        identity_agent=_agent(first("identityagent", "SSH_AUTH_SOCK")),
        connect_timeout_seconds=float(timeout) if timeout.isdigit() and timeout != "0" else 10.0,
    )


def _proxy_command(command: str, jump: str, extra_args: Sequence[str]) -> str | None:
    if command != "none":
        return command
    if jump == "none":
        return None
    # `ssh -W` through the jump host, with the same known hosts and options, is what ProxyJump does.
    kept = [word for word in _options_only(extra_args) if not word.lower().startswith("proxyjump")]
    return shlex.join(["ssh", *_pairs(kept), *_jump_destination(jump), "-W", "[%h]:%p"])


def _options_only(words: Sequence[str]) -> list[str]:
    """Return the values of ``-o`` options."""
    found: list[str] = []
    pending = False
    for word in words:
        if pending:
            found.append(word)
            pending = False
        elif word == "-o":
            pending = True
        elif word.startswith("-o"):
            found.append(word[2:])
    return found


def _pairs(options: Sequence[str]) -> list[str]:
    return [word for option in options for word in ("-o", option)]


def _jump_destination(jump: str) -> list[str]:
    """Return ``-J first,… last`` for a list of jumps, and ``-p port`` where one is given."""
    *earlier, last = jump.split(",")
    words = ["-J", ",".join(earlier)] if earlier else []
    user, at, host = last.rpartition("@")
    name, colon, port = host.rpartition(":")
    if colon and port.isdigit() and (":" not in name or name.startswith("[")):
        words += ["-p", port]
        host = name
    return [*words, user + at + host.strip("[]")]


def _existing(value: str) -> list[str]:
    """Return the files named by one value; ssh -G prints several, or one with spaces, the same way."""
    if Path(_home(value)).is_file():
        return [_home(value)]
    return [_home(word) for word in value.split() if Path(_home(word)).is_file()]


def _agent(value: str) -> str | None:
    return None if value == "SSH_AUTH_SOCK" else _home(value)


def _home(path: str) -> str:
    return os.path.expandvars(str(Path(path).expanduser())) if path else path
