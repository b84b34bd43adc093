"""Starting a run that outlives us, or finding the one that is going on: never two, whoever asks when."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import bootstrap
from bootstrap import process
from bootstrap.agent import settings as agent_settings
from bootstrap.agent.lock import Lock, holder
from bootstrap.agent.runs import Request, Runs
from bootstrap.errors import Busy, HostError

if TYPE_CHECKING:
    from bootstrap.agent.settings import Settings

UNIT = "bootstrap-registry-mirror@{}.service"
_UNIT_FILES = ("/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system")
_START_SECONDS = 60.0
_PAUSE_SECONDS = 0.05


def start(settings: Settings, settings_file: Path, request: Request) -> dict[str, object]:
    """Begin a run, or find the one that is going on; returns once it has the lock and its first event.

    Returns:
        ``{"run": id, "state": "started" | "attached"}``. Of a run that was going on, also ``operation``,
        ``asked_by`` (see ``Request``), and ``is_same``: whether it does what was asked for now, with the
        settings and the image set that are there now.

    Raises:
        HostError: The run did not begin.
        Busy: Somebody else has been starting one for a whole minute.
    """
    runs = Runs(settings.state_dir)
    # Starters go one after the other, each until its run holds the lock: so the second one finds it.
    with Lock(settings.state_dir / "start.lock", patience_seconds=_START_SECONDS) as starters:
        try:
            starters.acquire("a start")
        except Busy as error:
            raise Busy(
                "cannot begin",
                why=f"another start has not ended for {_START_SECONDS:.0f} seconds",
                fix="see `systemctl list-jobs 'bootstrap-registry-mirror@*'`, and run the same command again",
            ) from error
        going_on = _holder(settings.state_dir / "lock")
        request = replace(request, of=_digest(settings, settings_file))
        if going_on is not None:
            return _attached(runs, going_on, request)
        run = runs.create(request)
        if settings_file == agent_settings.DEFAULT and _has_unit():
            _by_systemd(run)
            child = None
        else:
            child = _detached(run, settings_file, runs.directory(run) / "output")
        _await_first_event(runs, run, child)
        return {"run": run, "state": "started"}


def _attached(runs: Runs, run: str, wanted: Request) -> dict[str, object]:
    live = runs.request(run)
    return {
        "run": run,
        "state": "attached",
        "operation": live.operation,
        "asked_by": dict(live.asked_by),
        "is_same": live.aim == wanted.aim,
    }


def _digest(settings: Settings, settings_file: Path) -> str:
    """Return a hash of what decides what a run does; a file that is missing counts as empty."""
    found = hashlib.sha256()
    for path in (settings_file, settings.imageset):
        with contextlib.suppress(OSError):
            found.update(path.read_bytes())
        found.update(b"\0")
    return found.hexdigest()


def _holder(lock: Path) -> str | None:
    """Return the run that holds the lock; waits while its holder is not known, which takes an instant."""
    deadline = time.monotonic() + _START_SECONDS
    while (found := holder(lock)) == "" and time.monotonic() < deadline:
        time.sleep(_PAUSE_SECONDS)
    return found


def _has_unit() -> bool:
    """Does systemd run here, and has the role installed the unit?"""
    if not Path("/run/systemd/system").is_dir() or shutil.which("systemctl") is None:
        return False
    return any(Path(directory, UNIT.format("")).exists() for directory in _UNIT_FILES)


def _by_systemd(run: str) -> None:
    done = process.run(
        ["systemctl", "start", "--no-block", UNIT.format(run)], timeout_seconds=60.0, check=False
    )
    if done.returncode != 0:
        raise HostError(
            f"cannot start run {run}",
            why=f"systemctl: {done.stderr.strip()}",
            fix=f"see `systemctl status {UNIT.format(run)}`",
        )


def _detached(run: str, settings_file: Path, output: Path) -> process.Detached:
    argv = [*_ourselves(), "run", "--run-id", run, "--settings", str(settings_file.resolve())]
    return process.detach(argv, output=str(output))


def _ourselves() -> list[str]:
    """Return the command that we are: the zipapp's file, or the package."""
    home = Path(bootstrap.__file__).resolve().parent.parent
    if home.is_file():
        return [sys.executable, str(home)]
    return [sys.executable, "-m", "bootstrap.agent"]


def _await_first_event(runs: Runs, run: str, child: process.Detached | None) -> None:
    deadline = time.monotonic() + _START_SECONDS
    events = runs.events(run)
    while not (events.exists() and b"\n" in events.read_bytes()):
        ended = child is not None and child.returncode() is not None
        if time.monotonic() > deadline or ended:
            raise HostError(
                f"run {run} did not begin",
                why=_last_words(run, runs.directory(run) / "output", child),
                fix=f"see `journalctl -u {UNIT.format(run)}`" if child is None else "run the agent by hand",
            )
        time.sleep(_PAUSE_SECONDS)
    if child is not None:
        child.let_go()


def _last_words(run: str, output: Path, child: process.Detached | None) -> str:
    if child is None:
        done = process.run(
            ["systemctl", "show", "--property=ActiveState,Result", UNIT.format(run)],
            timeout_seconds=60.0,
            check=False,
        )
        return "systemd says " + " ".join(done.stdout.split())
    said = output.read_text(errors="replace").strip()[-1000:] if output.exists() else ""
    code = child.returncode()
    return said or f"its process {'is silent' if code is None else f'ended with {code}'}"
