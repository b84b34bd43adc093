"""What a host holds where roles may write: files with their rights and content, units, images, open ports."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from bootstrap.sandbox.host import SandboxHost

# By what is looked at, what was seen: of a file type and mode, owner, content, time of change; else text.
Snapshot = dict[str, list[str]]

TREES = ("etc", "opt", "root", "srv", "usr/local", "usr/share/keyrings", "var/lib/bootstrap-registry")
# Ansible's own directory, caches, and firewalld's files: it writes out a zone that changed and changed back.
PASSED_OVER = frozenset({".ansible", ".cache", "__pycache__", "firewalld"})
# A cache that update-ca-certificates and ldconfig make anew, or that says when somebody did.
NO_TIME = ("/etc/ssl/certs", "/etc/ld.so.cache")
COMMANDS = {
    "units": [
        "systemctl",
        "list-units",
        "--all",
        "--plain",
        "--no-legend",
        "mirror-registry*",
        "mirror-web-server*",
        "bootstrap-registry*",
    ],
    "ports now": ["firewall-cmd", "--list-all-zones"],
    "ports permanently": ["firewall-cmd", "--permanent", "--list-all-zones"],
    "images": ["podman", "images", "--all", "--no-trunc", "--format={{.ID}} {{.Names}}"],
    "containers": ["podman", "ps", "--all", "--format={{.Names}}"],
}


def take(host: SandboxHost) -> Snapshot:
    """Return what is on the host now."""
    found = {
        f"/{path.relative_to(host.root)}": _seen(path) for tree in TREES for path in _walk(host.root / tree)
    }
    # All of them at once, for each is mostly start-up; what a command prints ends at a line of its own.
    asked = (
        f"(echo '== {name}'; {' '.join(map(_quoted, argv))}) > $d/{number} &"
        for number, (name, argv) in enumerate(COMMANDS.items())
    )
    script = "\n".join(["d=$(mktemp -d)", *asked, "wait; cat $d/*; rm -r $d"])
    said = host.container.inside(["sh", "-c", script])
    if said is None or said.returncode != 0:
        raise RuntimeError(f"{host.name} does not say what it runs: {said}")
    for part in said.stdout.split("== ")[1:]:
        name, _, text = part.partition("\n")
        found[name] = [text]
    return found


def differences(before: Snapshot, now: Snapshot, *, is_same_time: bool) -> list[str]:
    """Return what is not the same, one line each.

    Args:
        before: An older snapshot.
        now: A later one.
        is_same_time: Whether a file that was written again with the same content differs.
    """
    found = []
    for name in sorted(before.keys() | now.keys()):
        old, new = before.get(name), now.get(name)
        if old is not None and new is not None and not (is_same_time and not name.startswith(NO_TIME)):
            old, new = old[:3], new[:3]
        if old != new:
            found.append(f"{name}: was {old or 'not there'}, is {new or 'gone'}")
    return found


def remove_empty(directory: Path) -> None:
    """Remove a directory and those in it, unless something else is in one of them."""
    if not directory.is_dir() or any(not path.is_dir() for path in directory.rglob("*")):
        return
    for path in sorted(directory.rglob("*"), reverse=True):
        path.rmdir()
    directory.rmdir()


def _walk(top: Path) -> Iterator[Path]:
    for folder, names, files in os.walk(top):
        names[:] = [name for name in names if name not in PASSED_OVER]
        yield from (Path(folder, name) for name in [*names, *files])


def _seen(path: Path) -> list[str]:
    status = path.lstat()
    content = ""
    if path.is_symlink():
        content = str(path.readlink())
    elif stat.S_ISREG(status.st_mode):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
    # What is in a directory is listed by itself, so its own time says nothing.
    time = "" if stat.S_ISDIR(status.st_mode) else str(status.st_mtime_ns)
    return [stat.filemode(status.st_mode), f"{status.st_uid}:{status.st_gid}", content, time]


def _quoted(word: str) -> str:
    return f"'{word}'"
