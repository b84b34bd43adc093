"""The registry as its users meet it: over the network, verified, by name."""

import datetime as dt
import socket

from cryptography import x509


def certificate(site, family):
    """Return the certificate served over an address family; the handshake verifies chain and name."""
    address = socket.getaddrinfo(site.name, site.port, family, socket.SOCK_STREAM)[0][4]
    with (
        socket.create_connection(address[:2], timeout=20) as plain,
        site.context().wrap_socket(plain, server_hostname=site.name) as secure,
    ):
        return x509.load_der_x509_certificate(secure.getpeercert(binary_form=True))


def test_d1_v2_answers_401_without_and_200_with_credentials(site):
    status, headers, _body = site.get("/v2/")
    assert status == 401
    assert headers["WWW-Authenticate"].startswith("Basic ")
    assert site.get("/v2/", credentials=site.credentials)[0] == 200
    assert site.get("/v2/", credentials="mirror:wrong")[0] == 401


def test_d1_the_chain_is_the_sites_over_ipv4_and_ipv6(site):
    leaf = certificate(site, socket.AF_INET)
    assert leaf == certificate(site, socket.AF_INET6)
    assert leaf.issuer == x509.load_pem_x509_certificate(site.ca.read_bytes()).subject
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert site.name in names.get_values_for_type(x509.DNSName)
    assert {address.version for address in names.get_values_for_type(x509.IPAddress)} == {4, 6}
    assert leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False


def test_d1_the_certificate_lives_as_long_as_the_setting_says(site):
    leaf = certificate(site, socket.AF_INET)
    lifetime = leaf.not_valid_after_utc - leaf.not_valid_before_utc
    assert dt.timedelta(days=825) <= lifetime <= dt.timedelta(days=826)


def test_an_image_is_pushed_from_here_and_pulled_by_digest_on_the_host(host, push):
    image = push("check/image:1")
    pulled = host.run(f"podman pull --quiet {image}")
    host.run(f"podman image rm {image}")
    assert pulled.rc == 0, pulled.stderr


def test_curl_on_the_host_needs_no_flag(host, site):
    answer = host.run(
        f"curl --silent --output /dev/null --write-out '%{{http_code}}' https://{site.location}/v2/"
    )
    assert answer.stdout == "401"


def test_nobody_deletes_unless_that_is_switched_on(host):
    config = host.file("/opt/registry/conf/config.yml").content_string
    assert "delete:\n    enabled: false" in config
    assert "debug" not in config.replace("No debug listener", "")


def test_d2_the_port_is_the_only_one_that_is_listened_on_and_opened(host, site):
    listening = {each.rpartition(":")[2] for each in host.socket.get_listening_sockets() if each[:3] == "tcp"}
    assert listening == {"22", str(site.port)}
    for where in ("", "--permanent "):
        zone = host.run(f"firewall-cmd {where}--zone=public --list-all").stdout
        assert f"ports: {site.port}/tcp\n" in zone
