"""One command from start to exit code."""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from bootstrap.cli.session import Look, execute, problem_text
from bootstrap.errors import ConfigError, ExitCode

SAID = {
    "run_started": {"run": "r1", "operation": "mirror"},
    "run_finished": {"outcome": "ok", "seconds": 1.0},
}


def run(do, **options):
    with pytest.raises(typer.Exit) as caught:
        execute("mirror", Look(is_json=True), do, str, on_leaving="run {run} goes on", **options)
    return caught.value.exit_code


def tell(progress, kind):
    progress.mirror({"event": kind, **SAID[kind]})


def test_a_bug_is_a_problem_of_the_document_and_keeps_its_traceback(capsys):
    def do(_progress):
        raise ZeroDivisionError("by us")

    assert run(do) == 1
    printed = capsys.readouterr()
    (problem,) = json.loads(printed.out)["problems"]
    assert problem["what"] == "bootstrap-registry has a bug"
    assert problem["why"] == "ZeroDivisionError: by us"
    assert "Traceback" in printed.err


@pytest.fixture
def as_from_a_shell():
    """No signal is ignored, as it would be where all tests run under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def test_what_may_not_even_be_looked_at_is_no_bug(capsys):
    def do(_progress):
        raise PermissionError(errno.EACCES, "Permission denied", "/root/site.yaml")

    assert run(do) == ExitCode.HOST
    printed = capsys.readouterr()
    (problem,) = json.loads(printed.out)["problems"]
    assert (problem["what"], problem["why"]) == ("cannot use /root/site.yaml", "Permission denied")
    assert "Traceback" not in printed.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whoever_stops_us_is_told_which_run_goes_on(number, capsys, as_from_a_shell):
    before = signal.getsignal(number)

    def do(progress):
        tell(progress, "run_started")
        os.kill(os.getpid(), number)

    assert run(do) == 130
    printed = capsys.readouterr()
    assert "stopped: run r1 goes on" in printed.err
    assert json.loads(printed.out)["outcome"] == "interrupted"
    assert signal.getsignal(number) is before


def test_after_the_end_of_the_run_nothing_is_said_to_go_on(capsys):
    def do(progress):
        tell(progress, "run_started")
        tell(progress, "run_finished")
        raise KeyboardInterrupt

    assert run(do, on_interrupt="all is over") == 130
    assert "stopped: all is over" in capsys.readouterr().err


def test_a_reason_of_several_lines_stands_below_its_first_one():
    problem = ConfigError("cannot use f", why="a: no\nb: no", fix="correct them")
    alone = "error: cannot use f\n  why: a: no\n       b: no\n  fix: correct them"
    assert problem_text((problem,)) == alone
    assert problem_text((problem, problem)).count("\n          b: no\n     fix:") == 2


def test_a_result_that_cannot_be_printed_is_a_failure_and_no_traceback():
    run = (
        "import sys, typer; from bootstrap.cli.session import Look, execute\n"
        "try: execute('c', Look(), lambda _: 0, lambda _: 'x' * 9)\n"
        "except typer.Exit as ended: sys.exit(ended.exit_code)"
    )
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([sys.executable, "-c", run], stdout=full, stderr=subprocess.PIPE, text=True)
    assert "cannot write the result to standard output\n  why: No space left on device" in done.stderr
    assert "Exception ignored" not in done.stderr
    assert done.returncode == ExitCode.HOST


def test_who_ignores_hangups_goes_on_after_one():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert run(lambda _progress: os.kill(os.getpid(), signal.SIGHUP)) == 0
    finally:
        signal.signal(signal.SIGHUP, before)
