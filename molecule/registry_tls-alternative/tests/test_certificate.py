"""A certificate that signed itself, with names, key and life as they were asked for; and a provided one."""


def shown(host, *options):
    return host.run(f"openssl x509 -noout -in /srv/tls/certs/registry.crt {' '.join(options)}").stdout


def test_it_replaced_the_one_that_nobody_knew_and_is_its_own_root(host):
    certs = "/srv/tls/certs"
    assert host.file(f"{certs}/ca.crt").content_string == host.file(f"{certs}/registry.crt").content_string
    assert "CN = mirror.example.com" in shown(host, "-issuer").replace("CN=", "CN = ")


def test_the_names_are_in_it(host):
    names = shown(host, "-ext subjectAltName")
    for name in (
        "DNS:mirror.example.com",
        "DNS:registry.example.com",
        "IP Address:192.0.2.7",
        "2001:DB8:0:0:0:0:0:7",
    ):
        assert name in names


def test_the_key_is_of_the_type_that_was_asked_for(host):
    assert "Public-Key: (4096 bit)" in shown(host, "-text")


def test_it_lives_as_long_as_was_asked_for(host):
    assert host.run(f"openssl x509 -noout -checkend {89 * 86400} -in /srv/tls/certs/registry.crt").rc == 0
    assert host.run(f"openssl x509 -noout -checkend {91 * 86400} -in /srv/tls/certs/registry.crt").rc == 1


def test_the_provided_one_is_there_as_it_was_given(host, fixtures):
    for name in ("registry.crt", "registry.key"):
        given = (fixtures / name.replace("registry", "server")).read_text()
        assert host.file(f"/srv/tls/provided/{name}").content_string == given
    assert oct(host.file("/srv/tls/provided/registry.key").mode) == "0o600"
    assert host.file("/srv/tls/provided/ca.crt").content_string == (fixtures / "ca.crt").read_text()
