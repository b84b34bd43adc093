"""Certificates, refused connections and proxies: each failure has its own sentence."""

from __future__ import annotations

import base64
import errno
import os
import socket
import ssl

import pytest
from urllib3.exceptions import SSLError

from bootstrap.errors import ConfigError, TransferError
from bootstrap.oci.descriptor import Descriptor
from bootstrap.oci.digest import Digest
from bootstrap.registry.client import RegistryClient
from bootstrap.registry.network import from_network
from bootstrap.registry.retry import RetryPolicy
from tests.fakes.listener import Listener, Proxy
from tests.fakes.registry import FakeRegistry, authority
from tests.fakes.tls import Authority

ONCE = RetryPolicy(attempts=1)


def _failure(location, **options):
    with RegistryClient(location, retries=ONCE, **options) as client, pytest.raises(TransferError) as caught:
        client.ping()
    assert caught.value.what == f"cannot use the registry {location}"
    return caught.value


def test_a_ca_may_come_as_text_or_file(tmp_path):
    (tmp_path / "ca.crt").write_text(authority().pem)
    with FakeRegistry() as fake:
        for given in ({"ca_pem": fake.ca_pem}, {"ca_pem": None, "ca_file": str(tmp_path / "ca.crt")}):
            with fake.client(**given) as client:
                client.ping()


def test_an_unknown_authority_is_named_with_its_fix():
    with FakeRegistry() as fake:
        for given in ({}, {"ca_pem": Authority("Other CA").pem}):
            failure = _failure(fake.location, **given)
            assert "unknown authority" in failure.why
            assert "CA file" in failure.fix
            assert not failure.is_temporary
        assert fake.log == []


def test_the_server_certificate_itself_may_be_the_anchor():
    leaf = authority().issue()
    with FakeRegistry(leaf=leaf) as fake, fake.client(ca_pem=leaf.certificate) as client:
        client.ping()


def test_a_certificate_for_another_name_is_refused():
    leaf = authority().issue("registry.example.com", "192.0.2.1")
    with FakeRegistry(leaf=leaf) as fake:
        failure = _failure(fake.location, ca_pem=fake.ca_pem)
        by_name = _failure(fake.location.replace("127.0.0.1", "localhost"), ca_pem=fake.ca_pem)
    assert "is for other names" in failure.why
    assert "is for other names" in by_name.why
    assert "SAN" in failure.fix


@pytest.mark.parametrize(("days", "why"), [((-5, -1), "has expired"), ((1, 5), "is not valid yet")])
def test_a_certificate_out_of_its_time_is_refused(days, why):
    with FakeRegistry(leaf=authority().issue(days=days)) as fake:
        failure = _failure(fake.location, ca_pem=fake.ca_pem)
    assert why in failure.why
    assert "clock" in failure.fix


def test_a_registry_may_have_an_ipv6_address():
    with FakeRegistry(host="::1") as fake, fake.client() as client:
        assert fake.location.startswith("[::1]:")
        client.ping()
        client.push_blob("a", Descriptor("text/plain", Digest.of(b""), 0), [])


def test_a_refused_connection_is_said_to_be_one():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))  # bound and not listening: nobody else takes the port
        failure = _failure(f"127.0.0.1:{probe.getsockname()[1]}")
    assert "refused the connection" in failure.why
    assert failure.is_temporary


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (errno.EHOSTUNREACH, "r.example.com:5000 cannot be reached: no route to host"),
        (errno.ENETUNREACH, "r.example.com:5000 cannot be reached: network is unreachable"),
        (errno.ECONNRESET, "r.example.com:5000 cannot be reached: connection reset by peer"),
    ],
)
def test_what_the_system_says_is_told_in_words(monkeypatch, number, why):
    def broken(*_args, **_kwargs):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("urllib3.connection.connection.create_connection", broken)
    assert _failure("r.example.com:5000").why == why


def test_a_name_that_does_not_resolve_is_said_to_be_one(monkeypatch):
    def unknown(*_args, **_kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    failure = _failure("registry.invalid:5000")
    assert "does not resolve" in failure.why
    assert not failure.is_temporary


def test_a_silent_name_server_is_temporary(monkeypatch):
    def silent(*_args, **_kwargs):
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    assert _failure("registry.invalid:5000").is_temporary


def test_a_port_that_speaks_something_else_is_said_to_do_so():
    with Listener(b"SSH-2.0-OpenSSH_9.2\r\n") as listener:
        failure = _failure(listener.location)
    assert "does not speak TLS" in failure.why
    assert "openssl s_client" in failure.fix


@pytest.mark.parametrize(
    ("reason", "is_temporary"),
    [("SSLV3_ALERT_UNEXPECTED_MESSAGE", True), ("BAD_RECORD_MAC", True), ("NO_PROTOCOLS_AVAILABLE", False)],
)
def test_a_handshake_that_was_garbled_is_tried_again(reason, is_temporary):
    error = SSLError(ssl.SSLError(1, f"[SSL: {reason}] what the library says (_ssl.c:1029)"))
    assert from_network("cannot read", "registry.example.com", error).is_temporary is is_temporary


def test_a_proxy_leads_to_the_registry_unless_no_proxy_has_it(monkeypatch):
    with FakeRegistry() as fake, Proxy() as proxy:
        monkeypatch.setenv("https_proxy", f"http://user:p%40ss@{proxy.location}")
        monkeypatch.setenv("no_proxy", "")
        with fake.client() as client:
            client.ping()
        (request,) = proxy.requests
        assert request.startswith(f"CONNECT {fake.location} HTTP/1.")
        assert base64.b64encode(b"user:p@ss").decode() in request
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        with fake.client() as client:
            client.ping()
        assert len(proxy.requests) == 1


def test_a_proxy_that_fails_is_blamed_and_its_password_not_shown(monkeypatch):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        monkeypatch.setenv("https_proxy", f"http://user:geheim@127.0.0.1:{probe.getsockname()[1]}")
        monkeypatch.setenv("no_proxy", "")
        failure = _failure("registry.example.com")
    assert "proxy for registry.example.com failed" in failure.why
    assert "geheim" not in str(failure)


def test_a_proxy_of_another_kind_is_refused(monkeypatch):
    monkeypatch.setenv("https_proxy", "socks5://user:geheim@127.0.0.1:1080")
    with pytest.raises(ConfigError, match="socks5") as caught:
        RegistryClient("registry.example.com")
    assert "geheim" not in str(caught.value)


def test_a_ca_file_that_is_none_is_refused(tmp_path):
    path = tmp_path / "ca.crt"
    with pytest.raises(ConfigError, match="No such file"):
        RegistryClient("a.io", ca_file=str(path))
    for text in ("", "not a certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        path.write_text(text)
        with pytest.raises(ConfigError, match="PEM certificate"):
            RegistryClient("a.io", ca_file=str(path))
    with pytest.raises(ConfigError, match="certificates given"):
        RegistryClient("a.io", ca_pem="nothing")
