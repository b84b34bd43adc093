"""Starting a run and following it to its end, as `up`, `mirror` and `verify` do."""

import json

import pytest

from bootstrap.errors import Busy, Problems, RegistryError
from bootstrap.process import Completed
from bootstrap.workflow.mirror import run_agent
from bootstrap.workflow.progress import Silent


def line(n, event, **more):
    return json.dumps({"n": n, "schema": 1, "time": "2026-01-01T00:00:00Z", "event": event, **more})


class FakeConnection:
    """A mirror host whose agent answers `start` with `state` and tells `events`."""

    host = "mirror1"

    def __init__(self, state, events=()):
        self.state, self.events, self.started = state, events, 0

    def run(self, argv, **_):
        answer = "" if argv[0] == "test" else json.dumps({"run": "r1", "state": self.state})
        return Completed(tuple(argv), 0, answer, "")

    def lines(self, argv, **_):
        yield from self.events

    def close(self):
        pass


def test_a_live_run_is_followed_by_who_wants_to_mirror():
    notes = []

    class Listening(Silent):
        def note(self, text):
            notes.append(text)

    connection = FakeConnection("attached", [line(1, "run_finished", outcome="ok")])
    assert run_agent(connection, "mirror", Listening())[0] == "r1"
    assert "r1 is going on already" in notes[0]


def test_a_live_run_is_no_verification():
    with pytest.raises(Busy, match="cannot verify now"):
        run_agent(FakeConnection("attached"), "verify", Silent())


def test_a_failed_run_fails_with_its_own_error():
    failed = {"what": "no such image", "why": "404", "fix": "name another", "exit_code": 4}
    events = [line(1, "failed", **failed), line(2, "run_finished", outcome="failed")]
    with pytest.raises(RegistryError, match="mirror1: no such image"):
        run_agent(FakeConnection("started", events), "mirror", Silent())


def test_a_run_that_told_several_errors_fails_with_all_of_them():
    told = [{"what": what, "why": "404", "fix": "name another", "exit_code": 4} for what in ("one", "two")]
    events = [line(n, "failed", **error) for n, error in enumerate(told, 1)]
    with pytest.raises(Problems) as caught:
        run_agent(
            FakeConnection("started", [*events, line(3, "run_finished", outcome="failed")]),
            "mirror",
            Silent(),
        )
    assert [problem.what for problem in caught.value.problems] == ["mirror1: one", "mirror1: two"]
