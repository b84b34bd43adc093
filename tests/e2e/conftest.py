"""One lab for all end-to-end tests; the slow scenarios run once, and their traces are kept for every test."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.execs import HostTrace, traced
from tests.e2e.lab import ROOT, Ended, Lab, make_lab


@pytest.fixture(scope="session")
def lab():
    directory = ROOT / ".lab" / "story"
    made = make_lab(directory)
    yield made
    made.sandbox.destroy()
    shutil.rmtree(directory)


@dataclass(frozen=True)
class FirstUp:
    """How the first `up` ended, and every program that was started meanwhile."""

    ended: Ended
    driver_execs: Path
    host_execs: Path


@pytest.fixture(scope="session")
def up(lab: Lab):
    """The first `up` on bare hosts, with every execve of the driver and of the host written down."""
    traces = lab.directory / "traces"
    traces.mkdir(mode=0o700)
    driver, host = traces / "driver", traces / "host"
    with HostTrace(lab.sandbox.host("registry1"), host):
        ended = lab.run("up", "--json", prefix=traced(driver))
    assert ended.code == 0, f"{ended.err}\n{ended.out}"
    return FirstUp(ended, driver, host)


@dataclass(frozen=True)
class SecondUp:
    ended: Ended
    seconds: float
    pushes: int


@pytest.fixture(scope="session")
def second_up(lab: Lab, up: FirstUp):
    """The same command again, with what the destination was sent meanwhile."""
    before, begin = lab.pushes(), time.monotonic()
    ended = lab.run("up", "--json")
    return SecondUp(ended, time.monotonic() - begin, lab.pushes() - before)
