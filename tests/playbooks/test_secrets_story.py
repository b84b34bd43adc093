"""Certificate, password and pull secret by real Ansible, on two "hosts" that are directories here."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bootstrap.host.playbook import ansible_settings

PLAY = """
- name: Bring two hosts to their state
  hosts: registry
  gather_facts: false
  any_errors_fatal: true
  roles: [registry_tls, registry_auth, pull_secret]
"""
HOSTS = ("reg1.example.test", "reg2.example.test")
USERS_AUTH = {"auths": {"quay.io": {"auth": "dTpw"}}, "credHelpers": {"x": "y"}}


class Story:
    def __init__(self, directory: Path):
        self.directory, self.site, self.hosts = directory, directory / "demo", directory / "hosts"
        self.state = self.site / ".bootstrap-registry"
        self.output = ""
        host = f"{self.hosts}/{{{{ inventory_hostname }}}}"
        variables = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "registry_storage_root": host,
            "pull_secret_registries": [f"{name}:5000" for name in HOSTS],
            "pull_secret_merged_files": [f"{host}/root/auth.json"],
        }
        self.site.mkdir()
        (self.site / "hosts.yml").write_text(
            yaml.safe_dump({"registry": {"hosts": dict.fromkeys(HOSTS), "vars": variables}})
        )
        (directory / "play.yml").write_text(PLAY)

    def run(self, *words, strategy="linear", ok=True):
        """Run the play; return the number of changes, or the output when it is to fail."""
        environment = {**os.environ, **ansible_settings(), "ANSIBLE_STRATEGY": strategy}
        program = Path(sys.executable).with_name("ansible-playbook")
        argv = [program, "-i", self.site, self.directory / "play.yml", "-vv", *words]
        done = subprocess.run([*map(str, argv)], env=environment, text=True, capture_output=True)
        said = done.stdout + done.stderr
        self.output += said
        assert (done.returncode == 0) is ok, said[-3000:]
        return said if not ok else sum(int(line.split("changed=")[1].split()[0]) for line in recap(said))

    def held(self):
        """Every file of the hosts with its bytes and mode."""
        return {
            path: (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
            for path in self.hosts.rglob("*")
            if path.is_file()
        }


def recap(said):
    return [line for line in said.splitlines() if "unreachable=" in line]


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    story = Story(tmp_path_factory.mktemp("story"))
    auth = story.hosts / HOSTS[0] / "root/auth.json"
    auth.parent.mkdir(parents=True)
    auth.write_text(json.dumps(USERS_AUTH))
    auth.chmod(0o644)
    return story


def test_1_check_mode_tells_of_changes_and_makes_none(story):
    before = story.held()
    assert story.run("--check") == 6
    assert story.held() == before
    assert not story.state.exists()


def test_2_the_hosts_are_brought_to_their_state(story):
    assert story.run() == 6
    for host in HOSTS:
        root = story.hosts / host
        ca = story.state / "ca/ca.crt"
        verify = ["openssl", "verify", "-x509_strict", "-verify_hostname", host, "-CAfile", str(ca)]
        assert (
            subprocess.run([*verify, str(root / "certs/registry.crt")], capture_output=True).returncode == 0
        )
        password = (story.state / "credentials/password").read_text()
        accepted = ["htpasswd", "-vi", str(root / "auth/htpasswd"), "mirror"]
        assert subprocess.run(accepted, input=password, text=True, capture_output=True).returncode == 0
        merged = json.loads((root / "root/auth.json").read_text())
        assert {f"{name}:5000" for name in HOSTS} <= set(merged["auths"])
    kept = json.loads((story.hosts / HOSTS[0] / "root/auth.json").read_text())
    assert kept["credHelpers"] == USERS_AUTH["credHelpers"]
    assert kept["auths"]["quay.io"] == USERS_AUTH["auths"]["quay.io"]


def test_3_what_is_secret_is_private_on_both_sides(story):
    modes = {path.name: mode for path, (_, mode) in story.held().items()}
    assert (modes["registry.key"], modes["htpasswd"], modes["auth.json"]) == (0o600, 0o600, 0o600)
    for name in ("ca/ca.key", "credentials/password", "credentials/auth.json"):
        assert stat.S_IMODE((story.state / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(story.state.stat().st_mode) == 0o700
    # The servers' keys are nowhere on the controller, and the CA's is nowhere else.
    keys = [path for path in story.site.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]
    assert keys == [story.state / "ca/ca.key"]


@pytest.mark.parametrize("strategy", ["linear", "mitogen_linear"])
def test_4_a_second_run_changes_nothing(story, strategy):
    before = story.held()
    assert story.run(strategy=strategy) == 0
    assert story.held() == before


def test_5_a_new_name_reissues_under_the_same_ca(story):
    before = (story.state / "ca/ca.crt").read_bytes()
    assert story.run("-e", '{"registry_tls_names": ["lb.example.test"]}', strategy="mitogen_linear") == 2
    assert story.run() == 0  # the name has gone: no reason to issue again
    assert (story.state / "ca/ca.crt").read_bytes() == before


def test_6_another_controller_is_refused_before_anything_changes(story):
    known, before = story.state.rename(story.directory / "elsewhere"), story.held()
    said = story.run(ok=False)
    assert "this site's state does not know" in said
    assert story.held() == before
    assert not story.state.exists()
    known.rename(story.state)


def test_7_a_malformed_auth_file_of_the_host_is_refused_and_kept(story):
    path = story.hosts / HOSTS[1] / "root/auth.json"
    good = path.read_text()
    path.write_text('{"auths": {"quay.io": {"auth": "c2VjcmV0OnNlY3JldA=="')
    said = story.run(ok=False)
    assert str(path) in said
    assert "it is not JSON" in said
    assert path.read_text().startswith('{"auths": {"quay.io"')
    path.write_text(good)


def test_8_no_secret_was_ever_said(story):
    password = (story.state / "credentials/password").read_text().strip()
    entry = json.loads((story.state / "credentials/auth.json").read_text())["auths"][f"{HOSTS[0]}:5000"][
        "auth"
    ]
    hashed = (story.hosts / HOSTS[0] / "auth/htpasswd").read_text().partition(":")[2].strip()
    for secret in (password, entry, hashed, "PRIVATE KEY", "c2VjcmV0OnNlY3JldA=="):
        assert secret not in story.output
