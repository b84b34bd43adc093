"""What a host and a site look like, to compare before and after a command that must change nothing.

    before = snapshot(host)
    … a command that refuses …
    assert differences(before, snapshot(host)) == []

Taken through the host's namespaces, not by SSH: it leaves no login behind and works while sshd is stopped.
"""

from __future__ import annotations

import difflib
import fnmatch
import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from bootstrap.sandbox.host import SandboxHost

FOLDERS = (
    "/etc",
    "/home",
    "/opt",
    "/root",
    "/srv",
    "/usr/local",
    "/var/lib/bootstrap-registry",
    "/var/lib/containers",
    "/var/spool/cron",
)
# What changes by itself or by being looked at. Journals, logins and /run are in none of the folders.
UNSTABLE = (
    "/root/.ansible",  # where Ansible puts its modules while they run
    "/home/*/.ansible",
    "/home/*/.sudo_as_admin_successful",  # Debian's sudo notes its first use
    "/etc/mtab",  # a link into /proc
    "/etc/adjtime",  # the clock's drift
    "/var/lib/containers/*.lock",  # podman takes its locks to read
    "/var/lib/containers/storage/db.sql*",  # SQLite writes its log to be read
    "/var/lib/containers/storage/libpod/bolt_state.db",  # likewise, podman 4
    "/var/lib/containers/storage/overlay/*/merged",  # what mounts look like from inside a container
    "/var/lib/containers/storage/overlay/*/work",  # the kernel's own, below a running container
    "/var/lib/containers/storage/tmp",
)
# Larger ones are told by size and time: blobs of images, mostly.
HASHED_BYTES = 1024 * 1024
UNITS = ("mirror-registry*", "bootstrap-registry*", "firewalld*", "nftables*", "podman*", "ssh.service")
_UNIT_FACTS = (
    "Id,LoadState,ActiveState,SubState,UnitFileState,MainPID,NRestarts,ActiveEnterTimestampMonotonic"
)
COMMANDS = {
    "unit files": ["systemctl", "list-unit-files", "--no-legend", "--no-pager"],
    "units": ["systemctl", "show", "--no-pager", "--all", f"--property={_UNIT_FACTS}", "--", *UNITS],
    "nftables": ["nft", "--stateless", "list", "ruleset"],
    "firewalld, running": ["firewall-cmd", "--list-all-zones"],
    "firewalld, permanent": ["firewall-cmd", "--permanent", "--list-all-zones"],
    "containers": [
        *["podman", "ps", "--all", "--no-trunc"],
        *["--format", "{{.ID}} {{.Names}} {{.Image}} {{.State}} {{.StartedAt}}"],
    ],
    "images": [
        *["podman", "images", "--all", "--no-trunc"],
        *["--format", "{{.ID}} {{.Digest}} {{.Repository}}:{{.Tag}}"],
    ],
    "volumes": ["podman", "volume", "ls", "--format", "{{.Name}}"],
    "packages": ["dpkg-query", "--show"],
}


@dataclass(frozen=True)
class Entry:
    """One file, directory or link; `content` is a link's target, a small file's SHA-256, else "".

    `size` and `mtime_ns` are 0 for a directory that something unstable comes and goes in.
    """

    mode: str
    owner: str
    size: int
    mtime_ns: int
    content: str


@dataclass(frozen=True)
class Snapshot:
    """Files by path, and what commands printed by a name for each."""

    files: dict[str, Entry]
    said: dict[str, str]


def snapshot(host: SandboxHost) -> Snapshot:
    """Return what a running host looks like now: files, units, firewall, containers, packages."""
    # Commands first: the very first podman makes its directories.
    said = {name: _said(host, argv) for name, argv in COMMANDS.items()}
    init = host.container.cgroup.init()
    assert init is not None, f"{host.name} is not running"
    root = Path(f"/proc/{init}/root")
    files = {name: entry for folder in FOLDERS for name, entry in _walk(root, folder, UNSTABLE)}
    return Snapshot(files, said)


def site_snapshot(directory: Path, *, without: tuple[str, ...] = ()) -> Snapshot:
    """Return what is in a directory on the controller, itself included, by paths below it.

    Args:
        directory: The site, or what holds it; it need not exist.
        without: Patterns of paths to leave out, such as "/.sandbox".
    """
    return Snapshot(dict(_walk(directory, "/", without)), {})


def differences(before: Snapshot, after: Snapshot) -> list[str]:
    """Return a sentence for each thing that is not as it was; [] when nothing changed."""
    return [*_file_differences(before.files, after.files), *_said_differences(before.said, after.said)]


def _said(host: SandboxHost, argv: list[str]) -> str:
    done = host.container.inside(argv)
    assert done is not None, f"{host.name} is not running"
    if done.returncode != 0:
        return f"exit code {done.returncode}: {done.stderr.strip()}"
    if argv[:2] == ["systemctl", "list-unit-files"]:  # a log-in has a scope as long as it lasts
        return "".join(line for line in done.stdout.splitlines(True) if not line.startswith("session-"))
    # systemctl show: a unit's facts are one line, in the order of their names.
    blocks = done.stdout.split("\n\n") if argv[:2] == ["systemctl", "show"] else [done.stdout]
    return "\n".join(sorted(" ".join(block.split()) for block in blocks)) if len(blocks) > 1 else blocks[0]


def _walk(root: Path, folder: str, unstable: tuple[str, ...]) -> Iterator[tuple[str, Entry]]:
    """Yield every path at and below `folder`, as `root` would name it."""
    pending = [folder]
    while pending:
        name = pending.pop()
        path = root / name.lstrip("/")
        try:
            found = path.lstat()
            names = sorted(child.name for child in path.iterdir()) if stat.S_ISDIR(found.st_mode) else []
        except FileNotFoundError:
            continue
        children = [f"{name.rstrip('/')}/{child}" for child in names]
        stable = [child for child in children if not _matches(child, unstable)]
        pending += stable
        examples = (
            f"{name.rstrip('/')}/{pattern.rsplit('/', 1)[1].replace('*', 'x')}" for pattern in unstable
        )
        is_restless = any(_matches(example, unstable) for example in examples)
        yield name, _entry(path, found, is_restless)


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _entry(path: Path, found: os.stat_result, is_restless: bool) -> Entry:
    content = ""
    if stat.S_ISLNK(found.st_mode):
        content = f"-> {path.readlink()}"
    elif stat.S_ISREG(found.st_mode) and found.st_size <= HASHED_BYTES:
        content = hashlib.sha256(path.read_bytes()).hexdigest()
    is_restless = is_restless and stat.S_ISDIR(found.st_mode)
    return Entry(
        stat.filemode(found.st_mode),
        f"{found.st_uid}:{found.st_gid}",
        0 if is_restless else found.st_size,
        0 if is_restless else found.st_mtime_ns,
        content,
    )


def _file_differences(before: dict[str, Entry], after: dict[str, Entry]) -> Iterator[str]:
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old is None:
            yield f"{name} is new"
        elif new is None:
            yield f"{name} is gone"
        elif old != new:
            facts = [
                field.name for field in fields(Entry) if getattr(old, field.name) != getattr(new, field.name)
            ]
            changes = [f"{fact} {getattr(old, fact)} → {getattr(new, fact)}" for fact in facts]
            yield f"{name}: {', '.join(changes)}"


def _said_differences(before: dict[str, str], after: dict[str, str]) -> Iterator[str]:
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name, "").splitlines(), after.get(name, "").splitlines()
        lines = [
            line for line in difflib.unified_diff(old, new, lineterm="", n=1) if line[:2] not in {"--", "++"}
        ]
        if lines:
            yield "\n  ".join([f"{name}:", *lines])
