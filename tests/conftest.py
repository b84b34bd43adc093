"""How `pytest -n` spreads the tests: what shares hosts stays on one worker, and the longest begins first."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

HERE = Path(__file__).parent
# Whoever starts the tests in the background lets them ignore Ctrl-C, and so would everything they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# Rooms whose tests share hosts, by how long they take; one that is not named here comes after them.
LONGEST_FIRST = (
    "e2e/interruptions",
    "e2e/odd",
    "molecule",
    "e2e/connections",
    "e2e/check",
    "e2e/mirror_registry",
    "e2e",
    "e2e/badinput",
    "e2e/adopt",
    "agent/test_kills.py",
    "sandbox",
)


def room_of(path: Path) -> str:
    """Return the folder whose tests share hosts with those in `path`; `path` itself when none do."""
    folder = path.parent.relative_to(HERE).as_posix()
    shared = folder == "molecule" or folder.startswith("e2e") or path == HERE / "sandbox/test_sandbox.py"
    return folder if shared else path.relative_to(HERE).as_posix()


def _place(room: str) -> int:
    return LONGEST_FIRST.index(room) if room in LONGEST_FIRST else len(LONGEST_FIRST)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _place(room_of(item.path)))


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Name a test by its argument, not by a file's bytes: workers need not make the same ones."""
    return argname if isinstance(val, bytes) and len(val) > 40 else None


class ByRoom(LoadScopeScheduling):
    """Gives a worker a whole room at a time."""

    def _split_scope(self, nodeid: str) -> str:
        return room_of(HERE.parent / nodeid.partition("::")[0])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByRoom:
    return ByRoom(config, log)
