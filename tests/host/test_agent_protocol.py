"""The driver's side of the agent: starting, attaching, following through lost connections."""

import json
import time

import pytest

from bootstrap.errors import ConfigError, HostError, Problems, TransferError, VerificationError
from bootstrap.host.agent import Agent, parse_event, told_error
from bootstrap.host.interface import Unreachable
from bootstrap.process import Completed


def line(n, event="progress", **more):
    return json.dumps({"n": n, "schema": 1, "time": "2026-01-01T00:00:00Z", "event": event, **more})


class FakeConnection:
    """Answers from a script; each item of `streams` is one connection's lines, ending well or not."""

    host = "mirror1"

    def __init__(self, answer=None, streams=()):
        self.answer, self.streams, self.asked = answer, list(streams), []

    def run(self, argv, **_):
        self.asked.append(argv)
        return Completed(tuple(argv), 0, self.answer, "")

    def lines(self, argv, **_):
        self.asked.append(argv)
        lines, error = self.streams.pop(0)
        yield from lines
        if error:
            raise error

    def close(self):
        pass


def lost():
    return TransferError("mirror1: the connection broke", why="reset", fix="again", is_temporary=True)


def test_a_run_is_started_with_the_free_disk_of_other_hosts():
    connection = FakeConnection('{"run": "r1", "state": "started"}')
    started = Agent(connection).start(free_bytes={"registry2.example.com:5000": 7})
    assert (started.run, started.is_attached) == ("r1", False)
    assert "registry2.example.com:5000=7" in connection.asked[0]


def test_a_live_run_is_attached_to():
    assert Agent(FakeConnection('{"run": "r1", "state": "attached"}')).start().is_attached


def test_following_goes_on_where_a_lost_connection_ended():
    connection = FakeConnection(
        streams=[([line(1), line(2)], lost()), ([], lost()), ([line(3), line(4, "run_finished")], None)]
    )
    pauses = []
    events = list(Agent(connection, pause=pauses.append).follow("r1"))
    assert [event["n"] for event in events] == [1, 2, 3, 4]
    assert [argv[-1] for argv in connection.asked] == ["1", "3", "3"]
    assert len(pauses) == 2


def test_a_stream_that_ends_without_an_end_is_asked_again():
    connection = FakeConnection(streams=[([line(1)], None), ([line(2, "run_finished")], None)])
    assert len(list(Agent(connection, pause=lambda _s: None).follow("r1"))) == 2


class Clock:
    def __init__(self, monkeypatch):
        self.now = 0.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)

    def wait(self, seconds):
        self.now += seconds


def test_the_time_to_come_back_begins_when_the_connection_is_lost(monkeypatch):
    clock = Clock(monkeypatch)

    class Silent(FakeConnection):
        def lines(self, argv, **more):
            clock.wait(3600)  # the run had nothing to tell for an hour
            return super().lines(argv, **more)

    away = Unreachable("mirror1: cannot be reached over SSH", why="refused", fix="wait")
    unknown = Unreachable("mirror1: its name does not resolve", why="no network", fix="wait")
    connection = Silent(streams=[([line(1)], lost()), ([line(2, "run_finished")], None)])
    assert len(list(Agent(connection, pause=clock.wait).follow("r1"))) == 2
    connection = FakeConnection(
        streams=[([line(1)], lost()), ([], away), ([], unknown), ([line(2, "run_finished")], None)]
    )
    assert len(list(Agent(connection, pause=clock.wait).follow("r1"))) == 2


def test_coming_back_is_given_up_after_five_minutes(monkeypatch):
    clock = Clock(monkeypatch)
    away = Unreachable("mirror1: cannot be reached over SSH", why="refused", fix="wait")
    connection = FakeConnection(streams=[([line(1)], lost())] + [([], away)] * 1000)
    with pytest.raises(Unreachable):
        list(Agent(connection, pause=clock.wait).follow("r1"))
    assert 300 < clock.now < 310


def test_what_the_agent_says_instead_of_events_is_its_own_error():
    said = json.dumps({"error": {"what": "there is no run r1", "why": "y", "fix": "f", "exit_code": 2}})
    failed = HostError("mirror1: python3 failed", why="exit code 2", fix="by hand")
    with pytest.raises(ConfigError, match="mirror1: there is no run r1"):
        list(Agent(FakeConnection(streams=[([said], failed)])).follow("r1"))


def test_an_error_that_time_does_not_mend_is_raised():
    refused = HostError("mirror1: log-in refused", why="key", fix="ssh")
    with pytest.raises(HostError, match="log-in refused"):
        list(Agent(FakeConnection(streams=[([], refused)]), pause=lambda _s: None).follow("r1"))


def test_an_agent_that_says_nonsense_is_named():
    with pytest.raises(HostError, match="does not answer"):
        Agent(FakeConnection("Traceback …")).status()


def test_the_agents_error_keeps_its_branch():
    answer = {"error": {"what": "w", "why": "y", "fix": "f", "exit_code": 6}}
    with pytest.raises(VerificationError, match="mirror1: w"):
        Agent(FakeConnection(json.dumps(answer))).ledger()


def test_all_of_the_agents_problems_are_told():
    told = {"what": "w", "why": "y", "fix": "f", "exit_code": 4}
    answer = {"error": {**told, "problems": [told, {**told, "what": "w2"}]}}
    with pytest.raises(Problems) as caught:
        Agent(FakeConnection(json.dumps(answer))).status()
    assert [problem.what for problem in caught.value.problems] == ["mirror1: w", "mirror1: w2"]


def test_a_newer_ledger_is_refused_by_name():
    with pytest.raises(HostError, match="ledger") as caught:
        Agent(FakeConnection('{"schema": 3, "runs": [], "images": []}')).ledger()
    assert "schema 3" in caught.value.why
    assert "bootstrap-registry of another version wrote it" in caught.value.why


def test_newer_events_are_refused():
    with pytest.raises(HostError, match="cannot follow"):
        parse_event('{"n": 1, "schema": 2, "event": "x"}', "mirror1")


def test_an_unknown_exit_code_is_still_an_error():
    assert told_error({"what": "w", "exit_code": 99}, "h").exit_code == 1
