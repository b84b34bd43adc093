import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from bootstrap.errors import Denied, RegistryError
from bootstrap.registry.auth import Credentials
from bootstrap.registry.challenge import Authorizer, Challenge, parse_challenges

PULL, PUSH = ("repository:a:pull",), ("repository:a:pull,push",)
# The example of distribution's docs/spec/auth/token.md.
DOCKER = (
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",'
    'scope="repository:samalba/my-app:pull,push"'
)


@pytest.mark.parametrize(
    ("value", "challenges"),
    [
        ('Basic realm="x"', [("basic", {"realm": "x"})]),
        ("basic REALM=x", [("basic", {"realm": "x"})]),
        (
            DOCKER,
            [
                (
                    "bearer",
                    {
                        "realm": "https://auth.docker.io/token",
                        "service": "registry.docker.io",
                        "scope": "repository:samalba/my-app:pull,push",
                    },
                )
            ],
        ),
        (
            'Bearer realm="https://a/t", Basic realm="b, Bearer c"',
            [("bearer", {"realm": "https://a/t"}), ("basic", {"realm": "b, Bearer c"})],
        ),
        ('Negotiate, Basic realm="a \\"b\\""', [("basic", {"realm": 'a "b"'})]),
        ("Basic", [("basic", {})]),
        ("Negotiate", []),
        ("", []),
    ],
)
def test_challenges_are_read(value, challenges):
    found = parse_challenges(value)
    assert [(each.scheme, dict(each.parameters)) for each in found] == challenges
    assert all(isinstance(each, Challenge) for each in found)


class Tokens:
    """A token service that counts."""

    def __init__(self, **value):
        self.asked = []
        self.value = value

    def __call__(self, url, authorization):
        self.asked.append((url, authorization))
        return json.dumps({"token": f"t{len(self.asked)}", **self.value}).encode()


MINE = Credentials("me", "secret")


def test_before_the_first_challenge_nothing_is_sent():
    assert Authorizer("a.io", MINE, Tokens()).header(PULL) is None


def test_basic_is_remembered_and_a_second_refusal_is_final():
    authorizer = Authorizer("a.io", MINE, Tokens())
    assert authorizer.learn('Basic realm="x"', None, PULL)
    assert authorizer.header(PULL) == authorizer.header(PUSH) == MINE.basic
    assert not authorizer.learn('Basic realm="x"', MINE.basic, PULL)


def test_without_credentials_basic_is_hopeless():
    authorizer = Authorizer("a.io", None, Tokens())
    assert not authorizer.learn('Basic realm="x"', None, PULL)
    assert authorizer.header(PULL) is None


def test_a_token_is_fetched_once_for_each_scope():
    tokens = Tokens(expires_in=300)
    authorizer = Authorizer("a.io", MINE, tokens)
    assert authorizer.learn(DOCKER, None, PULL)
    assert [authorizer.header(each) for each in (PULL, PULL, PUSH, PULL)] == [
        "Bearer t1",
        "Bearer t1",
        "Bearer t2",
        "Bearer t1",
    ]
    (url, authorization), _ = tokens.asked
    assert url.startswith("https://auth.docker.io/token?")
    assert parse_qsl(urlsplit(url).query) == [
        ("service", "registry.docker.io"),
        ("scope", "repository:a:pull"),
    ]
    assert authorization == MINE.basic


def test_a_refused_token_is_renewed_but_not_another_threads_newer_one():
    authorizer = Authorizer("a.io", None, tokens := Tokens())
    authorizer.learn(DOCKER, None, PULL)
    old = authorizer.header(PULL)
    assert authorizer.learn(DOCKER, old, PULL)
    assert authorizer.header(PULL) == "Bearer t2"
    assert authorizer.learn(DOCKER, old, PULL)
    assert authorizer.header(PULL) == "Bearer t2"
    assert [authorization for _, authorization in tokens.asked] == [None, None]


def test_a_token_is_renewed_before_it_expires(monkeypatch):
    now = 1000.0
    monkeypatch.setattr("bootstrap.registry.challenge.time.monotonic", lambda: now)
    authorizer = Authorizer("a.io", MINE, Tokens(expires_in=100))
    authorizer.learn(DOCKER, None, PULL)
    assert authorizer.header(PULL) == "Bearer t1"
    now = 1079.0
    assert authorizer.header(PULL) == "Bearer t1"
    now = 1081.0
    assert authorizer.header(PULL) == "Bearer t2"


def test_the_other_name_of_the_token_counts_too():
    authorizer = Authorizer("a.io", MINE, lambda *_: b'{"access_token": "other"}')
    authorizer.learn(DOCKER, None, PULL)
    assert authorizer.header(PULL) == "Bearer other"


@pytest.mark.parametrize("body", [b"<html>", b"{}", b"[]", b'{"token": 5}', b'{"token": "a\\r\\nX: y"}'])
def test_what_is_no_token_is_refused(body):
    authorizer = Authorizer("a.io", MINE, lambda *_: body)
    authorizer.learn(DOCKER, None, PULL)
    with pytest.raises(RegistryError, match="sent no token"):
        authorizer.header(PULL)


@pytest.mark.parametrize("realm", ["http://a.io/token", "", "/token"])
def test_credentials_go_to_https_only(realm):
    tokens = Tokens()
    authorizer = Authorizer("a.io", MINE, tokens)
    authorizer.learn(f'Bearer realm="{realm}"', None, PULL)
    with pytest.raises(Denied, match="is not https"):
        authorizer.header(PULL)
    assert tokens.asked == []
