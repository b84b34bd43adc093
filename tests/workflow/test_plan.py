"""A plan as the driver asks for it."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from bootstrap.cli.typed import with_inventory
from bootstrap.errors import ConfigError, HostError
from bootstrap.process import Completed
from bootstrap.workflow import plan as workflow

LISTS = ("releases", "registries", "content", "images", "file_systems", "warnings")
ANSWER = {"engine": "native", "engine_reason": "it can", "estimate": {}, **{key: [] for key in LISTS}}
PROBLEM = {"what": "no room", "why": "none is free", "fix": "free some", "exit_code": 3}


class MirrorHost:
    """A connection to a host whose agent answers `plan` with `answer`, if it is there."""

    host = "mirror1"

    def __init__(self, answer, *, is_installed=True):
        self.answer, self.is_installed, self.asked = answer, is_installed, []

    def run(self, argv, *, stdin="", **_):
        self.asked.append((argv, stdin))
        code = 0 if self.is_installed or argv[0] != "test" else 1
        return Completed(tuple(argv), code, json.dumps(self.answer), "")

    def close(self):
        pass


@pytest.fixture
def plan(monkeypatch, tmp_path):
    imageset = tmp_path / "imageset.yaml"
    imageset.write_text("kind: ImageSetConfiguration\n")

    def do(connection):
        monkeypatch.setattr(workflow, "connect", lambda _host: connection)
        host = SimpleNamespace(name="mirror1", text=lambda _setting: str(imageset))
        site = SimpleNamespace(mirror_host=host, registries_set_up=(host,), source=Path("/sites/my lab"))
        return workflow.plan(site)

    do.imageset = imageset
    return do


def test_the_image_set_that_is_here_is_planned_and_what_stands_against_it_is_in_the_result(plan):
    connection = MirrorHost({**ANSWER, "problems": [PROBLEM]})
    (problem,) = plan(connection).problems
    assert isinstance(problem, HostError)
    assert problem.what == "mirror1: no room"
    argv, stdin = connection.asked[-1]
    assert argv[-3:] == ["plan", "--imageset", "-"]
    assert stdin == "kind: ImageSetConfiguration\n"


def test_where_up_has_not_been_it_says_what_to_type_next(plan):
    with pytest.raises(HostError, match="has no mirror agent") as caught:
        plan(MirrorHost({}, is_installed=False))
    typed = with_inventory(caught.value.fix, Path("/sites/my lab")).split("`")[1::2]
    assert typed == [
        "bootstrap-registry check -i '/sites/my lab'",
        "bootstrap-registry up -i '/sites/my lab'",
    ]


def test_an_older_agent_is_told_to_be_brought_up_to_date(plan):
    refusal = {"what": "x", "why": "unrecognized arguments: --imageset -", "fix": "usage", "exit_code": 2}
    with pytest.raises(HostError, match="cannot make this plan"):
        plan(MirrorHost({"error": refusal}))


def test_an_image_set_that_cannot_be_read_is_told_by_its_path(plan):
    plan.imageset.unlink()
    with pytest.raises(ConfigError, match=r"cannot read the image set .*imageset\.yaml"):
        plan(MirrorHost(ANSWER))
