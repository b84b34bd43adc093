"""Progress as plain lines."""

import io

import pytest

from bootstrap.cli.lines import Lines, mirror_text, progress_text
from bootstrap.cli.units import bytes_text, seconds_text
from bootstrap.host.playbook import TaskEvent


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (1.4e9, "1.4 GB"), (25.3e12, "25.3 TB")]
)
def test_bytes(size, text):
    assert bytes_text(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59, "59 s"), (187, "3 min 07 s"), (7500, "2 h 05 min")]
)
def test_seconds(seconds, text):
    assert seconds_text(seconds) == text


def test_progress_tells_speed_and_time_left():
    event = {
        "bytes_done": 10**9,
        "bytes_total": 3 * 10**9,
        "images_done": 4,
        "images_total": 12,
        "seconds": 10.0,
    }
    assert progress_text(event) == "1.0 GB of 3.0 GB, 4 of 12 images, 100.0 MB/s, 20 s left"


def test_progress_before_the_first_second_divides_by_nothing():
    event = {"bytes_done": 0, "bytes_total": 9, "images_done": 0, "images_total": 1, "seconds": 0.0}
    assert "left" not in progress_text(event)


def test_roles_are_told_once_and_only_changes_and_failures_in_them():
    stream = io.StringIO()
    lines = Lines(stream)
    for outcome, task in [("started", "a"), ("ok", "a"), ("started", "b"), ("changed", "b"), ("failed", "c")]:
        lines.task(TaskEvent(outcome, "h1", "registry_tls", task))
    assert stream.getvalue().count("   registry_tls\n") == 1
    assert "changed     h1: b" in stream.getvalue()
    assert "failed      h1: c" in stream.getvalue()
    assert "h1: a" not in stream.getvalue()


def test_verbose_tells_every_task():
    stream = io.StringIO()
    Lines(stream, verbosity=1).task(TaskEvent("ok", "h1", "registry_tls", "a"))
    assert "h1: a" in stream.getvalue()


def test_an_event_that_needs_no_words_gets_none():
    assert mirror_text({"event": "something new"}) == ""


def test_a_run_that_moves_nothing_tells_no_speed():
    told = io.StringIO()
    event = {"event": "progress", "bytes_done": 0, "bytes_total": 0, "seconds": 1, "images_done": 2}
    Lines(told).mirror({**event, "images_total": 2})
    assert told.getvalue() == ""
