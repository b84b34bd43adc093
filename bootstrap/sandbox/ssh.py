"""SSH to the hosts: one key for the sandbox, host keys that are known beforehand, no check lowered."""

from __future__ import annotations

import contextlib
import shlex
import socket
from typing import TYPE_CHECKING

from bootstrap import process
from bootstrap.sandbox.files import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


def make_key(path: Path, comment: str) -> str:
    """Return the public half of the key pair at ``path``, making the pair when it is missing."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        process.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)])
    return path.with_name(f"{path.name}.pub").read_text().strip()


def set_known_hosts(path: Path, comment: str, hosts: Iterable[tuple[Sequence[str], str]]) -> None:
    """Make the lines of ``path`` that end in ``comment`` those of ``hosts``; all others stay.

    Args:
        path: A known_hosts file; its directory is made 0700 and the file 0600, and removed when empty.
        comment: One word.
        hosts: Names and addresses of a host, and its public key as ``ssh-keygen`` writes it.
    """
    lines = [f"{','.join(names)} {' '.join(key.split()[:2])} {comment}\n" for names, key in hosts]
    if not lines and not path.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    before = path.read_text() if path.exists() else ""
    kept = [line for line in before.splitlines(keepends=True) if line.split()[-1:] != [comment]]
    after = "".join([*kept, *lines])
    if not after:
        path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            path.parent.rmdir()  # unless the site knows other things
    elif after != before:
        replace(path, after, mode=0o600)


def common_args(known_hosts: Path) -> list[str]:
    """Return the options that make ``ssh`` check a host by ``known_hosts`` and nothing else."""
    # ssh splits the value at spaces, so a path with one is quoted a second time, for ssh.
    return ["-o", f'UserKnownHostsFile="{known_hosts}"', "-o", "StrictHostKeyChecking=yes"]


def run(
    user: str,
    address: str,
    key: Path,
    known_hosts: Path,
    argv: Sequence[str],
    *,
    stdin: str = "",
    timeout_seconds: float,
    check: bool,
) -> process.Completed:
    """Run ``argv`` on a host; no file of the user's own SSH configuration is read."""
    options = ["-F", "/dev/null", "-i", str(key), "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes"]
    command = ["ssh", *options, *common_args(known_hosts), "-o", "ConnectTimeout=60", f"{user}@{address}"]
    return process.run(
        [*command, "--", shlex.join(argv)], stdin=stdin, timeout_seconds=timeout_seconds, check=check
    )


def answers(address: str, *, timeout_seconds: float = 2) -> bool:
    """Return whether somebody at ``address`` speaks SSH, and says so in time."""
    try:
        with socket.create_connection((address, 22), timeout=timeout_seconds) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False
