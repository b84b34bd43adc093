import os
import signal
import threading

import pytest

from bootstrap.precache.disk.apart import apart


def test_what_was_interrupted_has_ended_when_the_interrupt_is_handed_on():
    stop, ended = threading.Event(), []

    def work():
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.wait(20)
        ended.append(True)

    with pytest.raises(KeyboardInterrupt):
        apart(work, stop)
    assert ended


def test_its_failure_is_raised_here_and_its_value_given():
    stop = threading.Event()
    assert apart(lambda: 7, stop) == 7
    with pytest.raises(ZeroDivisionError):
        apart(lambda: 1 // 0, stop)
    assert not stop.is_set()
