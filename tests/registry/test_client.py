"""The client against a registry that misbehaves."""

from __future__ import annotations

import threading

import pytest

from bootstrap.errors import ConfigError, Denied, DigestMismatch, NotFound, RegistryError, TransferError
from bootstrap.oci.descriptor import Descriptor
from bootstrap.oci.digest import Digest
from bootstrap.registry import client as client_module
from bootstrap.registry.client import RegistryClient
from bootstrap.registry.retry import RetryPolicy
from bootstrap.store.interface import CHUNK_SIZE
from bootstrap.store.remote import RemoteStore
from tests.fakes.images import make_image, noise, push
from tests.fakes.registry import FakeRegistry

CONTENT = noise("client", 2 * CHUNK_SIZE + 5)
BLOB = Descriptor("application/octet-stream", Digest.of(CONTENT), len(CONTENT))
CHUNKS = [CONTENT[start : start + 100_000] for start in range(0, len(CONTENT), 100_000)]


@pytest.fixture
def filled(fake, client):
    """A registry with one blob and one image in ``a/b``."""
    client.push_blob("a/b", BLOB, CHUNKS)
    push(RemoteStore(client), "a/b", make_image("client"), tag="v1")
    fake.log.clear()
    return fake


def _read(client):
    with client.open_blob("a/b", BLOB.digest) as chunks:
        return b"".join(chunks)


def test_a_monolithic_upload_is_one_post_and_one_put(fake, client):
    client.push_blob("a/b", BLOB, CHUNKS)
    (first, post, put) = fake.log
    assert (first.status, first.authorization) == (401, None)
    assert (post.method, post.status, post.authorization) == ("POST", 202, "Basic")
    assert (put.method, put.status, put.size) == ("PUT", 201, len(CONTENT))


def test_only_the_first_request_of_a_client_is_challenged(filled, client):
    with filled.client() as fresh:
        for _ in range(3):
            fresh.ping()
    assert [entry.status for entry in filled.log] == [401, 200, 200, 200]


def test_a_connection_is_used_again(filled):
    with filled.client() as fresh:
        for _ in range(3):
            fresh.ping()
            fresh.head_blob("a/b", BLOB.digest)
            assert fresh.head_manifest("a/b", "unknown") is None
            assert _read(fresh) == CONTENT
        assert filled.connections == 2  # the fixture's client has the other


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_is_temporary_is_asked_again(filled, client, status, waits):
    filled.faults.add("status", "HEAD .*/manifests/", status=status, times=2)
    assert client.head_manifest("a/b", "v1") is not None
    assert filled.count("HEAD .*/manifests/") == 3
    assert len(waits) == 2


def test_a_broken_connection_is_made_again(filled, client):
    filled.faults.add("reset", "GET .*/manifests/", times=2)
    client.get_manifest("a/b", "v1")
    assert filled.count("GET .*/manifests/") == 3


def test_a_registry_that_never_recovers_is_given_up_with_its_own_words(filled):
    body = b'{"errors":[{"code":"UNAVAILABLE","message":"storage is away"}]}'
    filled.faults.add("status", "GET .*/manifests/", status=503, body=body, times=None)
    with filled.client(retries=RetryPolicy(attempts=3)) as client, pytest.raises(TransferError) as caught:
        client.get_manifest("a/b", "v1")
    assert caught.value.is_temporary
    assert caught.value.what == f"cannot read manifest {filled.location}/a/b:v1"
    assert "503: UNAVAILABLE storage is away (tried 3 times)" in caught.value.why


def test_a_registry_that_fails_inside_is_asked_three_times_and_has_said_no_then(filled, client, waits):
    filled.faults.add("status", "GET .*/manifests/", status=500, times=None)
    with pytest.raises(RegistryError, match="free disk space"):
        client.get_manifest("a/b", "v1")
    assert (filled.count("GET .*/manifests/"), len(waits)) == (3, 2)


@pytest.mark.parametrize("status", [400, 404, 507])
def test_what_is_not_temporary_is_asked_once(filled, client, status):
    filled.faults.add("status", "GET .*/manifests/", status=status, times=None)
    with pytest.raises(RegistryError):
        client.get_manifest("a/b", "v1")
    assert filled.count("GET .*/manifests/") == 1


def test_retry_after_holds_the_whole_client_back(filled, client, waits):
    filled.faults.add("status", "HEAD .*/blobs/", status=429, headers={"Retry-After": "17"})
    client.head_blob("a/b", BLOB.digest)
    assert max(waits) == pytest.approx(17, abs=1)


def test_a_streamed_upload_is_never_repeated_by_itself_but_leaves_patience_asked_for(fake, client, waits):
    fake.faults.add("status", "PUT .*/uploads/", status=503, headers={"Retry-After": "17"})
    with pytest.raises(TransferError) as caught:
        client.push_blob("a/b", BLOB, CHUNKS)
    assert caught.value.is_temporary
    assert fake.count("PUT .*/uploads/") == 1
    assert not waits
    client.push_blob("a/b", BLOB, CHUNKS)
    assert waits == [pytest.approx(17, abs=1)]


def test_an_upload_that_fails_is_cancelled(fake, client):
    with pytest.raises(DigestMismatch):
        client.push_blob("a/b", BLOB, [*CHUNKS[:-1], b"x" * len(CHUNKS[-1])])
    assert fake.count("DELETE .*/uploads/") == 1
    assert not fake.contents.uploads
    assert not fake.contents.blobs


@pytest.mark.parametrize("after", [0, 300_000])
def test_a_destination_that_breaks_an_upload_is_temporary(fake, client, after):
    fake.faults.add("reset", "PUT .*/uploads/", after=after)
    with pytest.raises(TransferError, match=f"cannot push blob {BLOB.digest}") as caught:
        client.push_blob("a/b", BLOB, CHUNKS)
    assert caught.value.is_temporary
    client.push_blob("a/b", BLOB, CHUNKS)
    assert client.head_blob("a/b", BLOB.digest) == len(CONTENT)


def test_a_session_that_the_registry_forgot_is_temporary(fake, client):
    fake.faults.add("status", "PUT .*/uploads/", status=404)
    with pytest.raises(TransferError, match="has lost the upload") as caught:
        client.push_blob("a/b", BLOB, CHUNKS)
    assert caught.value.is_temporary


def test_an_upload_location_that_is_not_https_is_refused(fake, client):
    fake.contents.base_url = "http://registry.example.com"
    with pytest.raises(RegistryError, match="not https"):
        client.push_blob("a/b", BLOB, CHUNKS)


def test_an_upload_that_goes_on_at_another_host_takes_no_credentials_there(fake, client):
    with FakeRegistry(auth=None) as elsewhere:
        fake.contents.base_url = elsewhere.url.replace("127.0.0.1", "localhost")
        wish = {"WWW-Authenticate": 'Basic realm="give me your password"'}
        elsewhere.faults.add("status", "PUT .*/uploads/", status=401, headers=wish)
        elsewhere.faults.add("status", "PUT .*/uploads/", status=201)
        with pytest.raises(Denied):
            client.push_blob("a/b", BLOB, CHUNKS)
        client.push_blob("a/b", BLOB, CHUNKS)
        put = [entry for entry in elsewhere.log if entry.method == "PUT"]
        assert [entry.status for entry in put] == [401, 201]
        assert {entry.authorization for entry in elsewhere.log} == {None}
    assert client.head_blob("a/b", BLOB.digest) is None  # the registry itself is still spoken to as before
    assert fake.log[-1].authorization == "Basic"


@pytest.mark.parametrize("wrong", ["http://127.0.0.1:1", "http://{}", "https://127.0.0.1"])
def test_an_upload_that_a_proxy_misplaces_goes_on_at_the_registry(fake, client, wrong):
    """The host is right; scheme or port are what the registry sees behind the proxy."""
    fake.contents.base_url = wrong.format(fake.location)
    client.push_blob("a/b", BLOB, CHUNKS)
    assert client.head_blob("a/b", BLOB.digest) == len(CONTENT)


def test_a_blob_that_breaks_off_goes_on_where_it_broke(filled, client, waits):
    filled.faults.add("truncate", "GET .*/blobs/", after=CHUNK_SIZE + 7)
    assert _read(client) == CONTENT
    first, rest = (entry for entry in filled.log if entry.method == "GET")
    assert (first.status, rest.status) == (200, 206)
    assert first.size + rest.size == len(CONTENT)
    assert (client.pace.retries, len(waits)) == (1, 1)


def test_a_blob_that_breaks_off_before_its_first_byte_is_asked_for_as_a_whole(filled, client):
    filled.faults.add("truncate", "GET .*/blobs/", after=0)
    assert _read(client) == CONTENT
    assert [entry.status for entry in filled.log] == [200, 200]


@pytest.mark.parametrize("ranges", [True, False, 403])
def test_the_end_of_a_blob_is_read_alone_where_parts_are_to_be_had(filled, client, ranges):
    filled.contents.ranges = ranges
    found = client.end_of_blob("a/b", BLOB.digest, BLOB.size - 4)
    assert found == (CONTENT[-4:] if ranges is True else None)
    assert ranges is False or sum(entry.size for entry in filled.log if "/blobs/" in entry.path) < 1000


@pytest.mark.parametrize("ranges", [False, 400, 403, 405, 416, 501])
def test_where_no_part_is_to_be_had_the_whole_is_read_again_and_yielded_once(filled, client, ranges):
    filled.contents.ranges = ranges
    filled.faults.add("truncate", "GET .*/blobs/", after=CHUNK_SIZE + 7)
    assert _read(client) == CONTENT


def test_another_part_than_asked_for_is_not_taken_for_it(filled, client):
    filled.faults.add("truncate", "GET .*/blobs/", after=CHUNK_SIZE)
    headers = {"Content-Range": f"bytes 0-{len(CONTENT) - 1}/{len(CONTENT)}"}
    filled.faults.add("status", "GET .*/blobs/", status=206, headers=headers, body=b"x" * len(CONTENT))
    assert _read(client) == CONTENT


def test_a_part_is_fetched_by_a_link_of_its_own(filled, client):
    with FakeRegistry() as cdn:
        cdn.contents.blobs = filled.contents.blobs
        filled.contents.cdn_url = cdn.url
        cdn.faults.add("truncate", "GET /cdn/", after=CHUNK_SIZE)
        assert _read(client) == CONTENT
        assert [entry.status for entry in cdn.log] == [200, 206]
    assert filled.count("GET .*/blobs/") == 2


def test_a_blob_that_breaks_off_without_end_is_temporary_and_given_up(filled, client):
    filled.faults.add("truncate", "GET .*/blobs/", after=10, times=None)
    with pytest.raises(TransferError) as caught:
        _read(client)
    assert caught.value.is_temporary
    assert caught.value.what == f"cannot read blob {filled.location}/a/b@{BLOB.digest}"
    assert filled.count("GET .*/blobs/") == 5


def test_a_blob_that_breaks_off_as_often_as_it_likes_arrives_while_it_goes_on(filled, client):
    filled.faults.add("truncate", "GET .*/blobs/", after=CHUNK_SIZE, times=2)
    with filled.client(retries=RetryPolicy(attempts=2)) as impatient:
        assert _read(impatient) == CONTENT


def test_what_is_stored_is_hashed_across_a_break(filled, client):
    filled.faults.add("truncate", "GET .*/blobs/", after=CHUNK_SIZE)
    filled.faults.add("corrupt", "GET .*/blobs/")
    with client.open_blob("a/b", BLOB.digest) as chunks, pytest.raises(DigestMismatch, match="hash to"):
        client.push_blob("c", BLOB, chunks)
    assert client.head_blob("c", BLOB.digest) is None


def test_a_registry_that_does_not_read_what_it_is_sent_is_left_after_a_while(fake):
    stall = fake.faults.add("deaf", "PUT .*/uploads/")
    content = bytes(30 * CHUNK_SIZE)  # more than any socket keeps
    blob = Descriptor("application/octet-stream", Digest.of(content), len(content))
    with (
        fake.client(timeout_seconds=0.3) as client,
        pytest.raises(TransferError, match="went silent") as caught,
    ):
        client.push_blob("a/b", blob, [content[:CHUNK_SIZE]] * 30)
    assert caught.value.is_temporary
    stall.release()


def test_a_blob_that_goes_silent_is_temporary(filled):
    stall = filled.faults.add("stall", "GET .*/blobs/")
    options = {"timeout_seconds": 0.2, "retries": RetryPolicy(attempts=1)}
    with filled.client(**options) as client, pytest.raises(TransferError, match="went silent") as caught:
        _read(client)
    assert caught.value.is_temporary
    stall.release()


def test_a_damaged_blob_is_stopped_where_it_is_stored(filled, client):
    filled.faults.add("corrupt", "GET .*/blobs/")
    with client.open_blob("a/b", BLOB.digest) as chunks, pytest.raises(DigestMismatch, match="hash to"):
        client.push_blob("c", BLOB, chunks)
    assert client.head_blob("c", BLOB.digest) is None


def test_a_damaged_manifest_is_refused(filled, client):
    digest = make_image("client").digest
    filled.faults.add("corrupt", "GET .*/manifests/")
    with pytest.raises(DigestMismatch, match=str(digest)):
        client.get_manifest("a/b", str(digest))


def test_a_head_without_digest_is_made_up_for_by_a_get(filled, client):
    filled.faults.add("status", "HEAD .*/manifests/", status=200)
    assert client.head_manifest("a/b", "v1") == make_image("client").descriptor
    assert filled.count("GET .*/manifests/") == 1


def test_an_answer_that_is_too_long_is_not_read(filled, client, monkeypatch):
    monkeypatch.setattr(client_module, "MAX_MANIFEST_SIZE", 1000)
    filled.faults.add("status", "GET .*/manifests/", status=200, body=b" " * 200_000)
    with pytest.raises(RegistryError, match="more than 1000 bytes"):
        client.get_manifest("a/b", "v1")
    client.ping()


def test_a_blob_is_fetched_from_another_host_without_our_credentials(filled, client):
    with FakeRegistry() as cdn:
        cdn.contents.blobs = filled.contents.blobs
        filled.contents.cdn_url = cdn.url
        assert _read(client) == CONTENT
        (entry,) = cdn.log
    assert entry.path == f"/cdn/{BLOB.digest}"
    assert entry.authorization is None
    assert filled.log[-1].authorization == "Basic"


def test_a_redirect_on_the_same_host_keeps_the_credentials(filled, client):
    location = f"/v2/a/b/blobs/{BLOB.digest}"
    filled.faults.add("status", "GET /v2/x/", status=307, headers={"Location": location})
    with client.open_blob("x", BLOB.digest) as chunks:
        assert b"".join(chunks) == CONTENT
    assert [entry.authorization for entry in filled.log] == ["Basic", "Basic"]


def test_an_expired_link_is_temporary_and_not_shown(filled, client):
    with FakeRegistry() as cdn:
        filled.contents.cdn_url = cdn.url
        cdn.faults.add("status", "GET /cdn/", status=403, times=None)
        with pytest.raises(TransferError) as caught:
            _read(client)
    assert caught.value.is_temporary
    assert cdn.location in caught.value.why
    assert "a-secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("http://cdn.example.com/x?signature=a-secret", "only https"),
        ("", "only https"),
        ("/v2/loop", "after 5 times"),
    ],
)
def test_redirects_that_lead_nowhere_are_refused(filled, client, location, why):
    filled.faults.add("status", "GET /v2/", status=307, headers={"Location": location}, times=None)
    with pytest.raises(RegistryError) as caught:
        _read(client)
    assert why in caught.value.why
    assert "a-secret" not in str(caught.value)
    assert filled.count("GET") <= 6


def test_tags_and_repositories_come_page_by_page(filled, client, monkeypatch):
    monkeypatch.setattr(client_module, "PAGE_SIZE", 3)
    image = make_image("client")
    for number in range(8):
        client.put_manifest("a/b", f"tag-{number}", image.raw, image.media_type)
    for number in range(3):
        push(RemoteStore(client), f"c{number}", image)
    filled.log.clear()
    assert list(client.tags("a/b")) == [*(f"tag-{number}" for number in range(8)), "v1"]
    assert filled.count("/tags/list") == 3
    assert list(client.repositories()) == ["a/b", "c0", "c1", "c2"]
    with pytest.raises(NotFound):
        list(client.tags("nothing/here"))


def test_a_page_that_leads_to_another_host_is_refused(filled, client):
    headers = {"Link": '<https://evil.example.com/v2/a/b/tags/list?n=1>; rel="next"'}
    body = b'{"tags": ["one"]}'
    filled.faults.add("status", "GET .*/tags/list", status=200, headers=headers, body=body)
    with pytest.raises(RegistryError, match="another host"):
        list(client.tags("a/b"))


@pytest.mark.parametrize(("body", "names"), [(b'{"tags": null}', []), (b'{"tags": ["a"]}', ["a"])])
def test_a_list_may_be_null(filled, client, body, names):
    filled.faults.add("status", "GET .*/tags/list", status=200, body=body)
    assert list(client.tags("a/b")) == names


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b'{"tags": [1]}', b'{"tags": "a"}'])
def test_what_is_no_list_is_refused(filled, client, body):
    filled.faults.add("status", "GET .*/tags/list", status=200, body=body)
    with pytest.raises(RegistryError, match="no list of tags"):
        list(client.tags("a/b"))


def test_a_manifest_is_deleted(filled, client):
    digest = make_image("client").digest
    client.delete_manifest("a/b", digest)
    assert client.head_manifest("a/b", "v1") is None
    with pytest.raises(NotFound):
        client.delete_manifest("a/b", digest)


def test_wrong_credentials_are_denied(filled):
    wrong = type(filled.login.credentials)("mirror", "wrong")
    with filled.client(credentials=wrong) as client, pytest.raises(Denied, match="check the entry") as caught:
        client.ping()
    assert "wrong" not in str(caught.value)
    assert filled.count("GET /v2/") == 2


def test_without_credentials_one_is_told_how_to_get_some(filled):
    with filled.client(credentials=None) as client, pytest.raises(Denied, match="podman login"):
        client.ping()


def test_many_transfers_at_once_are_no_trouble(filled, client):
    failures = []

    def work(number):
        try:
            with client.open_blob("a/b", BLOB.digest) as chunks:
                client.push_blob(f"copy-{number % 3}", BLOB, chunks)
        except Exception as error:  # noqa: BLE001  # a thread's failure is the test's
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert {name for name, _ in filled.contents.blobs if name.startswith("copy")} == {
        "copy-0",
        "copy-1",
        "copy-2",
    }


@pytest.mark.parametrize(
    "location", ["http://a.io", "https://a.io", "a.io/path", "", "a.io:99999", "user@a.io"]
)
def test_a_location_is_a_host_and_nothing_else(location):
    with pytest.raises(ConfigError, match="location of a registry"):
        RegistryClient(location)


def test_it_introduces_itself(filled):
    seen = []
    answer = filled.answer
    filled.answer = lambda request, scopes: (
        seen.append(request.headers["User-Agent"]) or answer(request, scopes)
    )
    with filled.client() as client:
        client.ping()
    assert seen[0].startswith("bootstrap-registry/")
