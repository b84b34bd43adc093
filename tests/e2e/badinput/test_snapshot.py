"""A snapshot sees each kind of change, and sees none where nothing happened."""

import os

import pytest

from tests.e2e.snapshot import differences, site_snapshot, snapshot


@pytest.mark.sandbox
def test_looking_at_a_host_and_logging_in_change_nothing(host):
    before = snapshot(host)
    host.run(["true"])
    host.run(["sudo", "-n", "podman", "ps"], user="admin")
    assert differences(before, snapshot(host)) == []
    assert before.said["unit files"].count("\n") > 20
    assert before.files["/etc/hosts"].content


PLANTED = {
    "/etc/hosts.kept: mtime_ns": (["touch", "/etc/hosts.kept"], []),
    "/root/.planted is new": (["touch", "/root/.planted"], ["rm", "/root/.planted"]),
    "/srv: mode": (["chmod", "700", "/srv"], ["chmod", "755", "/srv"]),
    "units:": (["systemctl", "stop", "firewalld"], ["systemctl", "start", "firewalld"]),
    "firewalld, permanent:": (
        ["firewall-offline-cmd", "--add-port=4999/tcp"],
        ["firewall-offline-cmd", "--remove-port=4999/tcp"],
    ),
    "volumes:": (["podman", "volume", "create", "planted"], ["podman", "volume", "rm", "planted"]),
}


@pytest.mark.sandbox
def test_each_kind_of_change_is_told(host):
    host.run(["cp", "-p", "/etc/hosts", "/etc/hosts.kept"])
    before = snapshot(host)
    for change, _back in PLANTED.values():
        host.run(change)
    try:
        found = differences(before, snapshot(host))
    finally:
        for _change, back in reversed(PLANTED.values()):
            host.run(back or ["rm", "/etc/hosts.kept"])
    assert [said for said in PLANTED if not any(line.startswith(said) for line in found)] == []
    assert any(line.startswith("nftables:") for line in found)


def test_a_site_is_compared_by_its_files(tmp_path):
    (tmp_path / "vars.yml").write_text("a: 1\n")
    (tmp_path / "sandbox").mkdir()
    before = site_snapshot(tmp_path, without=("/sandbox",))
    (tmp_path / "sandbox/made").touch()
    assert differences(before, site_snapshot(tmp_path, without=("/sandbox",))) == []
    stamp = (tmp_path / "vars.yml").stat().st_mtime_ns
    (tmp_path / "vars.yml").write_text("a: 2\n")
    os.utime(tmp_path / "vars.yml", ns=(stamp, stamp))
    (tmp_path / "state/runner").mkdir(parents=True)
    assert [
        line.split(" ")[0] for line in differences(before, site_snapshot(tmp_path, without=("/sandbox",)))
    ] == [
        "/state",
        "/state/runner",
        "/vars.yml:",
    ]
