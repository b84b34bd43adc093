"""Every problem of the host itself, provoked there: `up` refuses, and the host stays as provoked."""

import pytest

from tests.e2e.check.cases import ON_THE_HOST
from tests.e2e.check.test_refusals import judge, refusal
from tests.e2e.snapshot import differences, snapshot

pytestmark = pytest.mark.sandbox


@pytest.mark.parametrize("case", ON_THE_HOST, ids=lambda case: case.name)
def test_up_refuses_what_is_wrong_with_the_host(case, world, request, monkeypatch):
    if case.needs_up:
        request.getfixturevalue("up")
    with case.provoke(world) as site:
        before = snapshot(world.host)
        problems = refusal(site, monkeypatch)
        assert differences(before, snapshot(world.host)) == []
    judge(case, problems)
