"""The one place that starts a child."""

import os
import subprocess
import sys
import threading
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


def test_what_is_followed_tells_its_lines_as_they_come_and_its_exit_code():
    said = []
    argv = ["sh", "-c", "echo one; echo two >&2; umask; printf three; exit 3"]
    code = process.follow(argv, said.append, threading.Event(), env={"PATH": os.environ["PATH"]}, cwd="/")
    assert (code, said) == (3, ["one", "two", "0022", "three"])


def test_what_is_followed_ends_with_all_its_group_when_we_stop(monkeypatch):
    monkeypatch.setattr(process, "_GRACE_SECONDS", 0.2)
    stop, pids = threading.Event(), []

    def on_line(line):
        pids.append(int(line))
        if len(pids) == 2:
            stop.set()

    argv = ["sh", "-c", "trap '' TERM; sleep 1000 & echo $!; echo $$; wait"]
    code = process.follow(argv, on_line, stop, env={"PATH": os.environ["PATH"]}, cwd="/")
    assert code < 0
    deadline = time.monotonic() + 30  # the kernel takes its moment
    while time.monotonic() < deadline and any(map(_is_alive, pids)):
        pass
    assert [pid for pid in pids if _is_alive(pid)] == []


def test_what_is_followed_ends_when_we_are_killed():
    script = (
        "import threading\nfrom bootstrap import process\n"
        "process.follow(['sleep', '1000'], print, threading.Event(), env={'PATH': '/bin'}, cwd='/')\n"
    )
    with subprocess.Popen([sys.executable, "-c", script]) as parent:
        children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
        deadline = time.monotonic() + 30
        child = 0
        while time.monotonic() < deadline and not _is(child, "sleep"):
            child = int((children.read_text().split() or ["0"])[0])
        assert _is(child, "sleep")
        parent.kill()
    while time.monotonic() < deadline and _is_alive(child):
        pass
    assert not _is_alive(child)


def test_a_program_to_follow_that_is_missing_is_named():
    with pytest.raises(TransferError, match="cannot run surely-not-there"):
        process.follow(["surely-not-there"], print, threading.Event(), env={}, cwd="/")


def _is(pid, name):
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip() == name
    except OSError:
        return False


def _is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
