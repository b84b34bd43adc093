"""Logging in with tokens, against a registry that checks their scopes."""

from __future__ import annotations

import pytest

from bootstrap.errors import Denied, TransferError
from bootstrap.oci.descriptor import Descriptor
from bootstrap.oci.digest import Digest
from bootstrap.store.remote import RemoteStore
from tests.fakes.images import make_image, push
from tests.fakes.registry import FakeRegistry

CONTENT = b"some bytes"
BLOB = Descriptor("application/octet-stream", Digest.of(CONTENT), len(CONTENT))


@pytest.fixture
def fake():
    with FakeRegistry(auth="bearer") as running:
        yield running


def test_tokens_are_asked_for_once_for_each_scope(fake, client):
    store = RemoteStore(client)
    image = make_image("bearer")
    push(store, "a/b", image, tag="v1")
    store.resolve("a/b", "v1")
    store.manifest("a/b", image.digest)
    assert fake.count("GET /token") == 2
    assert sum(entry.status == 401 for entry in fake.log) == 1
    assert {entry.authorization for entry in fake.log if entry.path == "/token"} == {"Basic"}


def test_a_revoked_token_is_renewed(fake, client):
    push(RemoteStore(client), "a/b", make_image("bearer"), tag="v1")
    fake.login.tokens.clear()
    assert client.head_manifest("a/b", "v1") is not None
    fake.login.tokens.clear()
    assert client.head_manifest("a/b", "v1") is not None


def test_a_token_revoked_in_the_middle_of_an_upload_makes_it_temporary(fake, client):
    def chunks():
        fake.login.tokens.clear()
        yield CONTENT

    with pytest.raises(TransferError, match="had to be renewed") as caught:
        client.push_blob("a/b", BLOB, chunks())
    assert caught.value.is_temporary
    client.push_blob("a/b", BLOB, [CONTENT])


def test_a_mount_asks_for_both_repositories(fake, client):
    client.push_blob("a/b", BLOB, [CONTENT])
    assert client.mount_blob("c/d", BLOB, "a/b")
    assert ("repository:c/d:pull,push", "repository:a/b:pull") in fake.login.tokens.values()


def test_wrong_credentials_are_denied_by_the_token_service(fake):
    wrong = type(fake.login.credentials)("mirror", "wrong")
    with fake.client(credentials=wrong) as client, pytest.raises(Denied, match="token service"):
        client.head_manifest("a/b", "v1")


def test_the_token_service_is_asked_again_when_it_is_busy(fake, client):
    fake.faults.add("status", "GET /token", status=503, times=2)
    assert client.head_manifest("a/b", "v1") is None
    assert fake.count("GET /token") == 3


def test_who_may_only_pull_is_denied_the_push():
    with FakeRegistry(auth="bearer") as fake, fake.client(credentials=None) as client:
        with pytest.raises(Denied) as caught:
            client.push_blob("a/b", BLOB, [CONTENT])
        assert caught.value.what == f"cannot push blob {BLOB.digest} to {fake.location}/a/b"
        assert client.head_manifest("a/b", "v1") is None
        assert fake.count("POST") == 2


def test_public_repositories_need_no_credentials():
    with FakeRegistry(auth="bearer") as fake:
        with fake.client() as client:
            push(RemoteStore(client), "a/b", make_image("public"), tag="v1")
        with fake.client(credentials=None) as anonymous:
            assert anonymous.head_manifest("a/b", "v1") is not None
