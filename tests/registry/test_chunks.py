"""Uploads to registries that take no blob as a whole, and to those that break them."""

from __future__ import annotations

import pytest

from bootstrap.errors import DigestMismatch, RegistryError, TransferError
from bootstrap.oci.descriptor import Descriptor
from bootstrap.oci.digest import Digest
from bootstrap.registry import chunks as chunks_module
from bootstrap.registry import upload as upload_module
from bootstrap.registry.chunks import ChunkedUpload
from bootstrap.registry.retry import RetryPolicy
from bootstrap.registry.session import Session, UploadLost, uploads
from bootstrap.registry.transport import Call
from tests.fakes.distribution import PROGRAM, distribution, is_installed
from tests.fakes.images import noise
from tests.fakes.registry import FakeRegistry

CONTENT = noise("chunks", 100_000)
BLOB = Descriptor("application/octet-stream", Digest.of(CONTENT), len(CONTENT))
PIECES = [CONTENT[start : start + 7_000] for start in range(0, len(CONTENT), 7_000)]
PATCH = "PATCH .*/uploads/"


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(upload_module, "CHUNK_SIZE", 30_000)
    monkeypatch.setattr(upload_module, "LEAST_CHUNK_SIZE", 10_000)
    monkeypatch.setattr(chunks_module, "LEAST_CHUNK_SIZE", 10_000)


def push(client, blob=BLOB, pieces=PIECES):
    """Push as a transfer does: once more where that may help."""
    RetryPolicy(attempts=3).run(lambda: client.push_blob("a/b", blob, pieces))


def sizes(fake, status=202):
    return [entry.size for entry in fake.log if entry.method == "PATCH" and entry.status == status]


@pytest.fixture
def chunked(fake, client):
    """A registry that takes only chunks, and a client that has found out."""
    fake.contents.whole = 405
    push(client, Descriptor("application/octet-stream", Digest.of(b"x"), 1), [b"x"])
    fake.log.clear()
    return fake


@pytest.mark.parametrize("status", [400, 405, 411, 413, 501])
def test_a_registry_that_refuses_the_whole_gets_chunks_and_then_always(fake, client, status):
    fake.contents.whole = status
    push(client)
    assert fake.contents.blobs["a/b", str(BLOB.digest)] == CONTENT
    assert sizes(fake) == [30_000, 30_000, 30_000, 10_000]
    fake.log.clear()
    push(client)
    assert [entry.method for entry in fake.log] == ["POST", *["PATCH"] * 4, "PUT"]


def test_another_400_is_no_wish_for_chunks(fake, client):
    fake.faults.add("status", "PUT .*/uploads/", status=400, body=b'{"errors":[{"code":"NAME_INVALID"}]}')
    with pytest.raises(RegistryError, match="NAME_INVALID"):
        push(client)
    assert fake.count(PATCH) == 0


def test_a_proxy_that_limits_bodies_gets_smaller_and_smaller_ones(fake, client):
    fake.contents.most_body = 12_000
    push(client)
    assert fake.contents.blobs["a/b", str(BLOB.digest)] == CONTENT
    assert max(sizes(fake)) == 10_000
    assert len(sizes(fake, 413)) == 1
    fake.log.clear()
    push(client)
    assert sizes(fake) == [10_000] * 10


def test_a_limit_below_the_smallest_chunk_is_named(fake, client):
    fake.contents.most_body = 9_000
    with pytest.raises(RegistryError, match="client_max_body_size"):
        push(client)
    assert not fake.contents.blobs


def test_the_chunks_that_a_registry_asks_for_are_no_smaller(chunked, client):
    chunked.contents.least_chunk = 45_000
    push(client)
    assert sizes(chunked) == [45_000, 45_000, 10_000]
    chunked.contents.least_chunk = 10**9
    with pytest.raises(RegistryError, match="OCI-Chunk-Min-Length"):
        push(client)


@pytest.mark.parametrize("after", [0, 11_111, 30_000])
def test_a_chunk_that_breaks_goes_on_where_the_registry_says(chunked, client, after):
    chunked.faults.add("reset", PATCH)  # the first one, before its first byte
    fault = chunked.faults.add("reset", PATCH, after=after)
    push(client)
    assert fault.times == 0
    assert chunked.contents.blobs["a/b", str(BLOB.digest)] == CONTENT
    assert sum(entry.size for entry in chunked.log if entry.method == "PATCH") == len(CONTENT)
    assert chunked.count("POST .*/uploads/") == 1


def test_a_chunk_whose_answer_is_lost_is_not_sent_again(chunked, client):
    chunked.faults.add("lost", PATCH)
    push(client)
    assert chunked.contents.blobs["a/b", str(BLOB.digest)] == CONTENT
    assert sum(entry.size for entry in chunked.log if entry.method == "PATCH") == len(CONTENT)
    assert chunked.count("POST .*/uploads/") == 1


def test_where_the_registry_does_not_say_the_upload_begins_again(chunked, client):
    chunked.contents.tells_offset = False
    chunked.faults.add("reset", PATCH, after=11_111)
    push(client)
    assert chunked.contents.blobs["a/b", str(BLOB.digest)] == CONTENT
    assert chunked.count("POST .*/uploads/") == 2


@pytest.mark.parametrize("told", ["0-200000", "0-5", "nonsense"])
def test_an_offset_that_cannot_be_is_not_believed(chunked, client, told):
    headers = {"Location": "/v2/a/b/blobs/uploads/x", "Range": told}
    chunked.faults.add("reset", PATCH, after=11_111)
    chunked.faults.add("status", "GET .*/uploads/", status=204, headers=headers)
    chunked.faults.add("status", "GET .*/uploads/", status=204, headers=headers)
    with pytest.raises(TransferError, match="has lost the upload") as caught:
        client.push_blob("a/b", BLOB, PIECES) if told != "0-5" else _second_chunk(chunked, client)
    assert caught.value.is_temporary
    assert not any(len(content) > 1 for content in chunked.contents.blobs.values())


def _second_chunk(chunked, client):
    """Have the second chunk break, so that the registry then says less than it had before."""
    chunked.faults._faults[0].times = 0

    def pieces():
        for number, piece in enumerate(PIECES):
            if number == 6:
                chunked.faults._faults[0].times = 1
            yield piece

    client.push_blob("a/b", BLOB, pieces())


def test_a_registry_that_breaks_every_chunk_is_given_up(chunked, client):
    chunked.faults.add("reset", PATCH, times=None)
    with pytest.raises(TransferError) as caught:
        client.push_blob("a/b", BLOB, PIECES)
    assert caught.value.is_temporary
    assert chunked.count(PATCH) == 5
    assert chunked.count("DELETE .*/uploads/") == 1


def test_wrong_bytes_never_make_a_blob_in_chunks_either(chunked, client):
    with pytest.raises(DigestMismatch):
        push(client, BLOB, [*PIECES[:-1], bytes(len(PIECES[-1]))])
    assert ("a/b", str(BLOB.digest)) not in chunked.contents.blobs
    assert not chunked.contents.uploads


def test_a_token_revoked_between_two_chunks_is_renewed():
    with FakeRegistry(auth="bearer") as fake, fake.client() as client:
        fake.contents.whole = 405
        push(client)
        fake.log.clear()

        def pieces():
            for number, piece in enumerate(PIECES):
                if number == 9:
                    fake.login.tokens.clear()
                yield piece

        client.push_blob("c/d", BLOB, pieces())
        assert fake.contents.blobs["c/d", str(BLOB.digest)] == CONTENT
        assert fake.count("POST .*/uploads/") == 1
        assert sizes(fake, 401)


@pytest.mark.skipif(not is_installed(), reason=f"{PROGRAM} is not installed")
def test_distribution_takes_chunks_and_is_not_asked_for_more_than_it_knows(tmp_path):
    with distribution(tmp_path) as real, real.client() as client:
        client._uploads.chunk_size = 30_000
        client.push_blob("a/b", BLOB, PIECES)
        with client.open_blob("a/b", BLOB.digest) as chunks:
            assert b"".join(chunks) == CONTENT
        # 2.8 has forgotten an upload that broke; as does one that is over.
        call = client._transport.ask
        session = Session(client._transport, "a/b", call(Call("POST", uploads("a/b"), "x", ok=(202,))), "x")
        broken = ChunkedUpload(session, 30_000, 0)
        broken._patch(CONTENT[:30_000])
        stale = session.url
        broken._patch(CONTENT[30_000:60_000])
        session.url = stale  # as after a chunk whose answer was lost
        with pytest.raises(UploadLost):
            broken._ask(30_000, 60_000)
