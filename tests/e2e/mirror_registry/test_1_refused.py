"""What cannot work is refused with its reason on a fresh host, and nothing there is changed."""

import pytest

from tests.e2e.mirror_registry.conftest import provided
from tests.e2e.snapshot import differences, snapshot

pytestmark = pytest.mark.sandbox


@pytest.fixture
def refuses(host):
    """Return a function that runs `up` on a site and returns its problems as text; nothing may change."""

    def run(site):
        before = snapshot(host)
        ended = site.run("up", "--json")
        assert ended.code not in (0, 1), ended.err
        assert differences(before, snapshot(host)) == []
        assert "Traceback" not in ended.err
        return "\n".join(" ".join(map(str, problem.values())) for problem in ended.document["problems"])

    return run


@pytest.fixture
def podman_away(host):
    """The host without podman; it has no package repository either."""
    host.run(["mv", "/usr/bin/podman", "/usr/bin/podman.away"])
    yield
    host.run(["mv", "/usr/bin/podman.away", "/usr/bin/podman"])


def test_error_no_podman(lab, podman_away, refuses):
    assert "podman" in refuses(lab)


def test_error_invalid_cert(site, host, certificates, refuses):
    files = certificates(host.fqdn)
    (files / "certificate").write_text("no certificate\n")
    told = refuses(site("invalid", **provided(files)))
    assert str(files / "certificate") in told
    assert "PEM" in told


def test_tls_mismatch(site, host, certificates, refuses):
    told = refuses(site("mismatch", **provided(certificates("wrong-host.example.com"))))
    assert f"does not cover {host.fqdn}" in told
    assert "wrong-host.example.com" in told
