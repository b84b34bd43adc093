"""What OpenSSH would do for a host, asked of OpenSSH itself (``ssh -G``).

paramiko reads neither Include nor Match nor ProxyJump; Ansible uses OpenSSH. Asking ``ssh -G`` with the same
arguments makes both go to the same place by the same way.
"""

from __future__ import annotations

import getpass
import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bootstrap import process

_CONNECT_SECONDS = 10.0
_ALIVE_SECONDS = (
    15.0  # ours, where the configuration sets no ServerAliveInterval: a run may be silent for long
)


@dataclass(frozen=True)
class SshSettings:
    """What paramiko needs to know.

    Attributes:
        identity_files: Private keys to try, in order; only those that exist, or whose public half does.
        known_hosts_files: Files of known host keys, the user's before the system's; only those that exist.
        proxy_command: A command line whose standard streams are the connection, or None.
        identity_agent: Socket of an agent; ``"none"`` forbids one; None means ``SSH_AUTH_SOCK``.
        connect_timeout_seconds: Seconds for the TCP connection and the banner.
        host_key_alias: The name that the host key is known under, where it is not that of the host.
        identities_only: The agent's other keys are not tried.
        alive_seconds: After this much silence we ask whether the host is there (``ServerAliveInterval``).
        address_family: ``"any"``, ``"inet"`` or ``"inet6"``.
        global_known_hosts: The system's files of known host keys, whether they exist or not.
        jump: ``ProxyJump`` as written; the way through it is in ``proxy_command``.
    """

    hostname: str
    port: int
    user: str
    identity_files: tuple[str, ...]
    known_hosts_files: tuple[str, ...]
    proxy_command: str | None
    identity_agent: str | None
    connect_timeout_seconds: float
    host_key_alias: str | None = None
    identities_only: bool = False
    alive_seconds: float = _ALIVE_SECONDS
    address_family: str = "any"
    global_known_hosts: tuple[str, ...] = ()
    jump: str | None = None


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
        address: Host name, alias of an ssh configuration, or IP literal; brackets around that are fine.
        user: None asks the ssh configuration.
        port: None asks the ssh configuration.
        private_key_file: Tried first, as ``ssh -i`` would.
        extra_args: ``ansible_ssh_args``, ``…_common_args`` and ``…_extra_args``, split into words.

    Raises:
        TransferError: There is no ``ssh``, or it refuses the arguments.
    """
    argv = ["ssh", "-G", *extra_args]
    argv += ["-l", user] if user else []
    argv += ["-p", str(port)] if port else []
    argv += ["-i", private_key_file] if private_key_file else []
    answer = process.run([*argv, "--", address.strip("[]")], timeout_seconds=10).stdout
    return parse(answer, configuration=_configuration(extra_args), original=address.strip("[]"))


def parse(answer: str, *, configuration: str | None = None, original: str = "") -> SshSettings:
    """Read the output of ``ssh -G``: one lower-case keyword and its value a line.

    Args:
        answer: What ``ssh -G`` printed.
        configuration: The file after ``-F``; a jump reads it, too, and nothing else of the command line.
        original: The name that ssh was given, ``%n`` in commands.
    """
    values: dict[str, list[str]] = {}
    for line in answer.splitlines():
        keyword, _, value = line.partition(" ")
        values.setdefault(keyword, []).append(value)

    def first(keyword: str, default: str = "") -> str:
        return values.get(keyword, [default])[0]

    def seconds(keyword: str, default: float) -> float:
        value = first(keyword)
        return float(value) if value.isdigit() and value != "0" else default

    host, alias = first("hostname"), first("hostkeyalias") or None
    port, user, jump = first("port", "22"), first("user"), first("proxyjump", "none")
    tokens = {"h": host, "k": alias or host, "n": original or host, "p": port, "r": user, **_of_us()}
    identities = [_home(_expand(value, tokens)) for value in values.get("identityfile", [])]
    known = [_expand(first("userknownhostsfile"), tokens), first("globalknownhostsfile")]
    command = _proxy_command(first("proxycommand", "none"), jump, configuration)
    return SshSettings(
        hostname=host,
        port=int(port),
        user=user,
        identity_files=tuple(each for each in identities if _is_identity(each)),
        known_hosts_files=tuple(file for value in known for file in _existing(value)),
        proxy_command=None if command is None else _expand(command, tokens),
        identity_agent=_agent(_expand(first("identityagent", "SSH_AUTH_SOCK"), tokens)),
        connect_timeout_seconds=seconds("connecttimeout", _CONNECT_SECONDS),
        host_key_alias=alias,
        identities_only=first("identitiesonly") == "yes",
        alive_seconds=seconds("serveraliveinterval", _ALIVE_SECONDS),
        address_family=first("addressfamily", "any"),
        global_known_hosts=tuple(first("globalknownhostsfile").split()),
        jump=None if jump == "none" else jump,
    )


def _of_us() -> Mapping[str, str]:
    """Return the tokens of ssh_config(5) that are about the controller."""
    return {"d": str(Path.home()), "i": str(os.getuid()), "l": os.uname().nodename, "u": getpass.getuser()}


def _expand(text: str, tokens: Mapping[str, str]) -> str:
    """Replace ssh_config(5)'s tokens; one that we do not know stays as it is, for ssh's own message."""
    return re.sub(r"%(.)", lambda found: {"%": "%", **tokens}.get(found[1], found[0]), text)


def _proxy_command(command: str, jump: str, configuration: str | None) -> str | None:
    if command != "none":
        return command
    if jump == "none":
        return None
    # What ssh makes of ProxyJump: of our command line, the jump gets -F and nothing else. Nobody can answer
    # its questions here.
    reading = ["-F", configuration] if configuration else []
    words = ["ssh", *reading, "-o", "BatchMode=yes", *_jump_destination(jump)]
    return f"{shlex.join(words).replace('%', '%%')} -W '[%h]:%p'"


def _configuration(words: Sequence[str]) -> str | None:
    """Return the last file after ``-F``."""
    found = None
    following: Iterator[str] = iter(words)
    for word in following:
        if word == "-F":
            found = next(following, None)
        elif word == "-o":
            next(following, None)
        elif word.startswith("-F"):
            found = word[2:]
    return found


def _jump_destination(jump: str) -> list[str]:
    """Return ``-J first,… last`` for a list of jumps, and ``-p port`` where one is given."""
    *earlier, last = jump.split(",")
    words = ["-J", ",".join(earlier)] if earlier else []
    user, at, host = last.removeprefix("ssh://").rpartition("@")
    name, colon, port = host.rpartition(":")
    if colon and port.isdigit() and (":" not in name or name.startswith("[")):
        words += ["-p", port]
        host = name
    return [*words, user + at + host.strip("[]")]


def _is_identity(path: str) -> bool:
    return Path(path).is_file() or Path(f"{path}.pub").is_file()


def _existing(value: str) -> list[str]:
    """Return the files named by one value; ssh -G prints several, or one with spaces, the same way."""
    if Path(_home(value)).is_file():
        return [_home(value)]
    return [_home(word) for word in value.split() if Path(_home(word)).is_file()]


def _agent(value: str) -> str | None:
    return None if value == "SSH_AUTH_SOCK" else _home(value)


def _home(path: str) -> str:
    return os.path.expandvars(str(Path(path).expanduser())) if path else path
