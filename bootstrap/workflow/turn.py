"""One driver at a time changes a site's hosts; who comes second is told who is at work, and waits.

The lock is a file of the site state, freed by the kernel when its holder ends, however it ends. It is held
from the check until the mirroring run has begun, which belongs to the mirror host; others follow it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import getpass
import json
import os
import socket
import time
from collections.abc import Mapping
from typing import Self

from bootstrap.site.model import Site
from bootstrap.workflow.progress import Progress

_FILE = "driver.lock"
_PAUSE_SECONDS = 0.2


class Turn:
    """The right to change the hosts of ``site``; used in a ``with``.

    Args:
        site: Its state directory need not exist; nothing is made there before it does.
        verb: Of the command, as it was typed: ``up``.
        progress: Told when somebody else is at work.
    """

    def __init__(self, site: Site, verb: str, progress: Progress) -> None:
        self._path, self._progress = site.state.directory / _FILE, progress
        self.asker = asker(f"bootstrap-registry {verb} -i {site.source}")
        self._file = -1

    def __enter__(self) -> Self:
        self.take()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def take(self) -> None:
        """Wait until it is our turn; does nothing when it is, or when there is no site state yet."""
        if self._file >= 0 or not self._path.parent.is_dir():
            return
        try:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:  # a state that cannot be written: the check says so, and nothing is changed
            return
        told = ""
        while not self._is_ours():
            who = asker_text(self._holder())
            if who != told:
                self._progress.note(f"{who} is at work on this site: waiting for it")
                told = who
            time.sleep(_PAUSE_SECONDS)
        with contextlib.suppress(OSError):  # a full disk, likewise
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, json.dumps(self.asker).encode(), 0)

    def end(self) -> None:
        """Let others go on; may be called twice."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _is_ours(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _holder(self) -> Mapping[str, str]:
        with contextlib.suppress(ValueError, AttributeError):
            return dict(json.loads(os.pread(self._file, 4096, 0)).items())
        return {}


def asker(command: str) -> dict[str, str]:
    """Return who we are, for whoever else wants to work on the same site."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a number that no name belongs to
        user = str(os.getuid())
    since = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "user": user,
        "host": socket.gethostname(),
        "pid": str(os.getpid()),
        "since": since,
        "command": command,
    }


def asker_text(who: Mapping[str, str]) -> str:
    """Return ``user@host (pid 1, since …: command)``."""
    if not {"user", "host", "pid", "since", "command"} <= who.keys():
        return "somebody"
    return f"{who['user']}@{who['host']} (pid {who['pid']}, since {who['since']}: {who['command']})"
