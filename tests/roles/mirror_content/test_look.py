"""Which agents a host has, and which of them nobody uses."""

import subprocess
import sys

import pytest


@pytest.fixture
def found_agents(plugin):
    return plugin("mirror_content", "library", "mirror_content_look").found_agents


def test_an_agent_that_the_link_names_or_a_process_runs_is_not_old(found_agents, tmp_path):
    for name in ("agent-1.pyz", "agent-2.pyz", "agent-3.pyz"):
        (tmp_path / name).write_text("import sys; print('here', flush=True); sys.stdin.read()")
    (tmp_path / "agent.pyz").symlink_to("agent-3.pyz")
    live = subprocess.Popen(
        [sys.executable, str(tmp_path / "agent-2.pyz")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        live.stdout.readline()  # before it has begun, /proc does not tell its arguments
        names, old = found_agents(tmp_path)
    finally:
        live.communicate()
    assert names == ["agent-1.pyz", "agent-2.pyz", "agent-3.pyz"]
    assert old == [str(tmp_path / "agent-1.pyz")]
    assert found_agents(tmp_path / "absent") == ([], [])
