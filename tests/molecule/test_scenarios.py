"""Every molecule scenario passes on one host, which each leaves as it found it."""

import pytest

from tests.molecule.conftest import ROOT

# Scenarios that have hosts of their own are run by themselves.
ELSEWHERE = {"vm"}
SCENARIOS = sorted({path.parent.name for path in ROOT.glob("molecule/*/molecule.yml")} - ELSEWHERE)


# Its role has Ansible carry files to the host, which mitogen does in its own way; the driver uses mitogen.
BY_MITOGEN = {"mirror_tools-alternative"}


@pytest.fixture
def passes(molecule, lab):
    """Return a function that runs `molecule WORDS`; what a failure leaves is no business of the next test."""

    def run(*words, **more):
        try:
            molecule(*words, **more)
        except BaseException:
            lab()
            raise

    return run


@pytest.mark.sandbox
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario(passes, scenario):
    strategy = "mitogen" if scenario in BY_MITOGEN else "linear"
    passes("test", "--scenario-name", scenario, "--destroy=never", strategy=strategy)


# All that `up` and `down` do with mitogen is in tests/e2e; they never ask for check mode.
@pytest.mark.sandbox
def test_check_mode_of_the_whole_way_works_and_changes_nothing_under_mitogen_too(passes):
    passes("check", "--scenario-name", "default", strategy="mitogen")
    passes("side-effect", "--scenario-name", "default")
