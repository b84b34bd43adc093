"""Several files with several certificates, several registries, and one that somebody else cares for."""


def test_each_certificate_is_an_anchor_once(host):
    assert len(host.run("ls /usr/local/share/ca-certificates").stdout.split()) == 2


def test_the_bundle_has_both(host, fixtures):
    bundle = host.file("/etc/ssl/certs/ca-certificates.crt").content_string
    wanted = (fixtures / "two-ca.crt").read_text().split("-----END CERTIFICATE-----")
    assert all(certificate.strip() in bundle for certificate in wanted)


def test_podman_has_both_for_an_ipv6_address(host):
    held = host.file("/etc/containers/certs.d/[2001:db8::5]:8443/ca.crt").content_string
    assert held.count("BEGIN CERTIFICATE") == 2


def test_the_file_of_somebody_else_stays_and_ours_is_beside_it(host):
    directory = "/etc/containers/certs.d/registry.example.com:443"
    assert host.file(f"{directory}/ca.crt").content_string == "# Theirs.\n"
    assert host.file(f"{directory}/bootstrap-registry.crt").content_string.count("BEGIN CERTIFICATE") == 2
