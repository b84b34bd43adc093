from __future__ import annotations

import contextlib
import threading

import pytest

from bootstrap.oci.descriptor import Descriptor
from bootstrap.oci.digest import Digest
from bootstrap.registry.pace import Pace

BLOB = Descriptor("application/octet-stream", Digest.of(b"bytes"), 5)


def transfers(pace, count, *, failing=0):
    """Be so many transfers at once, of which some fail."""
    with contextlib.ExitStack() as held:
        for _ in range(count):
            held.enter_context(pace.slot())
        for _ in range(failing):
            pace.failed()


def test_one_outage_is_one_step_down_however_many_transfers_it_hits():
    pace = Pace(8)
    transfers(pace, 8, failing=8)
    assert pace.limit == 4
    transfers(pace, 4, failing=4)
    assert pace.limit == 2


def test_it_never_comes_down_to_nothing_and_goes_up_to_the_bound_and_no_further():
    pace = Pace(8)
    for _ in range(20):
        transfers(pace, 1, failing=1)
    assert pace.limit == 1
    limits = []
    for _ in range(60):
        transfers(pace, 1)
        limits.append(pace.limit)
    assert limits == sorted(limits)
    assert set(limits) == set(range(2, 9))


def test_a_transfer_that_fails_is_no_reason_to_go_up():
    pace = Pace(8)
    transfers(pace, 1, failing=1)
    with contextlib.suppress(ValueError), pace.slot():
        raise ValueError
    assert pace.limit == 4


def test_a_question_that_fails_while_nothing_is_moved_says_nothing_about_transfers():
    pace = Pace(8)
    pace.failed()
    assert pace.limit == 8


def test_the_bound_is_what_it_starts_at_and_a_registry_in_trouble_stays_below_a_higher_one():
    pace = Pace()
    pace.allow(6)
    assert pace.limit == 6
    pace.allow(8)
    assert pace.limit == 8
    transfers(pace, 1, failing=1)
    pace.allow(16)
    assert pace.limit == 4
    pace.allow(2)
    assert pace.limit == 2


def test_who_comes_too_many_waits_until_another_has_ended():
    pace, inside, done = Pace(2), threading.Semaphore(0), []
    release = threading.Event()

    def transfer():
        with pace.slot():
            inside.release()
            release.wait(20)
            done.append(pace._busy)

    threads = [threading.Thread(target=transfer) for _ in range(6)]
    for thread in threads:
        thread.start()
    for _ in range(2):
        assert inside.acquire(timeout=20)
    assert not inside.acquire(blocking=False)
    release.set()
    for thread in threads:
        thread.join()
    assert len(done) == 6
    assert max(done) <= 2


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_a_registry_answers_under_load_steps_down(fake, client, status):
    client.pace.allow(8)
    fake.faults.add("status", "HEAD", status=status)
    with client.pace.slot():
        client.head_blob("a/b", BLOB.digest)
    assert (client.pace.limit, client.pace.retries) == (4, 1)


@pytest.mark.parametrize("kind", ["reset", "stall", "truncate"])
def test_a_connection_that_breaks_or_goes_silent_steps_down(fake, kind):
    with fake.client(timeout_seconds=0.3) as client:
        client.push_blob("a/b", BLOB, [b"bytes"])
        client.pace.allow(8)
        fault = fake.faults.add(kind, "GET .*/blobs/")
        with client.pace.slot(), client.open_blob("a/b", BLOB.digest) as chunks:
            assert b"".join(chunks) == b"bytes"
        fault.release()
        assert (client.pace.limit, client.pace.retries) == (4, 1)


def test_a_plain_no_is_no_reason_to_be_slower(fake, client):
    client.pace.allow(8)
    with client.pace.slot():
        assert client.head_blob("a/b", BLOB.digest) is None
    assert (client.pace.limit, client.pace.retries) == (8, 0)
