"""A live run fills the way to the sources: who comes to follow it is not refused for that."""

from types import SimpleNamespace

import pytest

from bootstrap.errors import HostError
from bootstrap.workflow import check

SLOW = HostError("mirror1: cannot read the source quay.io/a", why="no answer within 2 s", fix="see routes")


@pytest.mark.parametrize(
    ("live_run", "problems", "notes"),
    [(None, [SLOW], []), ("r1", [], [f"{SLOW.what} while run r1 uses the way there"])],
)
def test_slow_sources_are_a_problem_unless_a_run_uses_the_way_there(monkeypatch, live_run, problems, notes):
    monkeypatch.setattr(check, "ask_sources", lambda *_: ([SLOW], []))
    looking = SimpleNamespace(_question={})
    seen = {"python": (3, 9), "proxies": {}, "live_run": live_run}
    found, told = [], []
    check._Looking._sources(looking, None, seen, found, told)
    assert (found, told) == (problems, notes)
