"""Several drivers, drivers that leave, and drivers and agents of different versions, on a run that lasts."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import signal
import socket
import subprocess
import zipfile
from pathlib import Path

import pytest

from bootstrap import __version__
from tests.e2e.interruptions.ground import AGENT, STATE_DIR, wait_for
from tests.e2e.lab import AS_STARTED_BY_HAND

pytestmark = pytest.mark.sandbox


@pytest.fixture
def held(ground):
    """An empty registry; a run that a test holds goes on in the end."""
    ground.empty()
    yield ground
    ground.let_agent_go()
    if live := ground.ask("status")["live_run"]:
        ground.follow(live)


def begun(ground, driver):
    """Wait until the driver tells of its run, hold that, and return its id."""
    driver.wait_for_text(": mirror, native engine")
    ground.hold_agent()
    return next(
        line.split()[1].rstrip(":") for line in driver.text.splitlines() if line.startswith("   run ")
    )


def test_the_second_driver_says_who_is_at_work_and_attaches(held):
    with held.driver("mirror") as first:
        first.wait_for_text("container_host")
        with held.driver("mirror", log="second.log") as second:  # waits for its turn, then comes to the run
            begun(held, first)
            second.wait_for_text("is going on already")
            held.let_agent_go()
            assert second.end() == 0, second.text
        assert first.end() == 0, first.text
        (run,) = held.runs()
    me = f"{getpass.getuser()}@{socket.gethostname()} (pid {first.child.pid}, since 2"
    command = f": bootstrap-registry mirror -i {held.lab.inventory})"
    waits, follows = (
        next(line for line in second.text.splitlines() if w in line) for w in (" at work", " already")
    )
    assert me in waits
    assert command in waits
    assert me in follows
    assert command in follows
    assert f"run {run} is going on already" in follows


@pytest.mark.parametrize("how", ["Ctrl-C", "closed terminal"])
def test_who_leaves_is_told_which_run_goes_on_and_the_run_ends_well(held, how):
    if how == "Ctrl-C":
        with held.driver("mirror") as driver:
            run = begun(held, driver)
            os.kill(driver.child.pid, signal.SIGINT)
            assert driver.end(60) == 130
            said = driver.text.rpartition("stopped: ")[2]
        assert f"run {run} goes on on the mirror host without us" in said
        assert "`bootstrap-registry mirror -i inventory` follows it" in said
        assert f"systemctl stop bootstrap-registry-mirror@{run}" in said
    else:
        run = close_the_terminal_of(held)
    assert held.ask("status")["live_run"] == run
    held.let_agent_go()
    assert held.follow(run)["outcome"] == "ok"


def close_the_terminal_of(held):
    """Begin on a terminal, take it away when the run has begun; return the run."""
    ours, theirs = os.openpty()
    child = subprocess.Popen(
        [*AS_STARTED_BY_HAND, "setsid", "--ctty", *held.lab.command("mirror")],
        cwd=held.lab.directory,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    try:
        os.close(theirs)
        os.set_blocking(ours, False)

        def has_begun():
            with contextlib.suppress(BlockingIOError):
                os.read(ours, 65536)  # or it would wait for room to write
            return any(len(held.events(run)) > 2 for run in held.runs())

        wait_for(has_begun, "the run", 120)
        held.hold_agent()
    finally:
        os.close(ours)
    assert child.wait(60) == 130
    (run,) = held.runs()
    return run


def test_a_newer_agent_comes_while_a_run_is_live_and_the_run_keeps_its_own(held, tmp_path):
    link = held.host.root / AGENT.lstrip("/")
    before = str(link.readlink())
    newer = another_agent(link.with_name(before), tmp_path)
    run = held.ask("start")["run"]
    held.hold_agent()
    with held.driver("mirror", "-e", f"mirror_content_agent_file={newer}") as driver:
        wait_for(lambda: str(link.readlink()) != before, "the newer agent", 120)
        (pid,) = held.agent_pids()
        assert before in Path(f"/proc/{pid}/cmdline").read_text()
        assert link.with_name(before).exists()
        driver.wait_for_text(f"run {run} is going on already")
        held.let_agent_go()
        assert driver.end() == 0, driver.text
    assert held.events(run)[-1]["outcome"] == "ok"
    assert held.command("mirror").code == 0  # back to ours
    assert link.readlink().name.startswith(f"agent-{__version__}-")
    kept = sorted(path.name for path in link.parent.glob("agent-*.pyz"))
    assert link.readlink().name in kept
    assert len(kept) <= 2


def another_agent(path, directory):
    """Return an agent with the same abilities, and other bytes."""
    other = directory / "agent-9.9.9.pyz"
    other.write_bytes(path.read_bytes())
    with zipfile.ZipFile(other, "a") as archive:
        archive.writestr("newer.txt", "of another version")
    return other


def test_an_older_driver_refuses_a_newer_ledger_by_name_and_changes_nothing(ground):
    ground.empty()
    path = ground.host.root / STATE_DIR / "ledger/ledger.json"
    path.parent.mkdir(exist_ok=True)
    newer = json.dumps({"schema": 99, "written_by": "9.9.9", "runs": [], "images": [], "releases": []})
    path.write_text(newer)
    try:
        for command in ("mirror", "status"):
            ended = ground.command(command)
            assert ended.code == 3, ended.err
            assert "bootstrap-registry 9.9.9" in ended.err
        assert path.read_text() == newer
        assert ground.runs() == []
    finally:
        path.unlink()
