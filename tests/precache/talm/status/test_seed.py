"""The status that the document prints, verbatim but for what its HTML left in it: T2, T3, T4, T6."""

import datetime as dt
import re

import pytest

from bootstrap.errors import ConfigError, ExitCode
from bootstrap.precache.talm.status.group import parse_groups
from bootstrap.precache.talm.status.judge import judge
from tests.cluster.seed_blocks import SEEDS, needs_seeds

pytestmark = needs_seeds
_CALLOUT = re.compile(r'(?<=[",])\s+\d+\s+(?=["\]}])')  # a number in a circle


def printed(nth):
    """Return the ``nth`` status of the document."""
    lines = (SEEDS / "003_31dc6fbcaf169715.txt").read_text(encoding="utf-8").splitlines()
    found = [line for line in lines if '"conditions":' in line]
    return _CALLOUT.sub(" ", found[nth - 1])


def test_row_j3_the_first_is_read_as_of_the_older_generation_and_its_release_is_named():
    (group,) = parse_groups(printed(1), "the document")
    found = judge(group, dt.datetime(2022, 1, 27, 19, 10, tzinfo=dt.UTC))
    assert found.conditions == "PrecachingDone"
    assert [(each.name, str(each.state)) for each in found.clusters] == [("cnfdb1", "Active")]
    assert (found.go, found.exit_code) == (False, ExitCode.CONFIG)
    assert "platformImage is image.example.io" in found.problems[0].why


def test_row_j3_the_second_is_cut_off_and_refused():
    with pytest.raises(ConfigError, match="cannot read the document"):
        parse_groups(printed(2), "the document")
