"""The one place that starts a child."""

import os
import sys
import time
from pathlib import Path

import pytest

from bootstrap import process
from bootstrap.errors import TransferError
from bootstrap.process import run


def test_what_a_child_reads_says_and_returns():
    done = run(["sh", "-c", "cat; echo no >&2; exit 3"], stdin="yes", check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, "yes", "no\n")


def test_a_child_that_fails_is_named_with_its_words():
    with pytest.raises(TransferError, match="sh failed") as caught:
        run(["sh", "-c", "echo no >&2; exit 3"])
    assert caught.value.why == "exit code 3: no"


def test_a_program_that_is_missing_is_named():
    with pytest.raises(TransferError, match="cannot run surely-not-there"):
        run(["surely-not-there"])


def test_much_on_both_streams_does_not_block():
    done = run(["sh", "-c", "head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero"], timeout_seconds=20)
    assert len(done.stdout) == len(done.stderr) == 300000


def test_a_slow_child_is_killed_with_all_its_children(tmp_path):
    note = tmp_path / "pid"
    with pytest.raises(TransferError, match="did not end") as caught:
        run(["sh", "-c", f"sleep 600 & echo $! > {note}; wait"], timeout_seconds=1)
    assert caught.value.is_temporary
    pid, deadline = int(note.read_text()), time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and is_running(pid):
        assert time.monotonic() < deadline


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_child_gets_the_environment_it_is_given_and_no_other():
    assert run(["env"], env={"PATH": os.environ["PATH"], "A": "b"}).stdout.split() == [
        f"PATH={os.environ['PATH']}",
        "A=b",
    ]


def test_undecodable_output_is_shown_not_raised():
    assert run(["printf", "\\377"]).stdout == "\N{REPLACEMENT CHARACTER}"


def test_a_detached_child_is_in_a_session_of_its_own_and_its_words_are_kept(tmp_path):
    output = tmp_path / "output"
    say = "import os; print(os.getsid(0) == os.getpid(), flush=True); print(os.getcwd())"
    child = process.detach([sys.executable, "-c", say], output=str(output))
    deadline = time.monotonic() + 30
    while child.returncode() is None:
        assert time.monotonic() < deadline
    assert (child.returncode(), output.read_text()) == (0, "True\n/\n")


def test_a_detached_program_that_is_missing_is_named(tmp_path):
    with pytest.raises(TransferError, match="cannot run no-such-program"):
        process.detach(["no-such-program"], output=str(tmp_path / "output"))
