"""The machine the sandbox runs on: whether it can, and the limits its hosts have to live with."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import sys
from pathlib import Path

from bootstrap.errors import BootstrapError, HostError, Problems

_PROGRAMS = {
    "systemd-nspawn": "systemd-container",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "tar": "tar",
    "zstd": "zstd",
    "gpg": "gpg",
}
_VM_PROGRAMS = {"qemu-system-x86_64": "qemu-system-x86", "mke2fs": "e2fsprogs"}
_TUN = Path("/dev/net/tun")
_INOTIFY = Path("/proc/sys/fs/inotify/max_user_instances")
_INSTANCES = 1024  # a booted host takes about eight, and all hosts share root's 128 (kernel default)
# In front of a command that must not outlive us when we are killed (setpriv(1), PR_SET_PDEATHSIG).
WITH_US = ("setpriv", "--pdeathsig", "TERM", "--")
_PODMAN_NOFILE = (
    1_048_576  # what podman asks for by default; a container does not start when it may not have it
)


def require(*, virtual_machines: bool = False) -> None:
    """Raise when this machine cannot run a sandbox, with every reason at once.

    Args:
        virtual_machines: Whether some of its hosts are.

    Raises:
        HostError: Something is missing (``Problems`` when it is more than one thing).
    """
    if sys.platform != "linux":
        raise _cannot(f"this is {sys.platform}, and its hosts are Linux containers", "use a Linux machine")
    problems: list[BootstrapError] = []
    if os.geteuid() != 0:
        problems += [_cannot("it makes network namespaces and boots containers, for root only", "use sudo")]
    programs = _PROGRAMS | (_VM_PROGRAMS if virtual_machines else {})
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        packages = " ".join(sorted({programs[program] for program in missing}))
        problems += [_cannot(f"not installed: {', '.join(missing)}", f"apt-get install {packages}")]
    if cgroup_root() is None:
        problems += [
            _cannot(
                "no cgroup v2 is mounted", "mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified, or boot with it"
            )
        ]
    if virtual_machines:
        problems += _no_virtual_machines()
    if problems:
        raise problems[0] if len(problems) == 1 else Problems(problems)


def _no_virtual_machines() -> list[BootstrapError]:
    """Return what speaks against virtual machines, beside programs that are missing."""
    problems: list[BootstrapError] = []
    if os.uname().machine != "x86_64":
        why = f"this is {os.uname().machine}, and its virtual machines are x86_64"
        problems += [_cannot(why, "make containers of the hosts: leave out --vm")]
    if not _TUN.exists():
        fix = f"modprobe tun; or: mkdir -p {_TUN.parent} && mknod -m 600 {_TUN} c 10 200"
        problems += [_cannot(f"there is no {_TUN}, where a virtual machine's cable ends", fix)]
    return problems


def _cannot(why: str, fix: str) -> HostError:
    return HostError("cannot run a sandbox on this machine", why=why, fix=fix)


def make_room(limit: Path = _INOTIFY) -> None:
    """Raise the kernel's limit on root's inotify instances when it is too low for many hosts.

    It stays raised until the machine's next boot: other sandboxes may need it as well. Where it cannot be
    raised nothing is done, and the last of many hosts fail to boot with "Too many open files".
    """
    with contextlib.suppress(OSError):
        if int(limit.read_text()) < _INSTANCES:
            limit.write_text(f"{_INSTANCES}\n")


def cgroup_root() -> Path | None:
    """Return where cgroup v2 is mounted, alone or beside v1; None when it is not."""
    for path in (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/unified")):
        if (path / "cgroup.controllers").is_file():
            return path
    return None


def has_systemd() -> bool:
    """Return whether systemd manages this machine and its control groups (sd_booted(3))."""
    return Path("/run/systemd/system").is_dir()


def containers_conf() -> str:
    """Return what ``/etc/containers/containers.conf`` must say on hosts here; often nothing.

    A host inside a container inside a container cannot grant what its machine does not have: no pids
    controller means no limit on processes, and a low hard limit on open files cannot be raised.
    """
    lines = []
    root = cgroup_root()
    if root is None or "pids" not in (root / "cgroup.controllers").read_text().split():
        lines.append("pids_limit = 0")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if resource.RLIM_INFINITY != hard < _PODMAN_NOFILE:
        lines.append(f'default_ulimits = ["nofile={hard}:{hard}"]')
    return "\n".join(["[containers]", *lines, ""]) if lines else ""
