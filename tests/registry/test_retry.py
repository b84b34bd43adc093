import datetime as dt
import email.utils
import threading

import pytest

from bootstrap.errors import NotFound, TransferError
from bootstrap.oci.descriptor import Descriptor
from bootstrap.oci.digest import Digest
from bootstrap.registry import retry
from bootstrap.registry.retry import Gate, RetryPolicy, Stopped, retry_after_seconds


def _failure(*, is_temporary=True):
    return TransferError("cannot do it", why="503", fix="wait", is_temporary=is_temporary)


def _failing(times, failure):
    calls = []

    def attempt():
        calls.append(1)
        if len(calls) <= times:
            raise failure
        return len(calls)

    return attempt, calls


def test_what_is_temporary_is_tried_again(waits):
    attempt, _ = _failing(3, _failure())
    assert RetryPolicy(attempts=4).run(attempt) == 4
    assert len(waits) == 3


def test_after_the_last_attempt_the_failure_says_how_often_it_was_tried(waits):
    attempt, calls = _failing(9, _failure())
    with pytest.raises(TransferError, match=r"503 \(tried 4 times\)") as caught:
        RetryPolicy(attempts=4).run(attempt)
    assert caught.value.is_temporary
    assert (len(calls), len(waits)) == (4, 3)


@pytest.mark.parametrize(
    "failure", [_failure(is_temporary=False), NotFound("x", why="y", fix="z"), ValueError()]
)
def test_what_is_not_temporary_is_tried_once(failure, waits):
    attempt, calls = _failing(9, failure)
    with pytest.raises(type(failure)):
        RetryPolicy().run(attempt)
    assert (len(calls), waits) == (1, [])


def test_waits_double_with_jitter_up_to_a_bound():
    policy = RetryPolicy(first_seconds=1.0, longest_seconds=10.0)
    for attempt, bound in enumerate([1.0, 2.0, 4.0, 8.0, 10.0, 10.0], start=1):
        for _ in range(50):
            assert bound / 2 <= policy.delay_seconds(attempt) <= bound


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(None, None), ("7", 7.0), (" 7 ", 7.0), ("", None), ("soon", None), ("-3", None), ("1.5", None)],
)
def test_retry_after_is_read(value, seconds):
    assert retry_after_seconds(value) == seconds


def test_retry_after_may_be_a_date():
    then = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=100)
    assert retry_after_seconds(email.utils.format_datetime(then, usegmt=True)) == pytest.approx(100, abs=3)
    assert retry_after_seconds("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0


def test_a_gate_holds_everybody_back_and_never_for_ever(waits):
    gate = Gate()
    gate.pass_through()
    assert waits == []
    gate.close_for(10)
    gate.close_for(2)
    gate.pass_through()
    gate.close_for(1e6)
    gate.pass_through()
    assert waits == [pytest.approx(10, abs=1), pytest.approx(300, abs=1)]


def test_a_stop_ends_a_wait_that_has_begun(monkeypatch):
    stop, slept = threading.Event(), []

    def sleep(seconds):
        slept.append(seconds)
        if len(slept) == 3:
            stop.set()

    monkeypatch.setattr(retry, "_recorded", None)
    monkeypatch.setattr("time.sleep", sleep)
    with pytest.raises(Stopped):
        retry.wait(300, stop)
    assert len(slept) == 3
    assert max(slept) <= 0.1


BLOB = Descriptor("application/octet-stream", Digest.of(b"x" * 20), 20)


def _gate(client, fake):
    fake.faults.add("status", "HEAD", status=429, headers={"Retry-After": "300"})
    client.head_blob("a/b", BLOB.digest)


def _request(client, fake):
    fake.faults.add("status", "HEAD", status=503, times=None)
    client.head_blob("a/b", BLOB.digest)


def _download(client, fake):
    fake.contents.blobs["a/b", str(BLOB.digest)] = b"x" * 20
    fake.faults.add("truncate", "GET .*/blobs/", times=None, after=7)
    with client.open_blob("a/b", BLOB.digest) as reader:
        list(reader)


def _chunk(client, fake):
    fake.faults.add("reset", "PATCH", times=None)
    client._uploads.chunk_size = 10
    client.push_blob("a/b", BLOB, [b"x" * 20])


@pytest.mark.parametrize("does", [_gate, _request, _download, _chunk])
def test_who_is_told_to_stop_does_not_try_again(fake, does):
    stop = threading.Event()
    with fake.client(retries=RetryPolicy(stop=stop)) as client:
        client.ping()
        fake.log.clear()
        stop.set()
        with pytest.raises(Stopped):
            does(client, fake)
    assert fake.count("HEAD|GET|PATCH") <= 1
