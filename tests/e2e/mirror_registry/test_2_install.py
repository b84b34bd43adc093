"""As root, with nothing but defaults: installed, healthy, installed again, uninstalled."""

import shutil

import pytest

from tests.e2e.mirror_registry.conftest import IMAGE

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def installed(lab, host):
    return lab.run("up", "--json")


def test_root_install(lab, host, installed):
    assert installed.result["changed"] > 0
    assert host.run(["systemctl", "is-active", "mirror-registry.service"]).stdout.strip() == "active"
    assert (host.root / "etc/containers/systemd/mirror-registry.container").exists()
    assert host.run(["podman", "ps", "--format", "{{.Names}}"]).stdout.split() == ["mirror-registry"]
    host.run(["podman", "pull", "--quiet", f"{lab.location}/{IMAGE}:latest"])


def test_auto_password(lab, host, installed):
    password = lab.state.password_file.read_text().strip()
    assert len(password) >= 32
    assert password not in installed.out + installed.err
    assert str(lab.state.auth_file) == installed.result["auth_file"]
    assert (lab.get(), lab.get(auth=True)) == (401, 200)


def test_health_endpoint(lab, host, installed):
    assert lab.get("/") == 200  # distribution's own: no credentials, answers only while its storage works
    assert lab.run("status", "--json").result["registries"][0]["problem"] is None
    host.run(["systemctl", "stop", "mirror-registry"])
    try:
        ended = lab.run("status", "--json")
        assert ended.code != 0
        assert ended.document["problems"]
    finally:
        host.run(["systemctl", "start", "mirror-registry"])


def test_idempotent_reinstall(lab, host, installed):
    password, since = lab.state.password_file.read_text(), started(host)
    assert lab.run("up", "--json").result["changed"] == 0
    assert (lab.state.password_file.read_text(), started(host)) == (password, since)
    assert lab.get(f"/v2/{IMAGE}/manifests/latest", auth=True) == 200


def test_uninstall(lab, host, installed):
    shutil.rmtree(lab.state.directory / "trust")  # what is on the host has to go without it, too
    assert lab.run("down", "--purge", "--yes", "--json").result > 0
    assert host.run(["podman", "ps", "--all", "--quiet"]).stdout == ""
    assert host.run(["podman", "images", "--quiet", "--filter", "reference=*registry*"]).stdout == ""
    assert host.run(["systemctl", "cat", "mirror-registry"], check=False).returncode != 0
    assert host.run(["ss", "-Hltn", "sport = :5000"]).stdout == ""
    assert host.run(["firewall-cmd", "--permanent", "--list-ports"]).stdout.strip() == ""
    for path in ("opt/registry", "var/lib/bootstrap-registry", "etc/bootstrap-registry"):
        assert not (host.root / path).exists()
    assert not list((host.root / "usr/local/share/ca-certificates").glob("*"))
    assert not (host.root / "etc/containers/certs.d" / lab.location).exists()
    for name in ("root/.config/containers/auth.json", "root/.docker/config.json"):
        path = host.root / name
        assert not path.exists() or lab.location not in path.read_text()
    assert host.run(["curl", "--silent", f"https://{lab.location}/"], check=False).returncode == 7  # refused


def started(host):
    return host.run(
        ["systemctl", "show", "--property=ActiveEnterTimestampMonotonic", "mirror-registry"]
    ).stdout
