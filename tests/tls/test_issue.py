"""What we issue is judged by openssl, with the strict rules of Python 3.13, and by a real handshake."""

import datetime as dt
import shutil
import socket
import ssl
import subprocess
import threading

import pytest

from bootstrap.tls.certificates import key_type, names, to_pem
from bootstrap.tls.issue import Order, issue, issue_self_signed

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")


def openssl(*words, check=True):
    done = subprocess.run(["openssl", *map(str, words)], text=True, capture_output=True)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def files(tmp_path, issued, authority):
    (tmp_path / "ca.crt").write_bytes(to_pem([authority.certificate]))
    (tmp_path / "registry.crt").write_bytes(issued.pem)
    (tmp_path / "registry.key").write_bytes(issued.key_pem)
    return tmp_path


@pytest.mark.parametrize(
    "asked",
    ["-verify_hostname reg1.example.test", "-verify_ip 192.0.2.10", "-verify_ip 2001:db8::10"],
)
def test_openssl_verifies_chain_purpose_and_every_kind_of_name(files, asked):
    said = openssl(
        "verify",
        "-x509_strict",
        "-purpose",
        "sslserver",
        *asked.split(),
        "-CAfile",
        files / "ca.crt",
        files / "registry.crt",
    )
    assert said.strip().endswith("OK")


def test_openssl_refuses_another_name(files):
    said = openssl(
        "verify",
        "-verify_hostname",
        "other.example.test",
        "-CAfile",
        files / "ca.crt",
        files / "registry.crt",
        check=False,
    )
    assert "OK" not in said


def test_openssl_reads_the_extensions_that_we_promise(files):
    text = openssl("x509", "-in", files / "registry.crt", "-noout", "-text")
    assert "CA:FALSE" in text
    assert "TLS Web Server Authentication" in text
    assert "NIST CURVE: P-256" in text
    san = openssl("x509", "-in", files / "registry.crt", "-noout", "-ext", "subjectAltName")
    assert (
        "DNS:reg1.example.test, DNS:registry.example.test, IP Address:192.0.2.10, IP Address:2001:DB8" in san
    )
    ca = openssl("x509", "-in", files / "ca.crt", "-noout", "-text")
    assert "CA:TRUE, pathlen:0" in ca
    assert "Certificate Sign, CRL Sign" in ca


def test_openssl_says_the_key_is_the_certificates(files):
    of_key = openssl("pkey", "-in", files / "registry.key", "-pubout")
    assert of_key == openssl("x509", "-in", files / "registry.crt", "-noout", "-pubkey")


def test_the_life_is_as_ordered_and_never_longer_than_the_cas(authority, order, now):
    def until(days):
        return issue(Order(order.names, order.key_type, days), authority, now).certificate.not_valid_after_utc

    assert until(825) == now + dt.timedelta(days=825)
    assert until(3650) == authority.certificate.not_valid_after_utc
    assert until(3651) == authority.certificate.not_valid_after_utc


def test_a_self_signed_certificate_is_its_own_root_and_covers_the_names(tmp_path, order, now):
    made = issue_self_signed(order, now)
    path = tmp_path / "registry.crt"
    path.write_bytes(made.pem)
    said = openssl(
        "verify",
        "-x509_strict",
        "-purpose",
        "sslserver",
        "-verify_hostname",
        "reg1.example.test",
        "-CAfile",
        path,
        path,
    )
    assert said.strip().endswith("OK")
    assert names(made.certificate) == set(order.names)


def test_rsa_4096_by_choice(authority, order, now):
    made = issue(Order(order.names, "rsa_4096", 825), authority, now)
    assert key_type(made.certificate) == "rsa_4096"


def test_a_name_too_long_for_a_subject_is_covered_all_the_same(tmp_path, authority, now):
    name = ".".join(["a" * 60] * 3)
    path = tmp_path / "registry.crt"
    path.write_bytes(issue(Order([name], "ecdsa_p256", 825), authority, now).pem)
    (tmp_path / "ca.crt").write_bytes(to_pem([authority.certificate]))
    openssl("verify", "-x509_strict", "-verify_hostname", name, "-CAfile", tmp_path / "ca.crt", path)


@pytest.mark.parametrize("name", ["reg1.example.test", "192.0.2.10"])
def test_a_client_shakes_hands_under_strict_verification(files, name):
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(files / "registry.crt", files / "registry.key")
    client = ssl.create_default_context(cafile=files / "ca.crt")
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    ours, theirs = socket.socketpair()

    def serve():
        with server.wrap_socket(theirs, server_side=True) as wrapped:
            wrapped.recv(1)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with client.wrap_socket(ours, server_hostname=name) as wrapped:
            wrapped.send(b"x")
    finally:
        thread.join(10)


def test_no_key_is_in_a_repr(issued, authority):
    assert "PRIVATE" not in repr(issued)
    assert "PRIVATE" not in repr(authority)
