"""What a program that was stopped leaves running: found by a mark in the environment, which children inherit.

ansible-runner ends the process group of ``ansible-playbook``. Ansible's workers, since 2.19, have sessions of
their own; what they run goes on, and a worker of mitogen's waits for an answer for ever.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

_PROCESSES = Path("/proc")
_SECONDS = 5.0  # until a process that cannot be ended, for it waits for a disk, is left to itself
_LOOK_SECONDS = 0.05


def marked(mark: str) -> tuple[int, ...]:
    """Return the processes of this user whose environment has the word ``mark`` (``NAME=value``).

    There are none where the system has no ``/proc``; a process that has ended has no environment.
    """
    wanted, found = mark.encode(), []
    for entry in _PROCESSES.glob("[0-9]*"):
        with suppress(OSError):  # another user's, or gone
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return tuple(found)


def end_all(mark: str) -> None:
    """End every process that ``mark`` is in, but ourselves, and those that begin meanwhile."""
    deadline = time.monotonic() + _SECONDS
    while left := [pid for pid in marked(mark) if pid != os.getpid()]:
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            return
        time.sleep(_LOOK_SECONDS)
