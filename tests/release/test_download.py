from __future__ import annotations

import pytest

from bootstrap.errors import ConfigError, Denied, NotFound, RegistryError, TransferError
from bootstrap.registry.retry import testing as no_waiting
from bootstrap.release.download import Downloader
from tests.fakes.registry import FakeRegistry, authority


@pytest.fixture
def server():
    """A registry does as a web server: it has a page at /v2/, for everybody."""
    with FakeRegistry(auth=None) as fake:
        yield fake


@pytest.fixture
def downloader(tmp_path):
    (tmp_path / "ca.crt").write_text(authority().pem)
    return Downloader(ca_file=str(tmp_path / "ca.crt"), timeout_seconds=10)


def get(downloader, url, limit=1000):
    return downloader.get(url, what="cannot read the thing", limit=limit)


def test_what_is_there_is_fetched_over_tls(server, downloader):
    assert get(downloader, f"{server.url}/v2/") in (b"", b"{}")


@pytest.mark.parametrize(
    ("status", "kind"), [(404, NotFound), (410, NotFound), (401, Denied), (403, Denied), (302, RegistryError)]
)
def test_a_refusal_is_told_in_our_words(server, downloader, status, kind):
    server.faults.add("status", "GET /x", status=status)
    with pytest.raises(kind, match="cannot read the thing") as caught:
        get(downloader, f"{server.url}/x?token=secret")
    assert f"answered {status}" in caught.value.why
    assert "secret" not in str(caught.value)


def test_what_is_temporary_is_asked_again(server, downloader):
    server.faults.add("status", "GET /v2/", status=503, times=2)
    with no_waiting() as waited:
        get(downloader, f"{server.url}/v2/")
    assert len(waited) == 2


def test_too_much_is_not_taken(server, downloader):
    server.faults.add("status", "GET /x", status=200, body=b"x" * 11)
    with pytest.raises(RegistryError, match="more than 10 bytes"):
        get(downloader, f"{server.url}/x", limit=10)


def test_who_asks_for_the_begin_alone_gets_that(server, downloader):
    server.faults.add("status", "GET /x", status=200, body=b"x" * 11)
    assert downloader.first(f"{server.url}/x", what="cannot read the thing", size=10) == b"x" * 10


def test_a_certificate_of_a_stranger_is_refused(server):
    with pytest.raises(TransferError, match="authority"):
        get(Downloader(timeout_seconds=10), f"{server.url}/v2/")


@pytest.mark.parametrize("url", ["http://example.com/graph", "ftp://example.com", "graph", "https://"])
def test_only_https_will_do(downloader, url):
    with pytest.raises(ConfigError, match="is not an https URL"):
        get(downloader, url)


def elsewhere(downloader, url, redirects):
    return downloader.get(url, what="cannot read the thing", limit=1000, redirects=redirects)


def test_as_many_redirects_are_followed_as_are_allowed_and_no_more(server, downloader):
    for path, there in (("/a", "/b?x=1"), ("/b", f"{server.url}/v2/")):
        server.faults.add("status", f"GET {path}", status=302, headers={"Location": there}, times=2)
    assert elsewhere(downloader, f"{server.url}/a", 2) in (b"", b"{}")
    with pytest.raises(RegistryError, match=r"/b\?.* answered 302"):
        elsewhere(downloader, f"{server.url}/a", 1)


def test_a_redirect_away_from_https_is_not_followed(server, downloader):
    server.faults.add("status", "GET /a", status=302, headers={"Location": "http://127.0.0.1:1/b"})
    with pytest.raises(ConfigError, match="is not an https URL"):
        elsewhere(downloader, f"{server.url}/a", 5)
