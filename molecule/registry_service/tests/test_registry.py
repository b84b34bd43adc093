"""The registry answers over the network, by its name, with the certificate that is on the host."""


def test_it_answers_401_without_and_200_with_credentials(site):
    status, headers, _body = site.get("/v2/")
    assert status == 401
    assert headers["WWW-Authenticate"].startswith("Basic ")
    assert site.get("/v2/", credentials=site.credentials)[0] == 200


def test_what_it_serves_is_what_the_run_that_was_broken_off_left(host, site):
    served = f"openssl s_client -connect {site.location} </dev/null 2>/dev/null"
    names = host.run(f"{served} | openssl x509 -noout -ext subjectAltName").stdout
    assert "DNS:renewed.example.com" in names


def test_podman_pulls_through_it_by_digest(host, site, push):
    image = push("check/image:1")
    host.run("mkdir -p /run/lab-certs && cp /opt/registry/certs/ca.crt /run/lab-certs/")
    login = f"--cert-dir=/run/lab-certs --creds={site.credentials}"
    pulled = host.run(f"podman pull --quiet {login} {image}")
    host.run(f"podman image rm {image}")
    assert pulled.rc == 0, pulled.stderr


def test_it_starts_at_boot_and_again_when_it_dies(host):
    wanted = host.run("systemctl show --property=Wants,Requires --value multi-user.target").stdout
    assert "mirror-registry.service" in wanted
    shown = host.run("systemctl show --property=Restart,NRestarts,NeedDaemonReload mirror-registry").stdout
    assert shown.split() == ["Restart=always", "NRestarts=0", "NeedDaemonReload=no"]


def test_it_has_no_capability_and_a_read_only_root(host):
    wanted = "{{.EffectiveCaps}} {{.HostConfig.ReadonlyRootfs}} {{.HostConfig.SecurityOpt}}"
    assert (
        host.run(f"podman inspect mirror-registry --format '{wanted}'").stdout
        == "[] true [no-new-privileges]\n"
    )


def test_config_and_secret_are_roots_alone(host):
    for path in ("/opt/registry/conf/config.yml", "/opt/registry/conf/http-secret"):
        found = host.file(path)
        assert (found.user, oct(found.mode)) == ("root", "0o600")
