"""The programs that partitions are made with."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from typing import Any

from bootstrap import process
from bootstrap.errors import BootstrapError, HostError, Problems

# Where they are on Debian and Ubuntu; RHEL and Fedora have the same names of packages.
_PACKAGES = {
    "blkid": "util-linux",
    "losetup": "util-linux",
    "lsblk": "util-linux",
    "mkfs.xfs": "xfsprogs",
    "mount": "util-linux",
    "partx": "util-linux",
    "sgdisk": "gdisk",
    "sync": "coreutils",
    "umount": "util-linux",
    "wipefs": "util-linux",
}
# Their places are on root's path only after a login; their words are searched for.
_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
_ENVIRONMENT = {"PATH": _PATH, "LC_ALL": "C"}
_SLOWEST_SECONDS = 600.0


def require() -> None:
    """Raise when this machine cannot make or mount partitions, with every reason at once.

    Raises:
        HostError: Something is missing (``Problems`` when it is more than one thing).
    """
    problems: list[BootstrapError] = []
    if os.geteuid() != 0:
        problems += [_cannot("only root may look at disks and mount what is on them", "use sudo")]
    if missing := [name for name in _PACKAGES if shutil.which(name, path=_PATH) is None]:
        packages = " ".join(sorted({_PACKAGES[name] for name in missing}))
        problems += [_cannot(f"not installed: {', '.join(missing)}", f"install the packages {packages}")]
    if problems:
        raise problems[0] if len(problems) == 1 else Problems(problems)


def _cannot(why: str, fix: str) -> HostError:
    return HostError("cannot make or use partitions on this machine", why=why, fix=fix)


def run(argv: Sequence[str], what: str, *, good: Sequence[int] = (0,)) -> process.Completed:
    """Run one of them to its end.

    Args:
        argv: Program and arguments.
        what: What cannot be done when it fails: ``look at /dev/sdb``.
        good: Exit codes that are none of a failure.

    Raises:
        HostError: It failed.
    """
    done = process.run(list(argv), env=_ENVIRONMENT, timeout_seconds=_SLOWEST_SECONDS, check=False)
    if done.returncode not in good:
        said = " ".join((done.stderr.strip() or done.stdout.strip() or "it said nothing").split())
        raise HostError(
            f"cannot {what}",
            why=f"{argv[0]} ended with {done.returncode}: {said[-500:]}",
            fix="see what it says, and the kernel's messages (dmesg); to repeat it: " + " ".join(argv),
        )
    return done


def read_json(argv: Sequence[str], what: str) -> Mapping[str, Any]:
    """Run one that prints a JSON object, and return that; nothing printed is an empty one.

    Raises:
        HostError: It failed.
    """
    found = json.loads(run(argv, what).stdout or "{}")
    assert isinstance(found, dict), "each of them prints an object"
    return found
