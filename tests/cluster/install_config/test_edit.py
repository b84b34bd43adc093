"""Row L2: a user's install-config, edited."""

import json
import re
from pathlib import Path

import pytest
import yaml

from bootstrap.cluster.install_config.bundle import certificates
from bootstrap.cluster.install_config.edit import OURS as KEYS
from bootstrap.cluster.install_config.edit import edited
from bootstrap.cluster.install_config.nodes import read_document
from bootstrap.cluster.install_config.shown import diff
from bootstrap.cluster.install_config.validate import problems
from bootstrap.cluster.install_config.wanted import wanted_of
from bootstrap.cluster.mirror_forms import image_content_sources, image_digest_sources
from tests.cluster.install_config import samples
from tests.cluster.ledgers import REGISTRIES, given

SITE = given(trust=dict.fromkeys(REGISTRIES, samples.OURS))
NEW, OLD = (wanted_of(SITE, version) for version in ("4.14.0-rc.1", "4.13.9"))
OURS = {each["source"]: each["mirrors"] for each in image_digest_sources(SITE.mirrors)}


def edit(text, wanted=NEW):
    return edited(text, wanted, "install-config.yaml")


def load(text):
    return yaml.safe_load(text)


@pytest.mark.parametrize("wanted", [NEW, OLD], ids=["4.14", "4.13"])
@pytest.mark.parametrize("name", samples.FILES)
def test_l2_a_file_edited_twice_is_as_edited_once_and_validates(name, wanted):
    text = samples.FILES[name]
    once = edit(text, wanted).after.text
    assert edit(once, wanted).after.text == once
    assert diff(edit(once, wanted), "f") == ""
    before, after = load(text), load(once)
    assert problems(after, "f") == []
    others = [key for key in before if key not in KEYS]
    assert [key for key in after if key not in KEYS] == others
    assert [after[key] for key in others] == [before[key] for key in others]
    assert after["additionalTrustBundlePolicy"] == "Always"
    section, other = ("imageDigestSources", "imageContentSources")[:: 1 if wanted is NEW else -1]
    assert other not in after
    found = {each["source"]: each.get("mirrors") for each in after[section]}
    assert len(found) == len(after[section])
    kept = {
        each["source"]: each.get("mirrors")
        for key in (section, other)
        for each in before.get(key) or ()
        if each["source"] not in OURS
    }
    assert found == {**kept, **OURS}
    auths = json.loads(after["pullSecret"])["auths"]
    assert {place: auths[place] for place in REGISTRIES} == SITE.auths
    now = before.get("pullSecret") or '{"auths": {}}'
    now = now if isinstance(now, dict) else json.loads(now)
    assert now["auths"].items() <= auths.items()
    pems = certificates(after["additionalTrustBundle"])
    assert set(pems) == {*certificates(before.get("additionalTrustBundle") or ""), *NEW.certificates}


@pytest.mark.parametrize("name", samples.FILES)
def test_l2_every_comment_and_every_line_of_other_keys_stays(name):
    text = samples.FILES[name]
    after = edit(text).after.text
    newline = "\r\n" if "\r\n" in text else "\n"
    assert ("\n" in after.replace("\r\n", "")) == (newline == "\n")
    comments = re.findall(
        r"(?m)(?:^|(?<=\s))#[^\r\n]*", re.sub(r"(?s)-----BEGIN.*-----END|# (?:proxy|other|end)", "", text)
    )
    assert [each for each in comments if each.rstrip() not in after] == []
    root = read_document(text, name).root
    others = [(key, value) for key, value in root.pairs if key.value not in KEYS]
    assert [key.value for key, value in others if text[key.start : value.end] not in after] == []


def test_l2_what_is_edited_reads_as_a_person_writes_it():
    text = (
        samples.BARE_METAL
        + samples.OWN
        + "# behind\n"
        + samples.literal("additionalTrustBundle", samples.THEIRS)
    )
    after = edit(text).after.text
    assert after.startswith(samples.BARE_METAL.partition("pullSecret")[0])
    assert samples.OWN in after
    line = (
        "  - mirrors:\n"
        "    - registry1.example.com:5000/openshift/release-images\n"
        "    - registry2.example.com:5000/openshift/release-images\n"
        "    source: quay.io/openshift-release-dev/ocp-release\n"
    )
    assert line in after
    assert after.endswith("additionalTrustBundlePolicy: Always\n")


@pytest.mark.parametrize(
    ("version", "section"), [("4.13.99", "imageContentSources"), ("4.14.0", "imageDigestSources")]
)
def test_d6_both_sections_become_the_one_that_the_release_knows(version, section):
    text = samples.FILES["both-sections"]
    found = edit(text, wanted_of(SITE, version))
    assert [key for key in ("imageContentSources", "imageDigestSources") if key in found.after.data] == [
        section
    ]
    assert any("became" in note and section in note for note in found.notes)
    policies = [each.get("sourcePolicy") for each in found.after.data[section]]
    assert ("NeverContactSource" in policies) == (section == "imageDigestSources")


def test_d6_the_section_is_what_every_other_form_of_the_mirrors_says():
    assert edit(samples.NONE).after.data["imageDigestSources"] == image_digest_sources(SITE.mirrors)
    assert edit(samples.NONE, OLD).after.data["imageContentSources"] == image_content_sources(SITE.mirrors)


def test_mirrors_of_another_registry_for_our_sources_are_replaced_and_named():
    found = edit(samples.NONE + samples.DIGEST)
    assert "registry.example.com" not in found.after.text
    assert found.notes == tuple(
        f"quay.io/openshift-release-dev/{name}: its mirrors were replaced, which were "
        "registry.example.com:5000/ocp4/openshift4"
        for name in ("ocp-release", "ocp-v4.0-art-dev")
    )


def test_the_sample_of_the_documentation_is_one():
    page = Path(__file__).parents[3] / "docs" / "install-config.md"
    (sample,) = re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL)
    assert edit(sample).after.text.startswith(sample)


def test_d8_a_policy_that_keeps_the_trust_from_the_nodes_is_changed():
    text = samples.NONE + "additionalTrustBundlePolicy: Proxyonly # for the proxy\n"
    assert "additionalTrustBundlePolicy: Always # for the proxy\n" in edit(text).after.text


def test_d9_the_pull_secret_is_a_text_and_a_diff_shows_nothing_of_it():
    found = edit(samples.BARE_METAL)
    assert isinstance(found.after.data["pullSecret"], str)
    shown = diff(found, "install-config.yaml")
    assert "-pullSecret: (not shown) for quay.io\n" in shown
    assert "+pullSecret: (not shown) for quay.io, registry1.example.com:5000, registry2" in shown
    assert "+additionalTrustBundlePolicy: Always" in shown
    assert "+  source: quay.io/openshift-release-dev/ocp-release" in shown
    secrets = [samples.SECRET, "do-not-show-this", SITE.auths[REGISTRIES[0]]["auth"]]
    assert [each for each in secrets if each in shown or each in repr(found)] == []


def test_a_changed_password_shows_in_a_diff_though_it_is_not_shown():
    once = edit(samples.NONE).after.text
    entries = {each: {"auth": "bmV3OnBhc3N3b3Jk"} for each in REGISTRIES}
    again = edit(once, wanted_of(given(trust=SITE.trust, auths=entries), "4.20.1"))
    assert "registry2.example.com:5000, of which some are new" in diff(again, "f")
    assert "bmV3" not in diff(again, "f")
