"""`check` on a registry that is up: by the command line, from another controller, and what it only notes."""

import dataclasses
import json
import re
import shutil
import signal
import subprocess
import time

import pytest

from bootstrap.sandbox.waiting import wait_until
from bootstrap.site.load import load_site
from bootstrap.site.state import State
from bootstrap.workflow.check import check
from bootstrap.workflow.consent import Consent
from tests.e2e.check.test_refusals import refusal
from tests.e2e.check.world import inside, with_connection
from tests.e2e.lab import AS_STARTED_BY_HAND
from tests.e2e.snapshot import differences, site_snapshot, snapshot

pytestmark = pytest.mark.sandbox


@pytest.fixture
def host(lab, up):
    return lab.sandbox.host("registry1")


def test_a_healthy_site_has_no_problem_and_looking_changes_nothing_anywhere(lab, host):
    before, here = snapshot(host), site_snapshot(lab.directory, without=("/.sandbox",))
    ended = lab.run("check", "--json")
    assert ended.document["problems"] == []
    (note,) = ended.result["notes"]
    assert re.fullmatch(
        "registry1: release signatures have to be made by [0-9A-F]{40} .*/release-key.asc.", note
    )
    assert differences(before, snapshot(host)) == []
    assert differences(here, site_snapshot(lab.directory, without=("/.sandbox",))) == []


def test_what_it_prints_holds_no_password_and_no_hash_of_one(lab, up):
    out = lab.run("check", "--json").out
    assert "$2b$" not in out
    assert lab.state.password_file.read_text().strip() not in out


def test_all_problems_are_listed_at_once_with_their_fix_and_no_traceback(lab, host):
    inside(host, "systemctl", "stop", "firewalld")
    try:
        before = snapshot(host)
        ended = lab.run("up", "-e", "mirror_content_source_ca=")
        assert differences(before, snapshot(host)) == []
    finally:
        inside(host, "systemctl", "start", "firewalld")
    assert ended.code == 3
    assert "Traceback" not in ended.err
    for text in ("4 problems", "firewalld is enabled", "unknown authority", "update graph", "fix: "):
        assert text in ended.err


def test_a_refusal_is_a_document_too(lab, host):
    ended = lab.run("up", "--json", "-e", '{"registry_firewall_zones": ["nosuch"]}')
    assert (ended.code, ended.document["exit_code"]) == (3, 3)
    (problem,) = ended.document["problems"]
    assert "no zone nosuch" in problem["what"]


@pytest.fixture
def stranger(lab, up, tmp_path):
    """The site as another controller has it: everything but the state."""
    site = tmp_path / "inventory"
    shutil.copytree(lab.inventory, site, ignore=shutil.ignore_patterns(".bootstrap-registry"))
    state = State(site / ".bootstrap-registry")
    state.create()
    shutil.copytree(lab.state.images_dir, state.images_dir)
    return load_site(site)


def test_another_controller_is_refused_and_told_whose_the_registry_is(stranger, host, monkeypatch):
    before = snapshot(host)
    (problem,) = refusal(stranger, monkeypatch)
    assert "set up from another site state" in problem.what
    for word in ("mirror registry CA inventory", "an htpasswd", str(stranger.state.directory)):
        assert word in problem.why
    for word in ("copy the directory .bootstrap-registry", "--adopt", "--new-ca"):
        assert word in problem.fix
    assert problem.exit_code == 3
    assert differences(before, snapshot(host)) == []


def test_a_new_ca_is_no_problem_once_it_is_agreed_to(stranger):
    assert check(stranger, consent=Consent(new_ca=True)).problems == []


def test_a_state_that_was_copied_knows_the_host(stranger, lab):
    shutil.rmtree(stranger.state.directory)
    shutil.copytree(lab.state.directory, stranger.state.directory)
    assert check(stranger).problems == []


# A container cannot set the clock that it shares with its machine, so here the controller's is off.
@pytest.mark.parametrize(("seconds", "way"), [(3600, "behind"), (-3600, "ahead of")])
def test_a_clock_that_is_off_is_told(up, seconds, way):
    found = check(up, clock=lambda: time.time() + seconds)
    (problem,) = [each for each in found.problems if "clock" in each.what]
    assert f"s {way} the controller's" in problem.why


def test_a_live_run_is_noted_and_no_problem(up, host):
    lock = "/var/lib/bootstrap-registry/lock"
    held = inside(host, "cat", lock)
    work = f"echo '\"20261121-live\"' > {lock}; exec sleep 60"
    inside(host, "systemd-run", "--quiet", "--unit=live", "flock", lock, "sh", "-c", work)
    try:
        inside(host, "timeout", "20", "sh", "-c", f"until grep -q live {lock}; do sleep 0.05; done")
        found = check(up)
    finally:
        inside(host, "systemctl", "stop", "live")
        (host.root / lock.lstrip("/")).write_text(held)
    assert found.problems == []
    assert any("run 20261121-live is going on" in note for note in found.notes)


def test_a_proxy_of_the_controllers_must_leave_the_registry_alone(up, host, lab, monkeypatch):
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "localhost")
    (problem,) = check(up).problems
    assert "the controller's proxy" in problem.what
    assert host.fqdn in problem.fix
    monkeypatch.setenv("no_proxy", "localhost,.sandbox.test")
    assert check(up).problems == []


def test_a_name_with_another_reverse_is_noted_and_no_problem(up, host):
    hosts = host.root / "etc/hosts"
    before = hosts.read_text()
    hosts.write_text(f"{host.address4} dhcp-11.example.com\n{before}")
    try:
        found = check(up)
    finally:
        hosts.write_text(before)
    assert found.problems == []
    assert any("the name of that address is dhcp-11.example.com" in note for note in found.notes)


def test_hosts_are_looked_at_at_once_and_one_that_is_gone_is_one_problem(up, lab):
    away = with_connection(up, address="198.19.255.251").registries[0]
    away = dataclasses.replace(
        away, name="away", values={**away.values, "registry_service_hostname": lab.sandbox.host("fresh").fqdn}
    )
    both = dataclasses.replace(up, registries=(*up.registries, away), selected=frozenset())
    found = check(both)
    assert list(found.seen) == ["registry1"]
    (problem,) = found.problems
    assert problem.what.startswith("away: ")


def is_connected(host):
    """Whether somebody here waits for the host's sshd."""
    done = subprocess.run(["ss", "-Htn", "dport", "=", ":22"], capture_output=True, text=True, check=True)
    return any(address in done.stdout for address in (f"{host.address4}:22", f"[{host.address6}]:22"))


def test_ctrl_c_is_answered_at_once_though_a_host_hangs(lab, up, host):
    # sshd that stands still: the connection is taken, and nothing is ever said.
    inside(host, "sh", "-c", "kill -STOP $(systemctl show --property MainPID --value ssh)")
    try:
        child = subprocess.Popen(
            [*AS_STARTED_BY_HAND, *lab.command("check", "--json")],
            cwd=lab.directory,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert child.stderr is not None
        while "== check" not in (line := child.stderr.readline()):
            assert line, "it ended by itself"
        assert wait_until(lambda: is_connected(host), timeout_seconds=30), "it does not try to connect"
        child.send_signal(signal.SIGINT)
        begin = time.monotonic()
        out, _ = child.communicate(timeout=30)
        waited = time.monotonic() - begin
    finally:
        inside(host, "sh", "-c", "kill -CONT $(systemctl show --property MainPID --value ssh)")
    assert child.returncode == 130
    assert json.loads(out)["outcome"] == "interrupted"
    assert waited < 5
