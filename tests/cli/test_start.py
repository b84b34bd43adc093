"""Ctrl-C while our own modules are read, and before a command has begun."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap.cli.waiting import say_waiting
from bootstrap.errors import ExitCode

# Ctrl-C at the moment when a module of ours begins to be read.
_STOPPED = """
import os, signal, sys
from bootstrap.cli import start

class Stop:
    def find_spec(self, name, *_more):
        if name == module:
            os.kill(os.getpid(), signal.SIGINT)

module = sys.argv.pop(1)
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Stop())
start.main()
"""


@pytest.mark.parametrize(
    "module", ["bootstrap.cli.main", "bootstrap.errors", "bootstrap.workflow.check_files"]
)
def test_ctrl_c_before_a_command_has_begun_is_quiet(module, tmp_path):
    argv = [sys.executable, "-c", _STOPPED, module, "check", "-i", str(tmp_path)]
    done = subprocess.run(argv, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (ExitCode.INTERRUPTED, "", "")


def test_a_command_that_reads_a_terminal_says_what_it_waits_for(monkeypatch, capsys):
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "r") as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        say_waiting(Path("file.json"), "something")
        assert capsys.readouterr().err == ""
        say_waiting(Path("-"), "something")
        assert "waiting for something" in capsys.readouterr().err
    os.close(ours)
