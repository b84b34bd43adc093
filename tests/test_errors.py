"""The tree of failures."""

import copy
import pickle

import pytest

from bootstrap import errors
from bootstrap.errors import BootstrapError, ConfigError, ExitCode, HostError, Problems, TransferError


def branches():
    found = [BootstrapError]
    for kind in found:
        found += kind.__subclasses__()
    return [kind for kind in found if kind is not Problems and kind.__module__ == errors.__name__]


@pytest.mark.parametrize("kind", branches())
def test_every_branch_says_what_why_and_fix_and_has_a_documented_code(kind):
    error = kind("w", why="y", fix="f")
    assert str(error) == "w\n  why: y\n  fix: f"
    assert ExitCode(error.exit_code).meaning
    assert error.exit_code not in (ExitCode.OK, ExitCode.INTERRUPTED)


@pytest.mark.parametrize("kind", branches())
def test_an_error_survives_being_copied_between_processes(kind):
    again = pickle.loads(pickle.dumps(kind("w", why="y", fix="f")))
    assert (type(again), again.why) == (kind, "y")


def test_problems_have_the_code_of_the_first_and_the_words_of_all():
    problems = Problems([HostError("a", why="b", fix="c"), ConfigError("d", why="e", fix="f")])
    assert problems.exit_code == ExitCode.HOST
    assert "a\n" in str(problems)
    assert "d\n" in str(problems)
    assert len(copy.copy(problems).problems) == 2


def test_a_transfer_is_not_temporary_unless_it_says_so():
    assert not TransferError("w", why="y", fix="f").is_temporary
