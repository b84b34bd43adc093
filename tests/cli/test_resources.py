"""``resources`` as a user types it; only the mirror host is played."""

import json
import shutil
from pathlib import Path

import yaml
from typer.testing import CliRunner

from bootstrap.cli.main import app
from bootstrap.errors import ExitCode
from tests.cluster.ledgers import catalog_source, entry


def test_the_first_set_is_all_new_and_then_there_is_nothing_earlier(lab):
    said = lab.run("diff")
    assert "compared with nothing: no earlier set" in said
    assert "added: ImageDigestMirrorSet idms-release-0" in said
    assert "WILL DRAIN" in said
    assert "without itms.yaml none would drain" in said
    assert "assuming the cluster has no other mirror sets" in said
    assert "isSafeContainerRegistryConfChanges" in said
    lab.run("publish")
    assert json.loads(lab.run("diff", "--json"))["result"]["against"] is None


def test_after_a_run_the_set_before_is_compared_with(lab):
    lab.run("publish")
    lab.ledger = lab.ledger.with_images([entry("operator", f"quay.io/b/c@sha256:{'e' * 64}", "b/c")])
    for _ in range(2):  # before it is published, and after
        said = lab.run("diff")
        assert "artifacts/lab/sets/0001-" in said
        assert "changed: ImageDigestMirrorSet idms-operator-0\n  + quay.io/b: registry1" in said
        assert "none drains, none reboots" in said
        lab.run("publish")


def test_publishing_again_is_the_same_set(lab):
    assert "artifacts/lab/cluster-resources   (new)" in lab.run("publish")
    said = lab.run("publish")
    assert "(as before)" in said
    assert "UpdateService openshift-update-service/update-service-oc-mirror" in said
    assert "oc apply -f artifacts/lab/cluster-resources" in said


def test_what_is_shown_is_what_is_published(lab):
    lab.run("publish")
    shown = list(yaml.safe_load_all(lab.run("show")))
    folder = lab.site.artifacts / "cluster-resources"
    assert {item["metadata"]["name"] for item in shown} == {
        item["metadata"]["name"]
        for file in folder.glob("*.yaml")
        for item in yaml.safe_load_all(file.read_text())
    }


def test_differences_end_with_a_code_of_their_own_where_that_was_asked_for(lab):
    assert lab.run("diff", "--exit-code", code=ExitCode.DIFFERENT)
    document = json.loads(lab.run("diff", "--exit-code", "--json", code=ExitCode.DIFFERENT))
    assert (document["outcome"], document["exit_code"]) == ("ok", 8)
    assert document["result"]["is_different"] is True
    assert document["result"]["changes"]["nodes"]["effect"] == "drain"
    lab.run("publish")
    same = lab.site.artifacts / "cluster-resources"
    assert "nothing to apply" in lab.run("diff", "--exit-code", "--against", str(same))


def test_what_a_cluster_printed_is_read_from_standard_input(lab):
    items = list(yaml.safe_load_all(lab.run("show")))
    for item in items:
        item["metadata"]["uid"] = "1"
    text = json.dumps({"kind": "List", "items": items})
    document = json.loads(lab.run("diff", "--against", "-", "--json", stdin=text))["result"]
    assert document["is_cluster"] is True
    assert document["is_different"] is False


def test_a_cluster_is_asked_with_the_oc_on_path(lab, tmp_path, monkeypatch):
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "oc").write_text(f'#!{shutil.which("sh")}\necho "$*" >>{tmp_path}/asked\n')
    (folder / "oc").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    said = lab.run("diff", "--kubeconfig", "kc")
    assert "compared with the cluster of kc" in said
    assert "added: CatalogSource openshift-marketplace/cs-redhat-operator-index-v4-20" in said
    asked = (tmp_path / "asked").read_text().splitlines()
    assert all(line.startswith("--kubeconfig kc get ") for line in asked)
    assert len(asked) == 12


def test_two_things_to_compare_with_are_one_too_many(lab):
    lab.run("diff", "--against", "a", "--kubeconfig", "b", code=ExitCode.CONFIG)


def test_a_catalog_that_is_not_ours_is_told_and_the_rest_is_published(lab):
    lab.ledger = lab.ledger.with_resources([catalog_source("cs-gone", registry="old.example.com:5000")])
    assert "CatalogSource cs-gone is left out" in lab.run("publish")
    assert "CatalogSource cs-gone is left out" in lab.run("diff")


def test_a_site_that_was_never_set_up_is_told(lab):
    for host in lab.site.registries:
        lab.site.state.trust(host.name).unlink()
    lab.run("publish", code=ExitCode.HOST)


def test_release_signatures_are_printed_or_written(lab):
    printed = lab.run("release-signatures")
    (item,) = yaml.safe_load_all(printed)
    assert item["metadata"]["name"] == "mirrored-release-signatures"
    assert "signatures.yaml   (new)" in lab.run("release-signatures", "--out", "there")
    assert "signatures.yaml   (as before)" in lab.run("release-signatures", "--out", "there")
    assert (lab.site.inventory.parent / "there/signatures.yaml").read_text() == printed
    Path("there/signatures.yaml").write_text("mine")
    lab.run("release-signatures", "--out", "there", code=ExitCode.CONFIG)


def test_the_list_of_commands_has_room_for_what_each_does():
    said = CliRunner(env={"COLUMNS": "80"}).invoke(app, ["resources", "--help"]).stdout
    listed = said.partition("Commands:\n")[2].splitlines()
    assert len(listed) > 10
    assert all(line.endswith(".") and not line.endswith("...") for line in listed)
