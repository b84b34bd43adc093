"""As a user with sudo, with everything chosen: name, port, directories, certificate. Then upgraded."""

import shutil
import ssl
import subprocess

import pytest

from tests.e2e.mirror_registry.conftest import IMAGE, provided

pytestmark = pytest.mark.sandbox

PORT = 8443
ROOT_DIRECTORY = "/srv/mirror"
BLOBS = "/srv/blobs"  # data of their own place: <root>/data is a symbolic link to it
USER = "pusher"


@pytest.fixture(scope="module")
def custom(site, host, hostname, certificates):
    host.run(["mkdir", "-p", ROOT_DIRECTORY, BLOBS])
    host.run(["ln", "-sfn", BLOBS, f"{ROOT_DIRECTORY}/data"])
    return site(
        "custom",
        ansible_user="admin",
        ansible_become=True,
        registry_service_hostname=hostname,
        registry_service_port=PORT,
        registry_storage_root=ROOT_DIRECTORY,
        registry_auth_user=USER,
        **provided(certificates(hostname)),
    )


@pytest.fixture(scope="module")
def older(custom, lab, registry_archive):
    """An image of an earlier time: the same program, another digest. Returns the new one's path."""
    images = custom.state.directory / "images"
    images.mkdir(parents=True, mode=0o700)
    custom.state.directory.chmod(0o700)
    new, middle, old = registry_archive, lab.directory / "middle.tar", lab.directory / "old.tar"
    skopeo("copy", f"oci-archive:{new}", f"docker-archive:{middle}:registry:old")
    skopeo("copy", f"docker-archive:{middle}", f"oci-archive:{old}")
    assert old.read_bytes() != new.read_bytes()
    shutil.move(old, images / "registry.tar")
    return new


@pytest.fixture(scope="module")
def installed(custom, older):
    return custom.run("up", "--json")


def get(custom, location, path="/v2/", who=USER):
    words = ["curl", "--silent", "--max-time", "10", "--cacert", str(custom.ca), "--output", "/dev/null"]
    config = f'user = "{who}:{custom.state.password_file.read_text().strip()}"\n'
    done = subprocess.run(
        [*words, "--write-out", "%{http_code}", "--config", "-", f"https://{location}{path}"],
        input=config,
        capture_output=True,
        text=True,
    )
    return int(done.stdout or 0)


@pytest.fixture(scope="module")
def location(hostname):
    return f"{hostname}:{PORT}"


def test_custom_hostname(custom, host, installed, location):
    assert installed.result["urls"] == [f"https://{location}"]
    assert get(custom, location) == 200
    host.run(["podman", "pull", "--quiet", f"{location}/{IMAGE}:latest"])
    resources = custom.directory / "artifacts/inventory/cluster-resources"
    assert location in "".join(path.read_text() for path in resources.glob("*.yaml"))


def test_nonstandard_port(host, installed):
    assert host.run(["ss", "-Hltn", f"sport = :{PORT}"]).stdout != ""
    assert host.run(["ss", "-Hltn", "sport = :5000"]).stdout == ""
    assert host.run(["firewall-cmd", "--permanent", "--list-ports"]).stdout.split() == [f"{PORT}/tcp"]


def test_custom_paths(host, installed):
    assert (host.root / "srv/blobs/docker/registry/v2/repositories").is_dir()
    for name in ("conf/config.yml", "auth/htpasswd", "certs/registry.key"):
        assert (host.root / "srv/mirror" / name).is_file()
    assert not (host.root / "opt/registry").exists()


def test_custom_tls(custom, lab, hostname, installed):
    given = (lab.directory / "certificates" / hostname / "certificate").read_text()
    assert ssl.get_server_certificate((hostname, PORT), ca_certs=str(custom.ca)).strip() == given.strip()
    assert custom.ca.read_bytes() == (lab.directory / "certificates" / hostname / "ca.crt").read_bytes()


@pytest.fixture(scope="module")
def upgraded(custom, host, installed, older):
    """Ours of today meets what an older release left: another image and unit, and a line of the user's."""
    assert installed.code == 0
    shutil.copy(older, custom.state.directory / "images/registry.tar")
    host.run(["sed", "-i", "/^RestartSec=/d", "/etc/containers/systemd/mirror-registry.container"])
    host.run(["systemctl", "daemon-reload"])
    htpasswd = f"{ROOT_DIRECTORY}/auth/htpasswd"
    host.run(["sh", "-c", f"sed 's/^{USER}:/guest:/' {htpasswd} >/root/line && cat /root/line >>{htpasswd}"])
    before = running(host)
    return custom.run("up", "--json"), before


def test_upgrade_preserves_config(custom, host, upgraded, location):
    ended, before = upgraded
    assert ended.result["changed"] > 0
    assert running(host) != before
    assert "RestartSec=5" in host.run(["systemctl", "cat", "mirror-registry"]).stdout
    assert get(custom, location, f"/v2/{IMAGE}/manifests/latest") == 200
    assert get(custom, location, who="guest") == 200
    assert sum(each["blobs_copied"] for each in ended.result["mirrored"]["finished"]["registries"]) == 0
    assert not (host.root / "opt/registry").exists()


def test_an_upgrade_leaves_no_image_behind_that_nothing_runs(host, upgraded):
    found = host.run(["podman", "images", "--all", "--format", "{{.Digest}} {{.Repository}}"]).stdout
    assert len([line for line in found.splitlines() if line.endswith(("library/registry", "<none>"))]) == 1


def test_an_upgrade_to_another_port_moves_there(custom, host, upgraded, hostname):
    ended = custom.run("up", "-e", "registry_service_port=7443", "--json")
    assert ended.result["urls"] == [f"https://{hostname}:7443"]
    assert get(custom, f"{hostname}:7443") == 200


def running(host):
    return host.run(["podman", "container", "inspect", "--format", "{{.Image}}", "mirror-registry"]).stdout


def skopeo(*words):
    subprocess.run(["skopeo", *words, "--quiet"], check=True, capture_output=True)
