"""One lab for all scenarios: what `molecule test --destroy=never` makes once, and `molecule destroy` ends."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import ansible_mitogen
import pytest

ROOT = Path(__file__).resolve().parents[2]
LAB = ROOT / ".lab" / "molecule"
MITOGEN = Path(ansible_mitogen.__file__).parent / "plugins/strategy"
STRATEGIES = {
    "linear": {},
    "mitogen": {"ANSIBLE_STRATEGY": "mitogen_linear", "ANSIBLE_STRATEGY_PLUGINS": str(MITOGEN)},
}


@pytest.fixture(scope="session")
def molecule():
    """Return a function that runs `molecule WORDS`, and fails with what it printed."""

    def run(*words, strategy="linear"):
        here = Path(sys.executable).parent
        environment = {
            **os.environ,
            **STRATEGIES[strategy],
            "PATH": f"{here}:{os.environ['PATH']}",
            "MOLECULE_EPHEMERAL_DIRECTORY": str(LAB),
            "ANSIBLE_HOME": str(LAB / "ansible"),
            "ANSIBLE_NOCOLOR": "1",
            "NO_COLOR": "1",
        }
        done = subprocess.run(
            [str(here / "molecule"), *words],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=900,
        )
        if done.returncode != 0:
            pytest.fail(f"{done.stdout[-12000:]}\n{done.stderr[-6000:]}", pytrace=False)

    return run


@pytest.fixture(scope="session")
def lab(molecule):
    """Return a function that ends the lab; the next scenario then has a new one."""

    def end():
        molecule("destroy", "--scenario-name", "default")
        shutil.rmtree(LAB, ignore_errors=True)

    end()
    yield end
    end()
