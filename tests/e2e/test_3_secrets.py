"""No secret leaves its place during `up`; and the same search finds one that is planted in each place."""

import base64
import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.e2e import leaks
from tests.e2e.execs import HostTrace, traced

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def secrets(lab, second_up):
    """Every secret of the site, by name, in each spelling in which it could turn up."""
    password = lab.state.password_file.read_text().strip()
    found = {
        "password": password.encode(),
        "password, as an auth entry": base64.b64encode(f"mirror:{password}".encode()),
        "CA key": key_body(lab.state.ca_key.read_text()),
        "server key": key_body(
            (lab.sandbox.host("registry1").root / "opt/registry/certs/registry.key").read_text()
        ),
    }
    for name, entry in pull_secret(lab)["auths"].items():
        found[f"pull secret for {name}"] = entry["auth"].encode()
        found[f"pull secret for {name}, decoded"] = base64.b64decode(entry["auth"]).partition(b":")[2]
    assert all(len(secret) > 8 for secret in found.values())
    return found


def key_body(pem):
    return pem.splitlines()[2].encode()


def pull_secret(lab):
    settings = json.loads(
        subprocess.run(
            [Path(lab.command()[0]).with_name("ansible-inventory"), "-i", "inventory", "--host", "registry1"],
            cwd=lab.directory,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    )
    return json.loads(Path(settings["pull_secret_file"]).read_text())


@pytest.mark.parametrize("side", ["driver", "host"])
def test_no_secret_is_in_any_argument_list_or_environment(up, secrets, side):
    trace = up.driver_execs if side == "driver" else up.host_execs
    assert trace.read_text(errors="replace").count("execve(") >= 10
    assert leaks.in_file(trace, secrets) == set()


def test_no_secret_is_in_the_journal(lab, secrets, tmp_path):
    assert leaks.in_file(journal(lab, tmp_path), secrets) == set()


def test_no_secret_is_in_what_ansible_runner_leaves(lab, secrets):
    assert leaks.in_tree(lab.state.directory / "runner", secrets) == {}


def test_no_secret_is_in_the_artefacts(lab, secrets):
    assert leaks.in_tree(lab.directory / "artifacts", secrets) == {}


def test_no_secret_is_in_the_ledger_or_the_runs(lab, secrets):
    assert leaks.in_tree(lab.sandbox.host("registry1").root / "var/lib/bootstrap-registry", secrets) == {}


def test_no_secret_is_in_a_file_that_others_can_read_on_the_controller(lab, up, secrets):
    since = up.driver_execs.parent.stat().st_ctime - 300
    assert on_controller(lab, secrets, since) == {}


def test_no_secret_is_in_a_file_that_others_can_read_on_the_host(lab, up, secrets):
    assert leaks.readable_by_others(lab.sandbox.host("registry1").root, secrets, since=0) == {}


def test_a_secret_planted_in_an_argument_list_is_found_on_either_side(lab, secrets, tmp_path):
    word = secrets["password"].decode()
    subprocess.run([*traced(tmp_path / "driver"), "/usr/bin/true", word], check=True)
    assert leaks.in_file(tmp_path / "driver", secrets) == {"password"}
    host = lab.sandbox.host("registry1")
    with HostTrace(host, tmp_path / "host"):
        host.run(["/usr/bin/env", f"PLANTED={word}", "/usr/bin/true"])
    assert "password" in leaks.in_file(tmp_path / "host", secrets)


def test_a_secret_planted_in_the_journal_is_found(lab, secrets, tmp_path):
    host = lab.sandbox.host("registry1")
    unit = ["systemd-run", "--wait", "--quiet", "sh", "-c", "echo cGxhbnRlZA | base64 -d; cat /root/planted"]
    (host.root / "root/planted").write_bytes(secrets["password"])
    host.run(unit)
    (host.root / "root/planted").unlink()
    try:
        assert "password" in leaks.in_file(journal(lab, tmp_path), secrets)
    finally:
        host.run(["journalctl", "--quiet", "--rotate", "--vacuum-time=1s"])


@pytest.mark.parametrize("place", ["runner", "artifacts", "ledger"])
def test_a_secret_planted_in_a_private_tree_is_found(lab, secrets, place):
    root = {
        "runner": lab.state.directory / "runner",
        "artifacts": lab.directory / "artifacts",
        "ledger": lab.sandbox.host("registry1").root / "var/lib/bootstrap-registry",
    }[place]
    planted = root / "planted"
    planted.write_bytes(b"x" + secrets["password"] + b"x")
    try:
        assert leaks.in_tree(root, secrets) == {planted: {"password"}}
    finally:
        planted.unlink()


def test_a_secret_planted_where_others_can_read_is_found_on_either_side(lab, secrets):
    host = lab.sandbox.host("registry1")
    for root, search in (
        (Path("/var/tmp"), lambda since: on_controller(lab, secrets, since)),
        (host.root / "srv", lambda since: leaks.readable_by_others(host.root, secrets, since=since)),
    ):
        since = time.time() - 1
        planted = root / f"planted-{os.getpid()}"
        planted.write_bytes(secrets["CA key"])
        planted.chmod(0o644)
        try:
            assert search(since) == {planted: {"CA key"}}
        finally:
            planted.unlink()


def on_controller(lab, secrets, since):
    without = (lab.sandbox.folder / "hosts", Path("/proc"), Path("/sys"))
    return leaks.readable_by_others(Path("/"), secrets, since=since, without=without)


def journal(lab, directory):
    """Return a private file with everything in the host's journal."""
    path = directory / "journal"
    path.touch(mode=0o600)
    path.write_text(
        lab.sandbox.host("registry1").run(["journalctl", "--no-pager", "--output", "export", "-a"]).stdout
    )
    return path
