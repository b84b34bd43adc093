"""Runs as processes: started, found, followed, stopped, killed, and taken up again."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from bootstrap.agent import events, starting
from bootstrap.agent.lock import Lock, holder
from bootstrap.agent.runs import Request, Runs, boot_id
from bootstrap.agent.settings import read
from bootstrap.agent.toolbox import Toolbox
from bootstrap.errors import Busy, ExitCode, HostError

BLOB_PUT = "PUT .*/blobs/uploads/"


@pytest.fixture
def stalled(site):
    """A run that hangs in the middle of its first upload, started by the agent itself."""
    site.release("4.20.1")
    fault = site.registries[0].faults.add("stall", BLOB_PUT, times=None)
    answer = site.ask("start")
    assert answer["state"] == "started"
    assert fault.reached.wait(30)
    yield site, answer["run"], fault
    fault.release()
    wait_for(lambda: holder(site.state / "lock") is None)


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def pid_of(run):
    """The process that is the run: found by its arguments, which anybody can see."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            argv = path.read_bytes().split(b"\0")
            if b"--run-id" in argv and run.encode() in argv:
                return int(path.parent.name)
    raise AssertionError(f"no process is run {run}")


def test_a_start_returns_while_the_run_goes_on_and_a_second_one_attaches(stalled):
    site, run, fault = stalled
    answer = site.ask("start")
    assert (answer["run"], answer["state"]) == (run, "attached")
    assert (answer["operation"], answer["is_same"]) == ("mirror", True)
    assert not site.ask("start", "--operation", "verify")["is_same"]
    assert site.ask("status")["live_run"] == run
    fault.release()
    wait_for(lambda: holder(site.state / "lock") is None)
    status = site.ask("status")
    assert status["live_run"] is None
    assert (status["last_run"]["run"], status["last_run"]["outcome"]) == (run, "ok")


def test_who_began_a_run_is_told_to_who_comes_second(site):
    site.release("4.20.1")
    fault = site.registries[0].faults.add("stall", BLOB_PUT, times=None)
    site.ask("start", "--asked-by", '{"user": "ann", "pid": "7"}')
    assert site.ask("start")["asked_by"] == site.ask("status")["asked_by"] == {"user": "ann", "pid": "7"}
    site.imageset("mirror: {additionalImages: [{name: 'quay.io/team/app:v1'}]}")
    assert not site.ask("start")["is_same"]
    fault.release()
    wait_for(lambda: holder(site.state / "lock") is None)


def test_a_run_is_carried_out_once(site):
    site.release("4.20.1")
    code, events = site.run()
    assert code == 0
    run = events[0]["run"]
    assert "is over" in site.ask("run", "--run-id", run, code=ExitCode.CONFIG)["error"]["what"]
    assert site.events(run) == events


def test_a_request_that_a_power_cut_damaged_is_named(site):
    run = Runs(site.state).create(Request("mirror"))
    (site.state / "runs" / run / "request.json").write_bytes(bytes(20))
    error = site.ask("run", "--run-id", run, code=ExitCode.HOST)["error"]
    assert run in error["what"]


def test_stop_ends_the_live_run_and_says_which(stalled):
    site, run, _ = stalled
    assert site.ask("stop") == {"run": run}
    assert site.events(run)[-1]["outcome"] == "stopped"
    assert site.ask("stop") == {"run": None}


def test_a_start_that_does_not_end_is_named_by_the_next_one(tmp_path, monkeypatch):
    monkeypatch.setattr(starting, "_START_SECONDS", 0.05)
    settings = SimpleNamespace(state_dir=tmp_path)
    with Lock(tmp_path / "start.lock") as other:
        other.acquire("a start")
        with pytest.raises(Busy) as caught:
            starting.start(settings, tmp_path / "agent.json", Request("mirror"))
    assert "another start has not ended" in caught.value.why


def test_two_starts_at_once_make_one_run(site):
    site.release("4.20.1")
    fault = site.registries[0].faults.add("stall", BLOB_PUT, times=None)
    children = [site.spawn("start") for _ in range(4)]
    answers = [json.loads(child.communicate(timeout=60)[0]) for child in children]
    fault.release()
    assert len({answer["run"] for answer in answers}) == 1
    assert sorted(answer["state"] for answer in answers) == ["attached", "attached", "attached", "started"]
    assert len(list((site.state / "runs").iterdir())) == 1
    wait_for(lambda: holder(site.state / "lock") is None)


def test_a_follower_gets_every_event_to_the_last_and_can_begin_anywhere(stalled):
    site, run, fault = stalled
    follower = site.spawn("follow", run)
    first = json.loads(follower.stdout.readline())
    assert (first["n"], first["event"]) == (1, "run_started")
    fault.release()
    with follower:
        rest = [json.loads(line) for line in follower.stdout]
    assert follower.returncode == 0
    assert rest[-1]["event"] == "run_finished"
    assert [first, *rest] == site.events(run)
    again = site.spawn("follow", run, "--from", "3")
    assert json.loads(again.communicate(timeout=60)[0].splitlines()[0])["n"] == 3


def test_a_follower_that_goes_away_stops_nothing(stalled):
    site, run, fault = stalled
    follower = site.spawn("follow", run)
    follower.stdout.readline()
    follower.stdout.close()
    fault.release()
    assert follower.wait(timeout=60) == 0
    follower.stderr.close()
    wait_for(lambda: site.events(run)[-1]["event"] == "run_finished")


def test_a_killed_run_is_told_as_died_and_the_next_one_ends_well(stalled):
    site, run, fault = stalled
    follower = site.spawn("follow", run)
    os.kill(pid_of(run), signal.SIGKILL)
    last = json.loads(follower.communicate(timeout=60)[0].splitlines()[-1])
    assert (last["event"], last["outcome"], last["exit_code"]) == ("run_finished", "died", ExitCode.TRANSFER)
    assert last["n"] == len(site.events(run)) + 1
    assert site.ask("status")["live_run"] is None
    fault.release()
    code, events = site.run()
    assert code == 0
    assert events[-1]["outcome"] == "ok"


def test_a_run_that_is_asked_to_stop_says_so_and_what_it_did_counts(site):
    site.release("4.20.1")
    fault = site.registries[0].faults.add("stall", "PUT .*/manifests/", times=None)
    run = site.ask("start")["run"]
    assert fault.reached.wait(30)
    os.kill(pid_of(run), signal.SIGTERM)
    fault.release()
    wait_for(lambda: holder(site.state / "lock") is None)
    finished = site.events(run)[-1]
    assert (finished["outcome"], finished["exit_code"]) == ("stopped", ExitCode.INTERRUPTED)
    assert site.ledger()["runs"][-1]["outcome"] == "stopped"
    sent = site.registries[0].count(BLOB_PUT)
    code, _ = site.run()
    assert code == 0
    assert site.registries[0].count(BLOB_PUT) - sent < sent


def test_a_run_that_cannot_have_the_lock_is_refused(site):
    with Lock(site.state / "lock", patience_seconds=0.1) as lock:
        lock.acquire("20260101T000000Z_aaaa")
        run = Runs(site.state).create(Request("mirror"))
        answer = site.ask("run", "--run-id", run, code=ExitCode.BUSY)
        assert "run 20260101T000000Z_aaaa is going on" in answer["error"]["why"]
    assert not Runs(site.state).events(run).exists()


def test_a_run_that_does_not_begin_is_told_with_its_last_words(site):
    (site.state / "runs").mkdir(parents=True)
    (site.state / "ledger").mkdir()
    site.state.joinpath("lock").mkdir()
    answer = site.ask("start", code=ExitCode.HOST)
    assert "did not begin" in answer["error"]["what"]
    assert "cannot open the lock" in answer["error"]["why"]


def test_an_agent_of_a_later_version_is_not_guessed_at(site):
    site.configure(schema=2, wrong=1, parallel=0, engine="x", update_url="http://x", registries=[])
    answer = site.ask("status", code=ExitCode.CONFIG)
    lines = answer["error"]["why"].splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "schema",
        "engine",
        "update_url",
        "parallel",
        "registries",
        "wrong",
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["follow", "../../etc"], "is not a run"),
        (["follow", "20260101T000000Z_aaaa"], "there is no run"),
        (["start", "--free", "x"], "is not LOCATION=BYTES"),
        (["start", "--operation", "x"], "invalid choice"),
        (["fly"], "invalid choice"),
    ],
)
def test_what_is_asked_wrongly_is_answered_as_an_error(site, words, said):
    error = site.ask(*words, code=ExitCode.CONFIG)["error"]
    assert said in error["what"] + error["why"]


def test_a_torn_line_is_passed_over(site):
    runs = Runs(site.state)
    run = runs.create(Request("mirror"))
    first = events.render(1, "run_started", {"run": run})
    runs.events(run).write_bytes(first.encode() + bytes(30) + b'\n{"n": 2, "ev')
    told = [json.loads(line) for line in events.follow(runs.events(run), 1, lambda: False)]
    assert [event["event"] for event in told] == ["run_started", "run_finished"]
    assert told[-1]["outcome"] == "died"


def test_a_full_disk_is_told_where_the_run_could_not(site, monkeypatch):
    runs = Runs(site.state)
    run = runs.create(Request("mirror"))
    runs.events(run).write_text(events.render(1, "run_started", {"run": run}))
    monkeypatch.setattr(events, "is_full", lambda _path: True)
    _, failed, last = [json.loads(line) for line in events.follow(runs.events(run), 1, lambda: False)]
    assert (failed["event"], failed["exit_code"]) == ("failed", ExitCode.HOST)
    assert "the disk is full" in failed["why"]
    assert (last["n"], last["outcome"]) == (3, "died")


def test_an_event_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "events.jsonl"
    log = events.EventLog(path)
    log.emit("resolving", what="a")
    before, write = path.read_bytes(), os.write
    monkeypatch.setattr(os, "write", lambda file, line: write(file, line[:10]))
    with pytest.raises(HostError, match="cannot write"):
        log.emit("resolving", what="b")
    assert path.read_bytes() == before
    log.close()


def test_old_runs_are_removed(site, monkeypatch):
    monkeypatch.setattr("bootstrap.agent.runs.MOST_KEPT", 2)
    runs = Runs(site.state)
    for number in range(4):
        (site.state / "runs" / f"2026010{number + 1}T000000Z_aaaa").mkdir(parents=True)
    runs.prune()
    assert sorted(path.name[:8] for path in (site.state / "runs").iterdir()) == ["20260103", "20260104"]


def died(site, name, outcome=None, boot=None):
    """Leave behind a run that told so much and no more."""
    directory = site.state / "runs" / name
    directory.mkdir(parents=True)
    (directory / "request.json").write_text('{"operation": "mirror", "free": {}}')
    last = [] if outcome is None else [events.render(2, "run_finished", {"outcome": outcome})]
    (directory / "events.jsonl").write_text("".join([events.render(1, "run_started", {}), *last]))
    (directory / "boot_id").write_text(boot or boot_id())
    return (directory / "request.json").stat().st_mtime


def test_a_run_that_was_cut_off_with_the_power_is_known_until_one_ends_well(site):
    runs, now = Runs(site.state), "20260109T000000Z_aaaa"
    died(site, "20260101T000000Z_aaaa", boot="another boot")
    died(site, "20260102T000000Z_aaaa", "ok")
    assert runs.cut_since(now) is None
    died(site, "20260103T000000Z_aaaa")
    assert runs.cut_since(now) is None, "killed, but the power was on"
    since = died(site, "20260104T000000Z_aaaa", boot="another boot")
    died(site, "20260105T000000Z_aaaa", "failed")
    assert runs.cut_since(now) == since
    died(site, "20260106T000000Z_aaaa", "ok")
    assert runs.cut_since(now) is None


def test_all_that_waits_in_a_run_waits_no_longer_than_to_its_stop(site):
    stop = threading.Event()
    with Toolbox(read(site.settings), report=lambda *_, **__: None, stop=stop, free={}) as tools:
        client = tools.registries.store_at("127.0.0.1:1").client
        assert client._transport.policy.stop is stop
        assert tools._downloader()._policy.stop is stop
