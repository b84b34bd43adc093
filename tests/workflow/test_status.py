"""The mirror host at a glance: what ran last there, and what mirrored last."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from bootstrap.cli.document import plain
from bootstrap.cli.shown import status_text
from bootstrap.process import Completed
from bootstrap.workflow import status as workflow

FIGURES = {"blobs_copied": 0, "bytes_copied": 0, "seconds": 7.0, "errors": []}


def ran(run, operation, outcome="ok", blobs=0):
    figures = {**FIGURES, "blobs_copied": blobs, "bytes_copied": blobs * 1000}
    return {"run": run, "operation": operation, "outcome": outcome, "finished": f"day {run}", **figures}


class MirrorHost:
    """A connection to a host whose agent has a ledger with `runs`."""

    host = "mirror1"

    def __init__(self, runs):
        ledger = {"schema": 2, "runs": runs, "releases": [], "images": []}
        self.answers = {"ledger": ledger, "status": {"live_run": None}}

    def run(self, argv, **_):
        return Completed(tuple(argv), 0, json.dumps(self.answers.get(argv[-1], {})), "")

    def close(self):
        pass


@pytest.fixture
def status(monkeypatch):
    def do(*runs):
        monkeypatch.setattr(workflow, "connect", lambda _host: MirrorHost(list(runs)))
        return workflow.status(SimpleNamespace(registries=(), mirror_host=SimpleNamespace(name="mirror1")))

    return do


def test_after_a_verification_it_still_tells_when_content_last_came(status):
    found = status(ran("1", "mirror", blobs=3), ran("2", "verify"))
    lines = status_text(found).splitlines()
    assert "last run: 2 (verify) ended ok at day 2 after 7 s" in lines
    assert "last mirrored: 1 (mirror) ended ok at day 1 after 7 s" in lines
    assert lines[lines.index("last mirrored: 1 (mirror) ended ok at day 1 after 7 s") + 1].startswith(
        "  3 blobs, 3.0 kB moved"
    )
    told = plain(found)
    assert (told["last_run"]["run"], told["last_mirrored"]["run"]) == ("2", "1")


def test_a_last_run_that_mirrored_is_told_once(status):
    found = status(ran("1", "mirror", blobs=3), ran("2", "mirror"))
    assert found.last_mirrored["run"] == "2"
    assert "last mirrored" not in status_text(found)


@pytest.mark.parametrize(
    ("later", "run"),
    [
        (ran("2", "mirror", "failed"), "1"),
        (ran("2", "mirror", "failed", blobs=1), "2"),
        (ran("2", "verify", blobs=1), "2"),
        (ran("2", "from-disk"), "2"),
        (ran("2", "to-disk", blobs=9), "1"),
    ],
    ids=["failed at once", "failed later", "repaired", "from archives", "to archives"],
)
def test_what_mirrored_is_what_brought_content_to_registries_or_found_all_of_it(status, later, run):
    assert status(ran("1", "mirror", blobs=3), later).last_mirrored["run"] == run


def test_where_nothing_ran_nothing_is_told(status):
    found = status()
    assert (found.last_run, found.last_mirrored) == (None, None)
    assert "last" not in status_text(found)
