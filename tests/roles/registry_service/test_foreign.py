"""Finding registries of others: what podman says of a container, and what follows from it."""

import json
import socket
import subprocess
import sys

import pytest

from bootstrap.shipped import shipped

SCRIPT = shipped("roles") / "registry_service/files/foreign_registries.py"
CONFIG = """\
version: 0.1
storage:
  filesystem:
    rootdirectory: /blobs
http:
  tls:
    certificate: /certs/a.crt
    key: /certs/a.key
auth:
  htpasswd:
    realm: any
    path: /auth/users
"""


@pytest.fixture
def script(plugin):
    return plugin("registry_service", "files", "foreign_registries")


@pytest.fixture
def root(tmp_path):
    for name in ("auth", "certs", "conf", "data/docker/registry/v2/repositories/team/app/_manifests"):
        (tmp_path / "root" / name).mkdir(parents=True)
    (tmp_path / "root/auth/htpasswd").write_text("dummy:$2y$05$x\n")
    return tmp_path / "root"


@pytest.fixture
def container(root):
    """As `podman container inspect` has it, cut down to what is read."""

    def make(env=(), mounts=None, **more):
        mounts = (
            mounts
            if mounts is not None
            else {"/var/lib/registry": "data", "/auth": "auth", "/certs": "certs"}
        )
        made = {
            "Id": "1f" * 32,
            "Name": "registry",
            "ImageName": "docker.io/library/registry:latest",
            "State": {"Running": False},
            "Config": {"Env": list(env), "Labels": {}, "Cmd": ["serve", "/etc/docker/registry/config.yml"]},
            "HostConfig": {"PortBindings": {}, "RestartPolicy": {"Name": "no"}},
            "Mounts": [
                {"Destination": inside, "Source": str(root / outside)} for inside, outside in mounts.items()
            ],
        }
        return {**made, **more}

    return make


@pytest.fixture(autouse=True)
def units(script, tmp_path, monkeypatch):
    """A directory of unit files; systemd itself is not asked: what is in `enabled` is enabled."""
    directory = tmp_path / "units"
    directory.mkdir()
    enabled = set()
    monkeypatch.setattr(script, "UNIT_DIRS", (str(directory),))
    monkeypatch.setattr(script, "is_enabled", lambda unit: unit in enabled)
    return directory, enabled


HTPASSWD = "REGISTRY_AUTH_HTPASSWD_PATH=/auth/htpasswd"


def test_what_environment_variables_say_is_found_on_the_host(script, container, root):
    found = script.described(
        container(
            [
                HTPASSWD,
                "REGISTRY_HTTP_TLS_CERTIFICATE=/certs/domain.crt",
                "REGISTRY_HTTP_TLS_KEY=/certs/d.key",
            ]
        ),
        root,
    )
    assert (found["data"], found["repositories"], found["users"]) == (f"{root}/data", 1, ["dummy"])
    assert (found["certificate"], found["key"]) == (f"{root}/certs/domain.crt", f"{root}/certs/d.key")
    assert found["why_not"] == ""


def test_what_its_config_says_is_found_too(script, container, root):
    (root / "conf/config.yml").write_text(CONFIG)
    (root / "auth/users").write_text("ann:$2y$05$x\nbob:$2y$05$x\n")
    mounts = {"/etc/docker/registry/config.yml": "conf/config.yml", "/blobs": "data", "/auth": "auth"}
    found = script.described(container(mounts={**mounts, "/certs": "certs"}), root)
    assert (found["data"], found["users"]) == (f"{root}/data", ["ann", "bob"])
    assert (found["certificate"], found["key"]) == (f"{root}/certs/a.crt", f"{root}/certs/a.key")


@pytest.mark.parametrize(
    ("env", "mounts", "why"),
    [
        (["REGISTRY_STORAGE_S3_BUCKET=b"], None, "object store"),
        (["REGISTRY_PROXY_REMOTEURL=https://example.com"], None, "pull-through cache"),
        ([], {}, "inside the container"),
        ([], {"/var/lib/registry": "auth"}, "not a distribution registry's"),
        ([], {"/var/lib/registry": "elsewhere"}, "its data is in"),
    ],
)
def test_what_cannot_be_adopted_is_said(script, container, root, env, mounts, why):
    (root / "elsewhere/docker/registry/v2").mkdir(parents=True)
    assert why in script.described(container(env, mounts), root)["why_not"]


def test_data_behind_a_symbolic_link_is_ours_to_adopt(script, container, root):
    (root / "data").rename(root / "blobs")
    (root / "data").symlink_to(root / "blobs")
    assert script.described(container(mounts={"/var/lib/registry": "blobs"}), root)["why_not"] == ""


@pytest.mark.parametrize(
    "line",
    [
        "ExecStart=/usr/bin/podman start registry",
        "ExecStart=/usr/bin/podman run \\\n  --rm --name registry docker.io/library/registry:2",
        f"ExecStart=/usr/bin/podman start {'1f' * 32}",
    ],
)
def test_the_unit_that_starts_it_is_found_by_its_file(script, container, units, line):
    (units[0] / "any.service").write_text(f"[Service]\n{line}\n")
    (units[0] / "other.service").write_text("[Service]\nExecStart=/usr/bin/podman start registry-ui\n")
    assert script.units_of(container()) == ["any.service"]


def test_a_stopped_container_is_in_the_way_only_when_something_starts_it(script, container, root, units):
    directory, enabled = units
    (directory / "any.service").write_text("ExecStart=/usr/bin/podman start registry\n")
    assert not script.is_in_the_way(container(), set(), 5000, root)
    enabled.add("any.service")
    assert script.is_in_the_way(container(), set(), 5000, root)
    always = container(HostConfig={"RestartPolicy": {"Name": "always"}})
    assert script.is_in_the_way(always, set(), 5000, root)


def test_a_running_one_elsewhere_is_not_in_the_way_unless_it_holds_the_port(script, container, root):
    elsewhere = container(mounts={"/var/lib/registry": "elsewhere"}, State={"Running": True, "ConmonPid": 0})
    assert not script.is_in_the_way(elsewhere, set(), 5000, root)
    assert script.is_in_the_way(elsewhere, {elsewhere["Id"]}, 5000, root)
    published = {"PortBindings": {"5000/tcp": [{"HostIp": "", "HostPort": "8443"}]}}
    assert script.is_in_the_way({**elsewhere, "HostConfig": published}, set(), 8443, root)


def test_whoever_has_the_name_of_our_container_is_in_the_way(script, container, root):
    assert script.is_in_the_way(container(Name="mirror-registry"), set(), 5000, root)


def test_users_of_another_htpasswd_join_ours_and_nobody_is_replaced(script, root):
    ours = root / "auth/htpasswd"
    theirs = root / "conf/users"
    theirs.write_text("dummy:other\nann:$2y$05$y\n")
    assert script._join(theirs, ours) == ["ann"]
    assert ours.read_text() == "dummy:$2y$05$x\nann:$2y$05$y\n"
    assert ours.stat().st_mode & 0o777 == 0o600
    assert script._join(theirs, ours) == []
    assert script._join(ours, ours) == []


def test_what_may_not_be_adopted_is_left_alone(script, root):
    assert script.adopt({"kind": "process", "name": "nginx"}, root) == []
    assert script.adopt({"kind": "container", "why_not": "it is a pull-through cache"}, root) == []


def test_a_process_that_holds_the_port_is_named(tmp_path):
    with socket.socket(socket.AF_INET6) as server:
        server.bind(("::", 0))
        server.listen()
        asked = {"action": "look", "port": server.getsockname()[1], "root": str(tmp_path)}
        done = subprocess.run(
            [sys.executable, "-", json.dumps(asked)], input=SCRIPT.read_text(), capture_output=True, text=True
        )
    (found,) = json.loads(done.stdout)["found"]
    assert (found["kind"], found["name"]) == ("process", "pytest") or found["name"].startswith("python")
