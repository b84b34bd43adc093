"""Every molecule scenario passes on one host, which each leaves as it found it."""

import pytest

from tests.molecule.conftest import ROOT

# Scenarios that have hosts of their own are run by themselves.
ELSEWHERE = {"vm"}
SCENARIOS = sorted({path.parent.name for path in ROOT.glob("molecule/*/molecule.yml")} - ELSEWHERE)
# Mitogen pays where a play is long, and is proved by the one that has every task.
RUNS = [("default", "mitogen"), *((name, "linear") for name in SCENARIOS)]


@pytest.mark.sandbox
@pytest.mark.parametrize(("scenario", "strategy"), RUNS)
def test_scenario(molecule, lab, scenario, strategy):
    try:
        molecule("test", "--scenario-name", scenario, "--destroy=never", strategy=strategy)
    except BaseException:
        lab()  # what a failure left on the host is no business of the next scenario
        raise
