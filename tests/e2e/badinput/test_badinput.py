"""Bad input is refused with what, why and fix, every problem at once, and changes neither site nor host.

The table is CASES. Each case is run on a fresh copy of a good site with `up`, which would change the host.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.badinput import arguments, certificates, controllers, imagesets, inventories, secrets, settings
from tests.e2e.badinput.case import copy_of
from tests.e2e.badinput.page import whats
from tests.e2e.snapshot import differences, snapshot

pytestmark = pytest.mark.sandbox

CASES = [
    *arguments.CASES,
    *inventories.CASES,
    *settings.CASES,
    *imagesets.CASES,
    *secrets.CASES,
    *certificates.CASES,
    *controllers.CASES,
]
_AT_ONCE = 2


@pytest.fixture(scope="module")
def untouched(host):
    """The host before the first case."""
    return snapshot(host)


@pytest.fixture(scope="module")
def refusals(request, lab, host, untouched, tmp_path_factory):
    """Run every case that was asked for, some at a time; a case's outcome is called for by its name."""
    directory = tmp_path_factory.mktemp("sites")

    def run(case):
        site = copy_of(lab.inventory, directory / str(CASES.index(case)), host.fqdn)
        case.spoil(site)
        return site.run()

    asked = [
        item.callspec.params["case"]
        for item in request.session.items
        if item.path == request.path and hasattr(item, "callspec")
    ]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        running = {case.name: pool.submit(run, case) for case in asked}
        yield lambda case: running[case.name].result()


def test_the_table_has_no_name_twice():
    names = [case.name for case in CASES]
    assert sorted(set(names)) == sorted(names)
    assert len(names) >= 60


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_bad_input_is_refused(case, refusals):
    refused = refusals(case)
    assert "Traceback" not in refused.out + refused.err
    assert refused.code == case.code, refused.err
    left = list(case.told)
    for problem in refused.problems:
        assert all(problem), f"a sentence is missing: {problem}"
        fitting = [
            told for told in left if all(part in said for part, said in zip(told, problem, strict=True))
        ]
        assert fitting, f"not expected: {problem}"
        left.remove(fitting[0])
    assert left == []
    assert refused.changes == []
    patterns = whats()
    said = [problem.what.removeprefix("registry1: ") for problem in refused.problems]
    assert [what for what in said if not any(pattern.fullmatch(what) for pattern in patterns)] == []


def test_no_refusal_changed_the_host(refusals, untouched, host):
    assert differences(untouched, snapshot(host)) == []
