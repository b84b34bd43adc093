"""Several things at once, and nobody who has to be waited for."""

import subprocess
import sys
import threading

import pytest

from bootstrap.workflow.at_once import at_once


def test_answers_come_in_the_order_asked():
    gate = threading.Event()

    def slow():
        gate.wait(5)
        return "slow"

    def quick():
        gate.set()
        return "quick"

    assert at_once([slow, quick], most=2) == ["slow", "quick"]


def test_more_works_than_threads_are_all_done():
    assert at_once([lambda n=n: n for n in range(20)], most=3) == list(range(20))


def test_a_failure_is_raised_and_the_others_are_not_waited_for():
    never = threading.Event()
    with pytest.raises(ZeroDivisionError):
        at_once([lambda: never.wait(60), lambda: 1 / 0], most=2)
    never.set()


def test_an_interpreter_that_is_interrupted_ends_though_a_work_hangs():
    code = (
        "import threading, signal\n"
        "from bootstrap.workflow.at_once import at_once\n"
        "hang = threading.Event()\n"
        "at_once([hang.wait, lambda: signal.raise_signal(signal.SIGINT)], most=2)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert "KeyboardInterrupt" in done.stderr
