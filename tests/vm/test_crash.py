"""Whoever made a virtual machine may die at once and lose all he knew of it: `destroy` finds it."""

import os
import signal
import subprocess
import sys

import pytest

from bootstrap.sandbox.names import Addresses
from bootstrap.sandbox.sandbox import Sandbox
from bootstrap.sandbox.state import load
from bootstrap.sandbox.waiting import wait_until
from tests.sandbox.traces import traces

pytestmark = [pytest.mark.sandbox, pytest.mark.vm]
CREATE = """
import sys
from pathlib import Path
from bootstrap.sandbox.sandbox import Sandbox
Sandbox(Path(sys.argv[1])).create(("registry1",), upstream=False, vms=("registry1",))
"""


def test_destroying_leaves_nothing_of_a_machine_whose_maker_was_killed(tmp_path):
    lost = Sandbox(tmp_path)
    console = lost.folder / "hosts/registry1/console.log"
    with subprocess.Popen([sys.executable, "-c", CREATE, str(tmp_path)]) as maker:
        assert wait_until(console.exists, timeout_seconds=900)
        os.kill(maker.pid, signal.SIGKILL)
    state = lost.folder / "state.json"
    addresses = Addresses(lost.names.id, load(state, tmp_path).range)
    assert any("qemu" in line for line in traces(lost, addresses))
    state.unlink()
    lost.destroy()
    assert traces(lost, addresses) == []
    assert list(tmp_path.rglob("*")) == []
