"""Shapes are those of containers-auth.json(5) and of the pull secret that console.redhat.com hands out."""

import json
import shutil
import subprocess

import pytest

from bootstrap.credentials.pull_secret import PullSecret, entry
from bootstrap.errors import ConfigError

FOREIGN = {
    "auths": {"quay.io": {"auth": "dTpw", "email": "me@example.com"}, "quay.io/ns/repo": {"auth": "eDp5"}},
    "credHelpers": {"*.dkr.ecr.example": "ecr-login"},
    "credsStore": "secretservice",
    "HttpHeaders": {"User-Agent": "x"},
}


def test_merging_adds_our_entry_and_loses_no_key():
    merged = PullSecret(FOREIGN).merged({"reg.example.test:5000": entry("mirror", "pa:ss")})
    document = json.loads(merged.to_bytes())
    # echo -n mirror:pa:ss | base64
    assert document["auths"].pop("reg.example.test:5000") == {"auth": "bWlycm9yOnBhOnNz"}
    assert document == FOREIGN
    assert list(document) == list(FOREIGN)


def test_removing_takes_away_only_ours():
    merged = PullSecret(FOREIGN).merged({"reg.example.test:5000": entry("mirror", "pass")})
    assert json.loads(merged.without(["reg.example.test:5000", "never.there"]).to_bytes()) == FOREIGN
    assert not merged.without(["reg.example.test:5000"]).is_empty
    assert PullSecret({"auths": {"a": {}}}).without(["a"]).is_empty


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'{"auths": {"quay.io": {"auth": "dTpw"', "it is not JSON: see line 1"),
        (b"[]", "not a JSON object"),
        (b'{"auths": []}', "not an object of objects"),
        (b'{"auths": {"quay.io": "dTpw"}}', "not an object of objects"),
        (b"\xff\xfe", "it is not JSON"),
    ],
)
def test_a_malformed_file_is_refused_and_not_repeated(content, why):
    with pytest.raises(ConfigError) as caught:
        PullSecret.parse(content, "/root/.docker/config.json")
    assert why in caught.value.why
    assert "/root/.docker/config.json" in caught.value.what
    assert "dTpw" not in str(caught.value)


@pytest.mark.parametrize("content", [None, b"", b"  \n", b"{}"])
def test_no_file_and_an_empty_file_have_no_entries(content):
    assert PullSecret.parse(content, "x").is_empty


@pytest.mark.parametrize(
    "content",
    [
        '{"auths": {}}',
        '{"auths": {"a": {"auth": "***"}}}',
        '{"auths": {"a": {}}}',
        '{"auths": {"a": {"auth": "eA=="}}}',
    ],
)
def test_a_pull_secret_nobody_can_log_in_with_is_refused(tmp_path, content):
    path = tmp_path / "pull-secret.json"
    path.write_text(content)
    with pytest.raises(ConfigError):
        PullSecret.load(path)


def test_a_missing_pull_secret_says_where_to_get_one(tmp_path):
    with pytest.raises(ConfigError) as caught:
        PullSecret.load(tmp_path / "none")
    assert "console.redhat.com" in caught.value.fix


def test_the_most_specific_key_wins_and_a_prefix_ends_at_a_slash():
    secret = PullSecret(FOREIGN)
    assert secret.entry_for("quay.io/ns/repo") == {"auth": "eDp5"}
    assert secret.entry_for("quay.io/ns/repository") == FOREIGN["auths"]["quay.io"]
    assert secret.entry_for("quay.io:443/ns/repo") is None
    assert secret.registries == ["quay.io", "quay.io/ns/repo"]


def test_nothing_of_a_secret_is_in_its_repr():
    assert "dTpw" not in repr(PullSecret(FOREIGN))


@pytest.mark.skipif(not shutil.which("skopeo"), reason="skopeo is not installed")
def test_skopeo_reads_what_we_merge(tmp_path):
    path = tmp_path / "auth.json"
    path.write_bytes(
        PullSecret(FOREIGN).without(["quay.io"]).merged({"r.test:5000": entry("mirror", "p")}).to_bytes()
    )
    done = subprocess.run(
        ["skopeo", "login", "--get-login", "--authfile", str(path), "r.test:5000"],
        text=True,
        capture_output=True,
    )
    assert done.stdout == "mirror\n", done.stderr
