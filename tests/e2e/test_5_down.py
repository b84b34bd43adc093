"""`down` takes away what `up` put there and keeps the data; `--purge` asks first. The story's end."""

import json

import pytest

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def host(lab, second_up):
    return lab.sandbox.host("registry1")


@pytest.fixture(scope="module")
def downs(lab, host):
    """`down`, twice."""
    return lab.run("down", "--json"), lab.run("down", "--json")


def test_down_works_and_a_second_time_there_is_nothing_to_do(downs):
    first, second = downs
    assert first.result > 0
    assert second.result == 0


def test_unit_container_and_trust_are_gone(lab, host, downs):
    assert host.run(["systemctl", "cat", "mirror-registry"], check=False).returncode != 0
    assert host.run(["podman", "ps", "--all", "--quiet"]).stdout == ""
    assert not (host.root / f"etc/containers/certs.d/{lab.location}").exists()
    refused = host.run(["curl", "--silent", f"https://{lab.location}/v2/"], check=False)
    assert refused.returncode != 0
    assert not list((host.root / "usr/local/share/ca-certificates").glob("*"))


def test_the_firewall_is_closed_again(host, downs):
    assert host.run(["firewall-cmd", "--list-ports"]).stdout.strip() == ""
    assert host.run(["firewall-cmd", "--permanent", "--list-ports"]).stdout.strip() == ""


def test_our_entry_is_gone_from_roots_auth_files(lab, host, downs):
    for name in ("root/.config/containers/auth.json", "root/.docker/config.json"):
        path = host.root / name
        assert not path.exists() or lab.location not in json.loads(path.read_text()).get("auths", {})


def test_the_data_is_kept_and_up_finds_it(lab, host, downs):
    assert (host.root / "opt/registry/data/docker").is_dir()
    result = lab.run("up", "--json").result
    assert sum(registry["blobs_copied"] for registry in result["mirrored"]["finished"]["registries"]) == 0
    assert lab.get(auth=True) == 200


def test_purge_asks_and_does_nothing_when_nobody_answers(lab, host):
    ended = lab.run("down", "--purge", "--json")
    assert ended.code == 2
    assert "nobody is there" in ended.document["problems"][0]["why"]
    assert (host.root / "opt/registry/data/docker").is_dir()


def test_purge_removes_the_data_and_a_second_time_there_is_nothing_to_do(lab, host):
    assert lab.run("down", "--purge", "--yes", "--json").result > 0
    assert not (host.root / "opt/registry").exists()
    assert not (host.root / "var/lib/bootstrap-registry").exists()
    assert lab.run("down", "--purge", "--yes", "--json").result == 0
