"""Programs on the host trust what the CA has signed, and podman the registry."""

import pytest


@pytest.fixture
def server(host, site, fixtures):
    """A TLS server on the host, with a certificate that the CA has signed."""
    host.run("mkdir -m 0700 /run/lab-server")
    for name in ("server.crt", "server.key"):
        text = (fixtures / name).read_text()
        assert host.run("echo %s > /run/lab-server/%s", text, name).rc == 0
    key = "-cert /run/lab-server/server.crt -key /run/lab-server/server.key"
    started = host.run(f"systemd-run --unit=lab-server openssl s_server -accept 8888 -www -quiet {key}")
    assert started.rc == 0, started.stderr
    yield f"https://{site.name}:8888/"
    host.run("systemctl stop lab-server; rm -rf /run/lab-server")


def test_curl_needs_no_flag(host, server):
    answer = host.run(f"curl --silent --show-error --retry 9 --retry-connrefused --output /dev/null {server}")
    assert answer.rc == 0, answer.stderr


def test_podman_has_the_ca_for_the_registry(host, site, fixtures):
    held = host.file(f"/etc/containers/certs.d/{site.name}:5000/ca.crt")
    assert oct(held.mode) == "0o644"
    assert held.content_string.endswith((fixtures / "ca.crt").read_text())
