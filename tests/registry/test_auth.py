import base64
import json

import pytest

from bootstrap.errors import ConfigError
from bootstrap.registry.auth import AuthFile, Credentials


def _entry(user, password="secret"):
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode(), "email": "a@example.com"}


# The order of containers-auth.json(5): my-registry.local/namespace/user/image … down to my-registry.local.
FILE = AuthFile.parse(
    json.dumps(
        {
            "auths": {
                "quay.io": _entry("host"),
                "quay.io/a": _entry("namespace"),
                "quay.io/a/b": _entry("repository"),
                "registry.example.com:5000": _entry("port"),
                "[2001:db8::1]:5000": _entry("six"),
                "https://index.docker.io/v1/": _entry("hub"),
                "https://old.example.com/v2/": _entry("url"),
                "Upper.Example.com": _entry("upper"),
            }
        }
    )
)


@pytest.mark.parametrize(
    ("name", "user"),
    [
        ("quay.io/a/b", "repository"),
        ("quay.io/a/b/c", "repository"),
        ("quay.io/a/bc", "namespace"),
        ("quay.io/a", "namespace"),
        ("quay.io/ab", "host"),
        ("quay.io", "host"),
        ("registry.example.com:5000/x", "port"),
        ("registry.example.com:5000", "port"),
        ("[2001:db8::1]:5000/x", "six"),
        ("docker.io/library/busybox", "hub"),
        ("docker.io/busybox", "hub"),
        ("index.docker.io/library/busybox", "hub"),
        ("registry-1.docker.io/library/busybox", "hub"),
        ("docker.io", "hub"),
        ("docker.io.example.com/library/busybox", None),
        ("old.example.com/a", "url"),
        ("upper.example.com/a", "upper"),
        ("registry.example.com/x", None),
        ("registry.example.com:5001/x", None),
        ("io", None),
    ],
)
def test_the_longest_entry_that_fits_wins(name, user):
    found = FILE.for_repository(name)
    assert (found.username if found else None) == user


def test_a_password_may_have_colons_and_other_alphabets():
    file = AuthFile.parse(json.dumps({"auths": {"a.io": _entry("us€r", "p:ä:ß")}}))
    found = file.for_repository("a.io/x")
    assert found == Credentials("us€r", "p:ä:ß")
    assert base64.b64decode(found.basic.partition(" ")[2]).decode() == "us€r:p:ä:ß"


def test_nothing_shows_a_password():
    found = FILE.for_repository("quay.io")
    for text in (repr(found), str(found), repr(FILE), f"{FILE}"):
        assert "secret" not in text
        assert _entry("host")["auth"] not in text


@pytest.mark.parametrize(
    "text",
    ["", "topsecret", "[]", "{}", '{"auths": []}', '{"quay.io": {"auth": "x"}}', '{"auths": {"topsecret"'],
)
def test_what_is_no_auth_file_is_refused_without_quoting_it(text):
    with pytest.raises(ConfigError) as caught:
        AuthFile.parse(text, "/x/auth.json")
    assert "/x/auth.json is not an auth file" in str(caught.value)
    assert "topsecret" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({}, "credential helper"),
        ({"auth": ""}, "credential helper"),
        ({"auth": 5}, "credential helper"),
        ("user:secret", "not an object"),
        ({"auth": "c2VjcmV0"}, "user:password"),
        ({"auth": "secret!"}, "not base64"),
        ({"auth": base64.b64encode(b"\xff:secret").decode()}, "not base64"),
        ({"auth": "", "identitytoken": "secret"}, "token"),
    ],
)
def test_a_damaged_entry_is_named_when_it_is_wanted_and_only_then(entry, why):
    file = AuthFile.parse(json.dumps({"auths": {"quay.io": entry, "b.io": _entry("b")}}))
    assert file.for_repository("b.io/x").username == "b"
    with pytest.raises(ConfigError, match=r"the entry quay\.io") as caught:
        file.for_repository("quay.io/a")
    assert why in caught.value.why
    assert "secret" not in str(caught.value)


def test_a_file_is_loaded_by_path(tmp_path):
    path = tmp_path / "auth.json"
    path.write_text(json.dumps({"auths": {"a.io": _entry("a")}}))
    assert AuthFile.load(path).for_repository("a.io").username == "a"
    with pytest.raises(ConfigError, match="No such file"):
        AuthFile.load(tmp_path / "other.json")
    path.write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="not UTF-8"):
        AuthFile.load(path)
