"""What a run would meet at its sources, asked beforehand."""

import hashlib
import json
import socket

import pytest

from bootstrap.agent.asking import Asking
from bootstrap.errors import ConfigError, Denied, NotFound, TransferError
from bootstrap.host.carried import ask_sources
from bootstrap.host.local import LocalConnection
from bootstrap.host.privilege import Privilege
from tests.mirror.world import HEAD

CHANNEL = "mirror: {platform: {channels: [{name: stable-4.20}]}}"
RELEASE = "quay.io/openshift-release-dev/ocp-release"


@pytest.fixture
def question(site):
    site.release("4.20.8", "4.20.9")

    def make(body=CHANNEL, **changes):
        value = {
            "imageset": HEAD + body,
            "auth": json.loads((site.directory / "auth.json").read_text()),
            "redirects": [{"prefix": "quay.io", "location": site.upstream.location}],
            "source_ca": (site.directory / "ca.crt").read_text(),
            "update_url": f"{site.web.url}/graph",
            "signature_url": f"{site.web.url}/signatures",
            "needs_signature": False,
            "needs_key": False,
            "made_by": "",
            "graph_data_url": f"{site.web.url}/graph-data",
            "sources": [RELEASE],
            "proxies": {},
            "seconds": 5.0,
        }
        return value | changes

    return make


@pytest.fixture
def ask(site):
    def ask(question):
        return Asking(question, str(site.directory / "ca.crt")).ask()

    return ask


def test_sources_that_are_well_are_no_problem_and_the_releases_are_named(ask, question):
    answer = ask(question())
    assert answer["problems"] == []
    assert answer["releases"] == ["4.20.9 amd64"]


def test_a_version_that_the_graph_lacks_is_the_requests_fault(ask, question):
    body = "mirror: {platform: {channels: [{name: stable-4.20, minVersion: 4.20.50, maxVersion: 4.20.51}]}}"
    (problem,) = ask(question(body))["problems"]
    assert problem["exit_code"] == ConfigError.exit_code
    assert "no release from 4.20.50" in problem["why"]


def test_a_release_without_a_signature_is_told(ask, question):
    (problem,) = ask(question(needs_signature=True))["problems"]
    assert problem["what"] == "release 4.20.9 is not signed"


def test_a_login_that_is_refused_is_told_once_for_all_that_needs_it(ask, question, site):
    wrong = {"auths": {site.upstream.location: {"auth": "d2hvOndyb25n"}}}
    (problem,) = ask(question(auth=wrong))["problems"]
    assert problem["exit_code"] == Denied.exit_code
    assert RELEASE in problem["what"]
    assert site.upstream.location in problem["what"]


def test_an_image_that_is_gone_is_told_by_its_name(ask, question):
    body = "mirror: {additionalImages: [{name: 'quay.io/team/app:gone'}]}"
    (problem,) = ask(question(body, sources=["quay.io/team/app"]))["problems"]
    assert problem["exit_code"] == NotFound.exit_code
    assert "quay.io/team/app:gone" in problem["what"]


def test_a_source_that_never_answers_is_told_in_time(ask, question):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and says nothing
        where = f"127.0.0.1:{silent.getsockname()[1]}"
        redirects = [{"prefix": "quay.io", "location": where}]
        body = "mirror: {additionalImages: [{name: 'quay.io/team/app:1'}]}"
        (problem,) = ask(question(body, redirects=redirects, sources=["quay.io/team/app"], seconds=0.3))[
            "problems"
        ]
    assert problem["exit_code"] == TransferError.exit_code
    assert where in problem["what"]


def test_a_mirror_that_lacks_an_image_is_no_problem_while_the_source_has_it(ask, question, site):
    empty = {"location": site.registries[0].location}
    redirects = [{"prefix": "quay.io", "location": site.upstream.location, "mirror": [empty]}]
    assert ask(question(redirects=redirects))["problems"] == []


def test_a_blocked_source_is_told_before_anything_moves(ask, question):
    body = "mirror: {additionalImages: [{name: 'quay.io/team/app:1'}]}"
    redirects = [{"prefix": "quay.io", "blocked": True}]
    (problem,) = ask(question(body, sources=[], redirects=redirects))["problems"]
    assert problem["exit_code"] == ConfigError.exit_code
    assert "not blocked" in problem["why"]


def test_without_a_key_signatures_cannot_be_checked(ask, question, monkeypatch):
    from bootstrap.release import keys

    def none(_configured):
        raise ConfigError("there is no public key", why="none", fix="set one")

    monkeypatch.setattr(keys, "find_key", none)
    (problem,) = ask(question(needs_key=True))["problems"]
    assert problem["what"] == "there is no public key"


def test_whose_signatures_are_good_is_told_by_fingerprint(ask, question, monkeypatch, tmp_path):
    key = tmp_path / "RPM-GPG-KEY-redhat-release"
    packet = b"\x99\x00\x06\x04 a key"[:9]  # RFC 9580, 5.5.4: the fingerprint is the hash of just that
    key.write_bytes(packet)
    fingerprint = hashlib.sha1(packet, usedforsecurity=False).hexdigest().upper()
    monkeypatch.setattr("bootstrap.release.keys.find_key", lambda _configured: key)
    told = f"release signatures have to be made by {fingerprint} ({key})"
    assert ask(question(needs_key=True))["warnings"][-1] == told
    assert ask(question(made_by="0A1B (files/key)"))["warnings"][-1].endswith("by 0A1B (files/key)")


@pytest.mark.parametrize(
    ("served", "why"),
    [
        (None, "answered 404"),
        (b"<html>log in</html>", "it is no gzipped file"),
        (b"\x1f\x8b\x08 and so on", ""),
    ],
)
def test_where_graph_data_are_wanted_their_url_is_asked(ask, question, site, served, why):
    if served is not None:
        site.web.files["/graph-data"] = served
    problems = ask(question(CHANNEL.replace("}}", ", graph: true}}")))["problems"]
    assert [each["what"] for each in problems] == (["cannot fetch the graph data"] if why else [])
    assert all(why in each["why"] for each in problems)
    assert ask(question())["problems"] == []


def test_it_is_carried_to_a_host_in_memory_and_asks_from_there(question):
    connection = LocalConnection("here", Privilege.none())
    body = "mirror: {platform: {channels: [{name: stable-4.20, minVersion: 4.20.50, maxVersion: 4.20.51}]}}"
    problems, (warning,) = ask_sources(connection, question())
    assert problems == []
    assert "release signatures are not checked" in warning
    (problem,), _ = ask_sources(connection, question(body))
    assert isinstance(problem, ConfigError)
    assert problem.what.startswith("here: channel stable-4.20")


def test_a_source_with_a_ca_of_its_own_is_trusted_by_it(question, site):
    connection = LocalConnection("here", Privilege.none())
    single = {
        "source_ca": "",
        "source_cas": {site.upstream.location: (site.directory / "ca.crt").read_text()},
    }
    body = "mirror: {additionalImages: [{name: 'quay.io/team/app:gone'}]}"
    (problem,), _ = ask_sources(connection, question(body, sources=[], **single))
    assert problem.why.endswith("answered 404")


def test_a_host_that_cannot_be_asked_is_told():
    from bootstrap.errors import HostError

    with pytest.raises(HostError, match="cannot ask the sources"):
        ask_sources(LocalConnection("here", Privilege.none()), {})
