"""Another controller of the same site: without the state it is refused, with it nothing changes."""

import shutil

import pytest

from tests.e2e.adopt.conftest import IMAGE
from tests.e2e.snapshot import differences, snapshot

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def first(lab, adopted):
    """The controller that has set the host up."""
    assert adopted.code == 0
    return lab


@pytest.fixture(scope="module")
def stranger(another, first):
    return another("stranger")


@pytest.fixture(scope="module")
def turned_away(stranger, host):
    before = snapshot(host)
    return stranger.run("up", "--json"), differences(before, snapshot(host))


def test_without_the_state_it_is_refused_and_told_whose_the_host_is(turned_away):
    ended, _ = turned_away
    assert ended.code != 0
    told = " ".join(str(problem) for problem in ended.document["problems"])
    for word in ("mirror registry CA inventory", "SHA-256", "valid until", "htpasswd"):
        assert word in told


def test_it_is_told_what_can_be_done(turned_away):
    fixes = " ".join(problem["fix"] for problem in turned_away[0].document["problems"])
    for word in ("copy the directory .bootstrap-registry", "ca/", "--new-ca", "trust bundle", "pull secret"):
        assert word in fixes


def test_the_refusal_changes_nothing_on_the_host(turned_away):
    assert turned_away[1] == []


def test_nor_does_it_mint_a_ca(turned_away, stranger):
    assert not (stranger.state.directory / "ca").exists()


def test_to_adopt_is_no_way_around_a_ca_that_is_not_known(stranger, turned_away):
    assert stranger.run("check", "--adopt", "--json").code != 0


def test_with_the_state_nothing_changes(another, first, host):
    second = another("second")
    shutil.copytree(first.state.directory, second.state.directory)
    before = snapshot(host)
    assert second.run("up", "--json").result["changed"] == 0
    changed = differences(before, snapshot(host))
    assert [line for line in changed if "/var/lib/bootstrap-registry" not in line] == []


@pytest.fixture(scope="module")
def replaced(stranger, turned_away):
    return stranger.run("up", "--new-ca", "--json")


def test_a_new_ca_is_made_only_when_that_is_asked_for(replaced, stranger, first):
    assert replaced.result["changed"] > 0
    assert stranger.ca.read_bytes() != first.ca.read_bytes()
    assert stranger.get(auth=True) == 200


def test_then_the_old_ca_and_the_old_password_are_worth_nothing(replaced, first, stranger):
    assert first.get() == 0
    assert first.state.password_file.read_text() != stranger.state.password_file.read_text()


def test_d3_after_a_rotation_an_image_comes_with_what_is_written_now_and_not_by_the_old_password(
    replaced, stranger, first, lab, digests
):
    client, out = (
        lab.sandbox.host("registry2"),
        stranger.directory / "client",
    )  # it knows nothing of the other
    for command in (["pull-secret", "--mirror-only"], ["trust"]):
        ended = stranger.run("resources", *command, "--out", str(out))
        assert ended.code == 0, ended.err
    files = client.root / "root/client"
    (files / "certs").mkdir(parents=True)
    shutil.copy(out / "ca-bundle.crt", files / "certs/ca.crt")
    shutil.copy(out / "pull-secret.json", files / "new.json")
    shutil.copy(first.state.auth_file, files / "old.json")
    image = f"{stranger.location}/{IMAGE.partition(':')[0]}@{digests[IMAGE]}"
    words = ["--cert-dir=/root/client/certs", "--authfile"]
    pulled = client.run(["podman", "pull", "--quiet", *words, "/root/client/new.json", image], check=False)
    assert pulled.returncode == 0, pulled.stderr
    refused = client.run(
        ["skopeo", "inspect", *words, "/root/client/old.json", f"docker://{image}"], check=False
    )
    assert refused.returncode != 0
    assert "authentication required" in refused.stderr or "unauthorized" in refused.stderr
    client.run(["podman", "rmi", "--all", "--force"])
    shutil.rmtree(files)


def test_other_users_stay(replaced, by_hand, stranger, host):
    assert by_hand.get(ca=stranger.ca, name=host.fqdn) == 200


def test_the_host_itself_trusts_the_new_one_alone(replaced, host, first, stranger):
    trusted = "".join(
        path.read_text() for path in (host.root / "usr/local/share/ca-certificates").rglob("*.crt")
    )
    assert stranger.ca.read_text().strip() in trusted
    assert first.ca.read_text().strip() not in trusted


def test_now_the_first_controller_is_the_stranger(replaced, first):
    assert first.run("check", "--json").code != 0


def test_down_and_the_old_unit_bring_the_adopted_registry_back(replaced, stranger, host, by_hand):
    assert stranger.run("down", "--json").code == 0
    conf = "/opt/registry/conf/config.yml"
    host.run(["mv", f"{conf}.before-adoption", conf])
    host.run(["firewall-cmd", "--quiet", "--add-port=5000/tcp"])
    host.run(["systemctl", "enable", "--now", "registry.service"])
    by_hand.wait()
    assert by_hand.get("/v2/team/app/manifests/1") == 200
