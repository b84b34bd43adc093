"""Looks at a machine and prints what it sees as one JSON object; changes nothing.

This file is sent to the host through standard input and run there by the host's own ``python3`` (3.9 or
newer), as root. It stands alone: the standard library only, nothing of ours.

Input: ``sys.argv[1]`` is JSON: ``{"paths": {label: path}, "port": int, "name": str}``.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Optional


def said(*argv: str) -> Optional[str]:
    """Return what a command prints, or None when it is missing or fails."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def os_release() -> dict[str, str]:
    """Return the fields of /etc/os-release."""
    fields = {}
    file = Path("/etc/os-release")
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        key, _, value = line.strip().partition("=")
        fields[key] = value.strip("\"'")
    return fields


def disk(wanted: str) -> dict[str, Any]:
    """Return free and total bytes of the file system that holds, or would hold, ``wanted``."""
    path = next(path for path in (Path(wanted), *Path(wanted).parents) if path.exists())
    usage = os.statvfs(path)
    return {
        "mount_of": str(path),
        "free": usage.f_bavail * usage.f_frsize,
        "total": usage.f_blocks * usage.f_frsize,
    }


def listener(port: int) -> Optional[str]:
    """Return the command that listens on TCP ``port``, "" when unknown, None when nobody does."""
    answer = said("ss", "-Hltnp", f"sport = :{port}")
    if answer is None:
        return _refused_bind(port)
    if not answer:
        return None
    _, found, rest = answer.partition('users:(("')
    return rest.partition('"')[0] if found else ""


def _refused_bind(port: int) -> Optional[str]:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return ""
    return None


def addresses(name: str) -> list[str]:
    """Return the addresses that ``name`` has on this machine."""
    try:
        return sorted({str(item[4][0]) for item in socket.getaddrinfo(name, None)})
    except OSError:
        return []


def main() -> None:
    """Print what there is to see."""
    wanted = json.loads(sys.argv[1])
    mode = Path("/sys/fs/selinux/enforce")
    seen = {
        "uid": os.geteuid(),
        "python": list(sys.version_info[:3]),
        "os": os_release(),
        "architecture": platform.machine(),
        "time": time.time(),
        "cgroup2": Path("/sys/fs/cgroup/cgroup.controllers").exists(),
        "systemd": Path("/run/systemd/system").is_dir(),
        "podman": said("podman", "version", "--format", "{{.Client.Version}}"),
        "package_tool": next((t for t in ("dnf", "apt-get") if shutil.which(t)), None),
        "firewalld": said("firewall-cmd", "--state"),
        "selinux": mode.exists(),
        "unit": said("systemctl", "is-active", "mirror-registry.service"),
        "unit_exists": bool(said("systemctl", "list-unit-files", "--no-legend", "mirror-registry.service")),
        "listener": listener(wanted["port"]),
        "addresses": addresses(wanted["name"]),
        "disks": {label: disk(path) for label, path in wanted["paths"].items()},
    }
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
