"""Every problem that a check knows, provoked for real: `up` refuses, and the host is as it was."""

import pytest

from bootstrap.cli.document import flatten
from bootstrap.errors import BootstrapError
from bootstrap.workflow import up as workflow
from tests.e2e.check.cases import CASES, ON_HOST_OR_NETWORK
from tests.e2e.snapshot import differences, snapshot

pytestmark = pytest.mark.sandbox


def refusal(site, monkeypatch, **arguments):
    """Return the problems for which `up` refuses; it goes no further than its check."""

    def not_refused(*_args, **_kwargs):
        raise AssertionError("up was not refused")

    for step in ("ensure_registry_image", "configure"):
        monkeypatch.setattr(workflow, step, not_refused)
    with pytest.raises(BootstrapError) as caught:
        workflow.up(site, **arguments)
    return flatten(caught.value)


def test_there_are_enough_of_them():
    assert len(ON_HOST_OR_NETWORK) >= 40
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_up_refuses_says_why_and_changes_nothing(case, world, up, monkeypatch):
    with case.provoke(world) as site:
        before = snapshot(world.host)
        problems = refusal(site, monkeypatch)
        after = snapshot(world.host)
    told = "\n".join(map(str, problems))
    fitting = [each for each in problems if case.what in each.what and case.why in each.why]
    assert fitting, told
    assert case.fix in fitting[0].fix, told
    assert fitting[0].exit_code == case.code, told
    rest = [each.what for each in problems if each is not fitting[0]]
    assert len(rest) == len(case.others), told
    assert all(any(other in what for what in rest) for other in case.others), told
    assert differences(before, after) == []
