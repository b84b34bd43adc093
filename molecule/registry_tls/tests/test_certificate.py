"""The certificate is the site CA's, for every name and address, and its key is root's alone."""


def test_files_are_roots_with_their_modes(host):
    for name, mode in (("registry.key", 0o600), ("registry.crt", 0o644), ("ca.crt", 0o644)):
        found = host.file(f"/opt/registry/certs/{name}")
        assert (found.user, found.group, oct(found.mode)) == ("root", "root", oct(mode))


def test_openssl_verifies_the_chain_for_the_name_and_every_address(host, site):
    assert host.file("/opt/registry/certs/ca.crt").content_string == site.ca.read_text()
    addresses = host.run("hostname --all-ip-addresses").stdout.split()
    assert {":" in address for address in addresses} == {True, False}
    checks = [f"-verify_hostname {site.name}", *(f"-verify_ip {address}" for address in addresses)]
    for check in checks:
        trust = "-x509_strict -CAfile /opt/registry/certs/ca.crt"
        done = host.run(f"openssl verify {trust} {check} /opt/registry/certs/registry.crt")
        assert done.stdout.endswith(": OK\n"), done.stderr


def test_the_key_belongs_to_the_certificate(host):
    shown = host.run("openssl x509 -noout -pubkey -in /opt/registry/certs/registry.crt").stdout
    assert shown == host.run("openssl pkey -pubout -in /opt/registry/certs/registry.key").stdout


def test_the_key_is_in_no_file_of_the_controller(host, site):
    key = host.file("/opt/registry/certs/registry.key").content_string.splitlines()[1]
    assert not any(
        key in path.read_text() for path in site.state.rglob("*") if path.suffix in {".key", ".crt", ".pem"}
    )
