"""One driver at a time changes a site's hosts."""

import json
import threading
import time
from types import SimpleNamespace

from bootstrap.workflow.progress import Silent
from bootstrap.workflow.turn import Turn, asker, asker_text


class Listening(Silent):
    def __init__(self):
        self.notes, self.is_told = [], threading.Event()

    def note(self, text):
        self.notes.append(text)
        self.is_told.set()


def site(directory):
    return SimpleNamespace(state=SimpleNamespace(directory=directory), source=directory / "inventory")


def test_the_second_one_is_told_who_is_at_work_and_waits(tmp_path):
    progress, order = Listening(), []

    def second():
        with Turn(site(tmp_path), "mirror", progress):
            order.append("second")

    with Turn(site(tmp_path), "up", Silent()) as first:
        thread = threading.Thread(target=second)
        thread.start()
        assert progress.is_told.wait(30)
        order.append("first")
    thread.join(30)
    assert order == ["first", "second"]
    assert progress.notes == [f"{asker_text(first.asker)} is at work on this site: waiting for it"]
    assert f"bootstrap-registry up -i {tmp_path}" in progress.notes[0]


def test_nothing_is_made_where_there_is_no_site_state(tmp_path):
    state = tmp_path / "state"
    with Turn(site(state), "up", Silent()) as turn:
        assert not state.exists()
        state.mkdir()
        turn.take()
        assert json.loads((state / "driver.lock").read_text())["pid"] == turn.asker["pid"]
        turn.end()


def test_a_turn_that_has_ended_is_the_next_ones(tmp_path):
    first, second = (Turn(site(tmp_path), "up", Silent()) for _ in range(2))
    first.take()
    first.end()
    begin = time.monotonic()
    second.take()
    second.end()
    assert time.monotonic() - begin < 5


def test_who_is_not_known_is_somebody():
    assert asker_text({}) == "somebody"
    assert asker("up")["command"] == "up"


def test_a_state_that_cannot_be_written_is_left_to_the_check(tmp_path):
    (tmp_path / "driver.lock").mkdir()
    with Turn(site(tmp_path), "up", Silent()):
        assert (tmp_path / "driver.lock").is_dir()
