"""Starting a run and following it to its end, as `up`, `mirror` and `verify` do."""

import json

import pytest

from bootstrap.errors import Busy, Problems, RegistryError
from bootstrap.process import Completed
from bootstrap.workflow.mirror import run_agent
from bootstrap.workflow.progress import Silent


def line(n, event, **more):
    return json.dumps({"n": n, "schema": 1, "time": "2026-01-01T00:00:00Z", "event": event, **more})


WHO = {"user": "ann", "host": "laptop", "pid": "7", "since": "2026-01-01T00:00:00Z", "command": "up"}


class FakeConnection:
    """A mirror host whose agent answers `start` with `state` and tells `events`; then with `then`'s."""

    host = "mirror1"

    def __init__(self, state, events=(), *, then=(), **more):
        self.answers = [{"run": "r1", "state": state, **more}, {"run": "r2", "state": "started"}]
        self.events = {"r1": events, "r2": then}

    def run(self, argv, **_):
        answer = "" if argv[0] == "test" else json.dumps(self.answers.pop(0))
        return Completed(tuple(argv), 0, answer, "")

    def lines(self, argv, **_):
        yield from self.events[argv[argv.index("follow") + 1]]

    def close(self):
        pass


class Listening(Silent):
    def __init__(self):
        self.notes = []

    def note(self, text):
        self.notes.append(text)


OK = [line(1, "run_finished", outcome="ok")]


def test_a_live_run_is_followed_by_who_wants_to_mirror_and_its_owner_is_named():
    progress = Listening()
    connection = FakeConnection("attached", OK, operation="mirror", asked_by=WHO)
    assert run_agent(connection, "mirror", progress)[0] == "r1"
    (note,) = progress.notes
    assert "r1 is going on already, begun by ann@laptop (pid 7, since 2026-01-01T00:00:00Z: up)" in note


def test_a_live_run_is_no_verification():
    with pytest.raises(Busy, match="cannot verify now") as caught:
        run_agent(FakeConnection("attached", operation="mirror", asked_by=WHO), "verify", Silent())
    assert "ann@laptop" in caught.value.why


@pytest.mark.parametrize(
    ("outcome", "more"),
    [
        ("died", {}),
        ("failed", {}),
        ("ok", {"is_same": False}),
        ("ok", {"is_same": False, "operation": "verify"}),
    ],
)
def test_one_of_our_own_follows_a_run_that_does_not_do_what_we_want(outcome, more):
    progress = Listening()
    ended = [line(1, "run_finished", outcome=outcome)]
    assert run_agent(FakeConnection("attached", ended, then=OK, **more), "mirror", progress)[0] == "r2"
    assert "beginning another" in progress.notes[-1]


def test_the_turn_ends_when_the_run_has_begun():
    order = []

    class Told(Silent):
        def mirror(self, event):
            order.append(event["event"])

    run_agent(FakeConnection("started", OK), "mirror", Told(), on_started=lambda: order.append("turn ends"))
    assert order == ["turn ends", "run_finished"]


def test_an_older_agent_is_not_told_who_we_are():
    refused = {"what": "w", "why": "unrecognized arguments: --asked-by {}", "fix": "f", "exit_code": 2}
    connection = FakeConnection("started", OK)
    connection.answers.insert(0, {"error": refused})
    assert run_agent(connection, "mirror", Silent(), asked_by=WHO)[0] == "r1"


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
