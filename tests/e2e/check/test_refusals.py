"""Every problem that a check knows, provoked for real: `up` refuses, and the host is as it was."""

import pytest

from bootstrap.cli.document import flatten
from bootstrap.errors import BootstrapError
from bootstrap.workflow import up as workflow
from tests.e2e.check.cases import ELSEWHERE, FILES, ON_THE_HOST
from tests.e2e.snapshot import differences, snapshot

pytestmark = pytest.mark.sandbox


def refusal(site, monkeypatch):
    """Return the problems for which `up` refuses; it goes no further than its check."""

    def not_refused(*_args, **_kwargs):
        raise AssertionError("up was not refused")

    for step in ("ensure_registry_image", "configure"):
        monkeypatch.setattr(workflow, step, not_refused)
    with pytest.raises(BootstrapError) as caught:
        workflow.up(site)
    return flatten(caught.value)


def judge(case, problems):
    """See that the case is told, and nothing else."""
    told = "\n".join(map(str, problems))
    fitting = [each for each in problems if case.what in each.what and case.why in each.why]
    assert fitting, told
    assert case.fix in fitting[0].fix, told
    assert fitting[0].exit_code == case.code, told
    rest = [each.what for each in problems if each is not fitting[0]]
    assert len(rest) == len(case.others), told
    assert all(any(other in what for what in rest) for other in case.others), told


def test_there_are_enough_of_them():
    assert len(ON_THE_HOST) + len(ELSEWHERE) - len(FILES) >= 40
    names = [case.name for case in (*ON_THE_HOST, *ELSEWHERE)]
    assert len(set(names)) == len(names)


@pytest.fixture(scope="module")
def untouched(world):
    """The host before the first case that leaves it alone, compared after the last one."""
    before = snapshot(world.host)
    yield
    assert differences(before, snapshot(world.host)) == []


@pytest.mark.parametrize("case", ELSEWHERE, ids=lambda case: case.name)
def test_up_refuses_what_is_wrong_around_the_host(case, world, untouched, monkeypatch):
    with case.provoke(world) as site:
        problems = refusal(site, monkeypatch)
    judge(case, problems)
