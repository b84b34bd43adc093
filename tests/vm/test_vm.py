"""The molecule scenario `vm`: a reboot, and a power cut in the middle of a run. By `make test-vm` alone."""

import os
import subprocess
import sys
from pathlib import Path

import ansible_mitogen
import pytest

ROOT = Path(__file__).resolve().parents[2]
MITOGEN = Path(ansible_mitogen.__file__).parent / "plugins/strategy"

pytestmark = [pytest.mark.sandbox, pytest.mark.vm]


def test_the_registry_outlives_a_reboot_and_a_power_cut(tmp_path):
    here = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{here}:{os.environ['PATH']}",
        "MOLECULE_EPHEMERAL_DIRECTORY": str(tmp_path / "vm"),
        "ANSIBLE_HOME": str(tmp_path / "ansible"),
        "ANSIBLE_STRATEGY": "mitogen_linear",
        "ANSIBLE_STRATEGY_PLUGINS": str(MITOGEN),
        "ANSIBLE_CALLBACKS_ENABLED": "ansible.posix.profile_tasks",
        "ANSIBLE_NOCOLOR": "1",
        "NO_COLOR": "1",
    }
    # What it says is seen while it goes on: it takes many minutes where the machine is emulated.
    done = subprocess.run(
        [str(here / "molecule"), "test", "--scenario-name", "vm"], cwd=ROOT, env=environment, timeout=3000
    )
    assert done.returncode == 0
