"""Entries are merged without losing a key; the mirror's file has the user's pull secret, too."""

import json

import pytest

ELSEWHERE = "[2001:db8::5]:8443"


def held(host, path):
    return json.loads(host.file(path).content_string)


def test_the_users_file_keeps_what_it_had(host, site):
    found = held(host, "/etc/lab/auth.json")
    assert found["credsStore"] == "theirs"
    assert found["auths"]["registry.example.com"] == {"auth": "dGhlaXJzOnRoZWlycw=="}
    assert found["auths"].keys() == {"registry.example.com", f"{site.name}:5000", ELSEWHERE}


def test_a_new_file_has_the_registries_alone(host, site):
    assert held(host, "/srv/new/auth.json")["auths"].keys() == {f"{site.name}:5000", ELSEWHERE}


def test_the_mirrors_file_has_the_pull_secret_and_the_registries(host, site):
    found = held(host, "/etc/lab/mirror/auth.json")
    assert found["auths"].keys() == {"quay.io", f"{site.name}:5000", ELSEWHERE}
    assert found["auths"]["quay.io"]["email"] == "you@example.com"
    assert found["credHelpers"] == {"gcr.io": "gcloud"}


@pytest.mark.parametrize("path", ["/etc/lab/auth.json", "/srv/new/auth.json", "/etc/lab/mirror/auth.json"])
def test_nobody_but_root_reads_them(host, path):
    found = host.file(path)
    assert (found.user, oct(found.mode)) == ("root", "0o600")


def test_root_files_of_their_own_are_not_touched(host):
    assert not host.file("/root/.docker/config.json").exists
