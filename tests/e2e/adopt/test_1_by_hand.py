"""A registry that a script made: refused by name, then adopted with its data. Read top to bottom."""

import pytest

pytestmark = pytest.mark.sandbox


def test_up_refuses_and_names_container_unit_data_and_users(refused):
    ended, _ = refused
    assert ended.code != 0
    (problem,) = ended.document["problems"]
    told = " ".join(problem[part] for part in ("what", "why", "fix"))
    for word in ("container registry", "registry.service", "2 repositories", "/opt/registry/data", "dummy"):
        assert word in told


def test_it_says_how_to_adopt_and_whose_certificate_goes(refused, by_hand):
    fix = refused[0].document["problems"][0]["fix"]
    assert "--adopt" in fix
    assert by_hand.fingerprint[:16] in fix
    assert "registry_tls_mode: provided" in fix


def test_the_refusal_changes_nothing(refused, by_hand):
    assert refused[1] == []
    assert by_hand.get() == 200


def test_adopt_takes_it_over_and_sends_nothing_that_is_there(lab, adopted):
    registries = adopted.result["mirrored"]["finished"]["registries"]
    assert sum(registry["blobs_copied"] for registry in registries) == 0
    assert lab.get(auth=True) == 200


def test_every_digest_is_where_it_was(lab, adopted, digests):
    for image, digest in digests.items():
        repository = image.partition(":")[0]
        assert lab.get(f"/v2/{repository}/manifests/{digest}", auth=True) == 200


def test_its_users_stay(lab, adopted, by_hand, host):
    assert by_hand.get(ca=lab.ca, name=host.fqdn) == 200


def test_what_was_done_is_said_with_what_undoes_it(adopted):
    assert "systemctl enable --now registry.service" in adopted.err
    assert "need the new trust bundle" in adopted.err


def test_the_old_unit_and_container_are_kept_and_off(host, adopted):
    assert host.run(["systemctl", "is-enabled", "registry"], check=False).stdout.strip() == "disabled"
    states = host.run(["podman", "ps", "--all", "--format", "{{.Names}} {{.State}}"]).stdout.split("\n")
    assert "registry exited" in states
    assert "mirror-registry running" in states
    assert (host.root / "opt/registry/conf/config.yml.before-adoption").exists()


def test_check_finds_nothing_left_to_adopt(lab, adopted):
    assert lab.run("check", "--json").result["problems"] == []


def test_a_second_up_changes_nothing_and_where_nothing_is_foreign_adopt_is_no_word(lab, adopted):
    assert lab.run("up", "--adopt", "--json").result["changed"] == 0
