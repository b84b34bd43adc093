"""``resources`` commands that give one thing in the forms that clusters, installers and hosts take."""

import json
import stat
import tomllib

import yaml

from bootstrap.cli.take_away import Taken, text_of
from bootstrap.credentials.pull_secret import entry
from bootstrap.errors import ExitCode


def kinds(text):
    return [item["kind"] for item in yaml.safe_load_all(text)]


def test_mirror_sets_are_for_a_cluster_unless_another_form_is_asked_for(lab):
    assert set(kinds(lab.run("mirror-sets"))) == {"ImageDigestMirrorSet", "ImageTagMirrorSet"}
    said = lab.run("mirror-sets", "--format", "registries-conf", "--never-contact-source")
    assert all(table["blocked"] for table in tomllib.loads(said)["registry"])
    assert "# registries.conf goes to /etc/containers/registries.conf.d/" in said


def test_what_is_printed_can_be_piped_whatever_is_noted_with_it():
    said = text_of(Taken({"a.yaml": "a: 1\n"}, ("first this:\nthen that: {",), None))
    assert yaml.safe_load(said) == {"a": 1}


def test_mirror_sets_in_several_forms_are_files_of_their_own(lab):
    lab.run("mirror-sets", "--format", "install-config", "--format", "assisted", "--out", "there")
    found = {path.name for path in (lab.site.inventory.parent / "there").iterdir()}
    assert {"image-digest-sources.yaml", "custom-registries.yaml"} < found


def test_a_form_that_cannot_say_never_is_refused(lab):
    lab.run("mirror-sets", "--format", "icsp", "--never-contact-source", code=ExitCode.CONFIG)


def test_trust_is_verified_with_the_registries_before_it_is_given(lab, monkeypatch):
    asked = []
    monkeypatch.setattr("bootstrap.cli.resources_trust.raise_unverified", asked.append)
    assert "verified by a TLS handshake with this alone: registry1.example.com:5000" in lab.run("trust")
    assert len(asked) == 1
    said = lab.run("trust", "--offline", "--config-map", "mine", "--out", "there")
    assert "not asked, because of --offline" in said
    assert "oc apply -f there/registry-ca.yaml, then\n" in said
    assert "--type merge --patch-file there/image-config-patch.yaml\n" in said
    assert len(asked) == 1
    there = lab.site.inventory.parent / "there"
    assert "name: mine" in (there / "image-config-patch.yaml").read_text()
    assert (there / "ca-bundle.crt").read_text().startswith("-----BEGIN")


def test_a_pull_secret_is_written_for_you_alone_and_printed_only_when_asked_for(lab):
    lab.log_in()
    own = lab.site.inventory.parent / "own.json"
    own.write_text(json.dumps({"auths": {"quay.io": entry("me", "hush")}}))
    said = lab.run("pull-secret", "--merge-with", str(own))
    assert entry("me", "hush")["auth"] not in said
    assert "not shown" in said
    assert entry("me", "hush")["auth"] in lab.run("pull-secret", "--merge-with", str(own), "--show-secrets")
    lab.run("pull-secret", "--merge-with", "-", "--out", "there", stdin=own.read_text())
    written = lab.site.inventory.parent / "there/pull-secret.json"
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert set(json.loads(written.read_text())["auths"]) == {
        "quay.io",
        "registry1.example.com:5000",
        "registry2.example.com:5000",
    }
    document = lab.run("pull-secret", "--mirror-only", "--json")
    assert json.loads(document)["result"]["files"] == {"pull-secret.json": None, "pull-secret.yaml": None}
    lab.run("pull-secret", "--mirror-only", "--merge-with", str(own), code=ExitCode.CONFIG)


def test_a_pull_secret_to_merge_with_that_is_not_there_is_told_by_its_option(lab):
    lab.log_in()
    (problem,) = json.loads(
        lab.run("pull-secret", "--merge-with", "nowhere", "--json", code=ExitCode.CONFIG)
    )["problems"]
    assert "--merge-with" in problem["fix"]


def test_a_pull_secret_without_credentials_of_the_registries_is_told(lab):
    lab.run("pull-secret", code=ExitCode.HOST)


def test_catalogs_and_the_update_service_are_given_in_the_order_in_which_they_are_applied(lab):
    assert kinds(lab.run("catalogs")) == ["OperatorHub", "CatalogSource", "ClusterCatalog"]
    assert kinds(lab.run("update-service"))[-1] == "UpdateService"
    lab.run("update-service", "--registry", "elsewhere:5000", code=ExitCode.CONFIG)


def test_comments_of_any_language_in_a_certificate_of_your_own_do_no_harm(lab):
    for host in lab.site.registries:
        path = lab.site.state.trust(host.name)
        path.write_bytes("# Émetteur: Ž\n".encode("latin2", "replace") + path.read_bytes())
    lab.run("trust", "--offline", "--out", "there")
    bundle = lab.site.inventory.parent / "there/ca-bundle.crt"
    assert bundle.read_text().startswith("-----BEGIN CERTIFICATE-----")
