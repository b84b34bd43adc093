import json

import pytest

from bootstrap.errors import Denied, DigestMismatch, NotFound, RegistryError, TransferError
from bootstrap.registry.errors import Refusal, ServerFault, from_refusal, redact
from bootstrap.store.interface import IncompleteImage


def _refusal(status, *codes, with_credentials=True, body=None):
    listed = [{"code": code, "message": f"about {code}", "detail": {"secret": 1}} for code in codes]
    content = json.dumps({"errors": listed}).encode() if body is None else body
    return Refusal(status, content, "registry.example.com", with_credentials)


@pytest.mark.parametrize(
    ("status", "codes", "kind"),
    [
        (401, ["UNAUTHORIZED"], Denied),
        (403, ["DENIED"], Denied),
        (404, ["NAME_UNKNOWN"], NotFound),
        (404, ["MANIFEST_UNKNOWN"], NotFound),
        (404, ["BLOB_UNKNOWN"], NotFound),
        (404, [], NotFound),
        (404, ["MANIFEST_BLOB_UNKNOWN"], IncompleteImage),
        (400, ["MANIFEST_BLOB_UNKNOWN", "MANIFEST_BLOB_UNKNOWN"], IncompleteImage),
        (400, ["DIGEST_INVALID"], DigestMismatch),
        (400, ["SIZE_INVALID"], DigestMismatch),
        (429, ["TOOMANYREQUESTS"], TransferError),
        (403, ["TOOMANYREQUESTS"], TransferError),
        (502, [], TransferError),
        (503, [], TransferError),
        (504, [], TransferError),
        (400, ["MANIFEST_INVALID"], RegistryError),
        (405, ["UNSUPPORTED"], RegistryError),
        (413, [], RegistryError),
        (500, ["UNKNOWN"], ServerFault),
        (507, [], RegistryError),
    ],
)
def test_status_and_code_decide_what_it_is(status, codes, kind):
    error = from_refusal("cannot do it", _refusal(status, *codes))
    assert type(error) is kind
    assert f"registry.example.com answered {status}" in error.why
    assert all(f"about {code}" in error.why for code in codes)
    assert getattr(error, "is_temporary", False) is (kind is TransferError)


def test_a_repeated_message_is_said_once_with_its_detail():
    same = {"code": "MANIFEST_BLOB_UNKNOWN", "message": "blob unknown", "detail": "sha256:12"}
    refusal = _refusal(400, body=json.dumps({"errors": [same, same]}).encode())
    assert str(refusal) == "registry.example.com answered 400: MANIFEST_BLOB_UNKNOWN blob unknown sha256:12"


def test_the_fix_knows_whether_there_were_credentials():
    with_some = from_refusal("x", _refusal(401, with_credentials=True))
    without = from_refusal("x", _refusal(401, with_credentials=False))
    assert "check the entry for registry.example.com" in with_some.fix
    assert "podman login registry.example.com" in without.fix


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>\x1b[31mBad\r\nGateway</html>",
        b"{",
        b"[]",
        b'{"errors": 5}',
        b'{"errors": [5]}',
        b"\xff" * 999,
    ],
)
def test_a_body_that_is_no_registrys_is_shown_short_and_harmless(body):
    why = from_refusal("x", _refusal(500, body=body)).why
    assert why.startswith("registry.example.com answered 500: ")
    assert len(why) < 400
    assert why.isprintable()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:pw@a.io:5000/x?X-Amz-Signature=1#f", "https://a.io:5000/x?…"),
        ("https://a.io/x", "https://a.io/x"),
        ("https://[fd00::1]:5000/x", "https://[fd00::1]:5000/x"),
    ],
)
def test_urls_are_shown_without_what_is_secret(url, shown):
    assert redact(url) == shown
