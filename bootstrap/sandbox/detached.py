"""Starts a process that outlives its starter; a script: ``detached.py LOG CGROUP_PROCS PROGRAM [ARGUMENT…]``.

The child gets a session of its own, joins the control group (its ``cgroup.procs`` file; "-" for none), and
has LOG as its output. A double fork, because a process left behind as our child would stay a zombie.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main(log: str, cgroup_procs: str, argv: list[str]) -> None:
    """Start ``argv`` and return; the caller notices by the control group when it ends."""
    if os.fork() != 0:
        return
    os.setsid()
    if os.fork() != 0:
        os._exit(0)
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(output, 1)
        os.dup2(output, 2)
        if cgroup_procs != "-":
            Path(cgroup_procs).write_text("0")
        os.execvp(argv[0], argv)  # noqa: S606  # process.py waits for its children, this one must not be waited for
    except OSError as error:
        os.write(2, f"cannot start {argv[0]}: {error}\n".encode())
    finally:
        os._exit(127)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
