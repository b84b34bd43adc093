"""Ending the run that is going on, under systemd or not: it is asked to, and after a minute it has to."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import TYPE_CHECKING

from bootstrap.agent.lock import holder
from bootstrap.agent.runs import Runs
from bootstrap.errors import HostError

if TYPE_CHECKING:
    from bootstrap.agent.settings import Settings

_PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.05


def stop(settings: Settings) -> dict[str, object]:
    """End the live run; what it has moved stays.

    Returns:
        ``{"run": id | None}``: the run that was ended, None when there was none.

    Raises:
        HostError: It cannot be ended.
    """
    lock, runs = settings.state_dir / "lock", Runs(settings.state_dir)
    run = holder(lock)
    if not run:
        return {"run": None}
    try:
        pid = int((runs.directory(run) / "pid").read_text())
    except (OSError, ValueError) as error:
        raise _stays(run, f"its process is not known: {error}") from error
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        except OSError as error:
            raise _stays(run, str(error)) from error
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if holder(lock) != run:
                return {"run": run}
            time.sleep(_PAUSE_SECONDS)
    raise _stays(run, f"process {pid} does not end")


def _stays(run: str, why: str) -> HostError:
    return HostError(
        f"cannot stop run {run}", why=why, fix="as root: systemctl stop 'bootstrap-registry-mirror@*'"
    )
