"""Every molecule scenario passes, under Ansible's own strategy and under mitogen's."""

import os
import subprocess
import sys
from pathlib import Path

import ansible_mitogen
import pytest

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = sorted(path.parent.name for path in ROOT.glob("molecule/*/molecule.yml"))
MITOGEN = Path(ansible_mitogen.__file__).parent / "plugins/strategy"
STRATEGIES = {
    "linear": {},
    "mitogen": {"ANSIBLE_STRATEGY": "mitogen_linear", "ANSIBLE_STRATEGY_PLUGINS": str(MITOGEN)},
}


@pytest.mark.sandbox
@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario(scenario, strategy, tmp_path):
    here = Path(sys.executable).parent
    environment = {
        **os.environ,
        **STRATEGIES[strategy],
        "PATH": f"{here}:{os.environ['PATH']}",
        "MOLECULE_EPHEMERAL_DIRECTORY": str(tmp_path / scenario),
        "ANSIBLE_HOME": str(tmp_path / "ansible"),
        "ANSIBLE_NOCOLOR": "1",
        "NO_COLOR": "1",
    }
    done = subprocess.run(
        [str(here / "molecule"), "test", "--scenario-name", scenario],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, f"{done.stdout[-12000:]}\n{done.stderr[-6000:]}"
