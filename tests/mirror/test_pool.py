from __future__ import annotations

import threading

import pytest

from bootstrap.errors import NotFound
from bootstrap.mirror.pool import Stopped, WorkPool, each


def pool(workers=2):
    stop = threading.Event()
    return WorkPool(workers, stop), stop


def test_tasks_are_done_by_priority_then_in_order_and_may_add_more():
    work, _ = pool(1)
    done = []

    def task(name, *more):
        def run():
            done.append(name)
            for priority, other in more:
                work.add(priority, task(other))

        return run

    work.add(1, task("late"))
    work.add(0, task("first", (0, "urgent"), (1, "later")))
    work.add(1, task("last"))
    work.run(lambda: None)
    assert done == ["first", "urgent", "late", "last", "later"]


def test_without_tasks_there_is_nothing_to_wait_for():
    work, _ = pool()
    work.run(lambda: None)


def test_what_a_task_raises_comes_out_of_run():
    work, _ = pool()
    work.add(0, [].pop)
    with pytest.raises(IndexError):
        work.run(lambda: None)


def test_a_stop_leaves_the_rest_undone():
    work, stop = pool(1)
    done = []
    work.add(0, stop.set)
    work.add(1, lambda: done.append(1))
    with pytest.raises(Stopped):
        work.run(lambda: None)
    assert done == []


def test_every_task_of_many_is_done_once_by_several_workers():
    work, _ = pool(8)
    done, lock = [], threading.Lock()

    def leaf(number):
        def run():
            with lock:
                done.append(number)

        return run

    for number in range(500):
        work.add(1, lambda number=number: work.add(0, leaf(number)))
    work.run(lambda: None)
    assert sorted(done) == list(range(500))


def test_ticks_come_twice_a_second_however_many_tasks_there_are(monkeypatch):
    monkeypatch.setattr("bootstrap.mirror.pool.TICK_SECONDS", 30.0)
    work, _ = pool(2)
    ticks = []
    for _ in range(200):
        work.add(0, lambda: work.add(0, lambda: None))
    work.run(lambda: ticks.append(1))
    assert ticks == []


def test_each_gives_results_and_our_errors_in_order_and_lets_bugs_through():
    error = NotFound("x", why="y", fix="z")

    def function(number):
        if number == 1:
            raise error
        return number * 2

    assert each(function, range(3), workers=2, stop=threading.Event()) == [0, error, 4]
    with pytest.raises(ZeroDivisionError):
        each(lambda number: 1 // number, [0], workers=2, stop=threading.Event())


def test_each_ends_when_stopped():
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        each(str, range(3), workers=1, stop=stop)
