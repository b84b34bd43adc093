"""What is on the host: files with their modes, one service, and no secret where others read."""

import pytest


@pytest.mark.parametrize(
    ("path", "mode"),
    [
        ("/opt/registry", 0o755),
        ("/opt/registry/auth", 0o700),
        ("/opt/registry/auth/htpasswd", 0o600),
        ("/opt/registry/certs", 0o755),
        ("/opt/registry/certs/registry.key", 0o600),
        ("/opt/registry/certs/registry.crt", 0o644),
        ("/opt/registry/conf", 0o700),
        ("/opt/registry/conf/config.yml", 0o600),
        ("/opt/registry/conf/http-secret", 0o600),
        ("/opt/registry/data", 0o700),
        ("/etc/containers/systemd/mirror-registry.container", 0o644),
        ("/etc/bootstrap-registry/auth.json", 0o600),
        ("/root/.config/containers/auth.json", 0o600),
    ],
)
def test_files_are_roots_with_their_modes(host, path, mode):
    found = host.file(path)
    assert (found.user, found.group, oct(found.mode)) == ("root", "root", oct(mode))


def test_d1_its_unit_is_one_that_systemd_has_nothing_against(host):
    verified = host.run("systemd-analyze verify --man=no /run/systemd/generator/mirror-registry.service")
    ours = [line for line in verified.stderr.splitlines() if "mirror-registry" in line]
    assert (verified.rc, ours) == (0, [])


def test_the_service_runs_and_starts_at_boot(host):
    service = host.service("mirror-registry")
    assert service.is_running
    wanted = host.run("systemctl show --property=Wants,Requires --value multi-user.target").stdout
    assert "mirror-registry.service" in wanted
    shown = host.run("systemctl show --property=Restart,NRestarts,NeedDaemonReload mirror-registry").stdout
    assert shown.split() == ["Restart=always", "NRestarts=0", "NeedDaemonReload=no"]


def test_the_container_has_no_capability_and_a_read_only_root(host):
    settings = "{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.SecurityOpt}} {{.HostConfig.NetworkMode}}"
    shown = host.run(
        f"podman inspect mirror-registry --format '{{{{.EffectiveCaps}}}} {settings}'"
    ).stdout.strip()
    assert shown == "[] true [no-new-privileges] host"


def test_d1_the_image_runs_by_its_digest_and_is_never_pulled(host):
    unit = host.file("/etc/containers/systemd/mirror-registry.container").content_string
    assert "Image=docker.io/library/registry@sha256:" in unit
    assert "\nPull=never\n" in unit
    for word in (":z", ":Z", "SecurityLabelDisable", "PublishPort", "Privileged"):
        assert f"{word}\n" not in unit


def test_d1_no_secret_is_in_an_argument_the_container_or_what_ansible_and_all_others_log(host, site):
    secrets = {
        "HTTP secret": host.file("/opt/registry/conf/http-secret").content_string.strip(),
        "password": site.password_file.read_text().strip(),
        "key": host.file("/opt/registry/certs/registry.key").content_string.splitlines()[1],
    }
    assert all(len(secret) >= 32 for secret in secrets.values())
    for command in ("podman inspect mirror-registry", "journalctl --no-pager", "ps -eo args"):
        shown = host.run(command).stdout
        assert [name for name, secret in secrets.items() if secret in shown] == []


def test_the_trust_is_where_programs_look(host, site):
    assert host.file(f"/etc/containers/certs.d/{site.location}/ca.crt").mode == 0o644
    bundle = host.file("/etc/ssl/certs/ca-certificates.crt").content_string
    assert site.ca.read_text().strip().splitlines()[1] in bundle
