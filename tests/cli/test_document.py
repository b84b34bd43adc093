"""The one JSON document."""

import json
from dataclasses import dataclass
from pathlib import Path

from bootstrap.cli.document import document, flatten
from bootstrap.errors import ConfigError, ExitCode, HostError, Problems

WRONG = ConfigError("w", why="y", fix="f")


@dataclass(frozen=True)
class Result:
    path: Path
    problem: HostError | None = None


def test_a_good_end():
    told = json.loads(document("up", ExitCode.OK, (), Result(Path("a/b"))))
    assert told == {
        "schema": 1,
        "command": "up",
        "outcome": "ok",
        "exit_code": 0,
        "problems": [],
        "result": {"path": "a/b", "problem": None},
    }


def test_a_failure_tells_its_problems():
    told = json.loads(document("up", ExitCode.CONFIG, (WRONG,), None))
    assert told["outcome"] == "failed"
    assert told["problems"] == [{"what": "w", "why": "y", "fix": "f", "exit_code": 2}]
    assert told["result"] is None


def test_ctrl_c_is_an_outcome_of_its_own():
    assert json.loads(document("up", ExitCode.INTERRUPTED, (), None))["outcome"] == "interrupted"


def test_problems_found_together_are_told_one_by_one():
    assert flatten(Problems([WRONG, WRONG])) == (WRONG, WRONG)
    assert flatten(WRONG) == (WRONG,)
