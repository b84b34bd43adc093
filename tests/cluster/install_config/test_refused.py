"""What the editor refuses, with every reason at once and no secret in it; and the seed's own output."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bootstrap.cluster.install_config.edit import edited
from bootstrap.cluster.install_config.validate import problems
from bootstrap.cluster.install_config.wanted import release_of, section_for, wanted_of
from bootstrap.errors import ConfigError, HostError, Problems
from bootstrap.mirror.ledger import Ledger
from tests.cluster.install_config import samples
from tests.cluster.ledgers import DIGESTS, REGISTRIES, entry, given, release

BASE, BARE = samples.NONE, samples.WITHOUT_SECRET
SITE = given(trust=dict.fromkeys(REGISTRIES, samples.OURS))
SEED = Path(__file__).parents[4] / "shared" / "seeds" / "004_7bd14b193bef744e.txt"
# As the document prints them: its indentation is lost.
APPENDS = """\
$ echo "additionalTrustBundle: |" >> install-config.yaml
$ sed -e 's/^/ /' /opt/registry/certs/domain.crt >> install-config.yaml
$ echo "imageContentSources:" >> install-config.yaml
$ echo "- mirrors:" >> install-config.yaml
$ echo " - registry.example.com:5000/ocp4/openshift4" >> install-config.yaml
$ echo " source: quay.io/openshift-release-dev/ocp-release" >> install-config.yaml
$ echo "- mirrors:" >> install-config.yaml
$ echo " - registry.example.com:5000/ocp4/openshift4" >> install-config.yaml
$ echo " source: quay.io/openshift-release-dev/ocp-v4.0-art-dev" >> install-config.yaml
"""


def bundle(text):
    return samples.literal("additionalTrustBundle", text)


def refusal(text, version="4.20.1"):
    with pytest.raises((ConfigError, Problems)) as refused:
        edited(text, wanted_of(SITE, version), "f.yaml")
    return str(refused.value)


def appended(tmp_path, appends, times=1):
    """What the document's commands make of a file."""
    file, certificate = tmp_path / "install-config.yaml", tmp_path / "domain.crt"
    file.write_text(samples.NONE)
    certificate.write_text(samples.OURS)
    script = appends.replace("$ ", "").replace("/opt/registry/certs/domain.crt", str(certificate))
    for _ in range(times):
        subprocess.run([shutil.which("sh"), "-e"], input=script, text=True, cwd=tmp_path, check=True)
    return file.read_text()


def test_d7_the_documents_appends_as_printed_are_no_yaml(tmp_path):
    said = refusal(appended(tmp_path, APPENDS))
    line = len([*samples.NONE.splitlines(), *samples.OURS.splitlines()]) + 4
    wrong = "expected <block end>, but found '<block sequence start>'"
    assert f"it is not valid YAML: line {line}, column 2: {wrong}" in said
    assert samples.SECRET not in said


@pytest.mark.skipif(not SEED.exists(), reason="the documents are not beside this clone")
def test_d7_these_are_the_documents_appends():
    found = re.findall(r"\$ (?:echo|sed) .*>> install-config\.yaml", SEED.read_text())
    assert found == APPENDS.splitlines()


def test_d7_appended_twice_with_their_indentation_the_doubled_keys_are_named(tmp_path):
    indented = re.sub(r'echo "( )', 'echo "  ', APPENDS).replace("s/^/ /", "s/^/  /")
    once = appended(tmp_path, indented)
    assert "registry.example.com" in once
    edited(once, wanted_of(SITE, "4.12.0"), "f.yaml")
    said = refusal(appended(tmp_path, indented, times=2))
    assert "it has a key twice in one place: additionalTrustBundle (line" in said
    assert "imageContentSources (line" in said


def test_everything_that_is_wrong_is_told_at_once():
    text = """\
apiVersion: v1beta4
metadata: {}
platform: {none: {}, baremetal: {}}
imageDigestSources:
- source: docker://quay.io/a
- source: quay.io/b
  sourcePolicy: Never
  mirror: x
additionalTrustBundle: "-----BEGIN CERTIFICATE-----"
pullSecret: '{"auths": {"quay.io": {"auth": "hush"}}'
"""
    said = refusal(text)
    for wrong in (
        "it has no baseDomain",
        "apiVersion\n  why: it has to be v1",
        "refuse metadata\n  why: it has no name",
        "it names 2 platforms: none, baremetal",
        "imageDigestSources[1].sourcePolicy\n  why: it has to be NeverContactSource or AllowContactingSource",
        "imageDigestSources[1]\n  why: it has keys that do not belong there: mirror",
        "additionalTrustBundle\n  why: it is not PEM certificates and nothing else",
        "cannot use the pull secret pullSecret of f.yaml",
    ):
        assert wrong in said
    assert "hush" not in said
    assert said.count("pull secret") == 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is empty"),
        ("# nothing\n", "it is empty"),
        ("- a\n", "it is not a mapping"),
        ("text", "it is not a mapping"),
        (BASE + "---\n" + samples.NONE, "2 YAML documents"),
        (BASE + "platform: {}\n", "a key twice in one place: platform (line 8)"),
        (BASE + "\tx: 1\n", "it is not valid YAML: line 8, column 1: a tab cannot indent"),
        (BASE + "x: @a\n", "a value that begins so has to be in quotes"),
        (BASE + "x: *hush-hush\n", "found undefined alias"),
        (BASE + "x: !hush 1\n", "could not determine a constructor"),
        (BASE + "x: 2026-99-99\n", "a value in it cannot be read"),
        (BASE + "x: '\x00'\n", "is not printable"),
        (BASE + "x: " + "[" * 200 + "]" * 200, "a value in it cannot be read"),
        (BASE + "imageDigestSources: &a []\nx: *a\n", "an anchor or alias connects"),
        (BASE + "imageDigestSources: 1\n", "it is a number or date, and has to be a list"),
        (BASE + "imageDigestSources: [a]\n", "it is a text, and has to be a mapping"),
        (BASE + "imageContentSources: [{mirrors: [b.io/c]}]\n", "it has no source"),
        (BASE + "imageDigestSources: [{source: a.io/b:v1}]\n", "'a.io/b:v1' is not a repository"),
        (BASE + "imageDigestSources: [{source: a.io/b, mirrors: ['https://c/d']}]\n", "not a repository"),
        (BASE + "imageDigestSources: [{source: a.io, sourcePolicy: NeverContactSource}]\n", "at least one"),
        (BASE + "additionalTrustBundle: [x]\n", "it is a list, and has to be a text"),
        (BASE + bundle("my CA"), "it is not PEM certificates"),
        (
            BASE + bundle(samples.OURS.replace("MII", "XXX")),
            "its certificate 1 cannot be read",
        ),
        (
            BASE + bundle(samples.OURS.replace("CERTIFICATE", "PRIVATE KEY")),
            "it is not PEM certificates",
        ),
        (BARE + "pullSecret: 1\n", "it is a number or date, and has to be a text"),
        (BARE + "pullSecret: '<pull_secret>'\n", "it is not JSON"),
        (BARE + """pullSecret: '{"auths": ...}'\n""", "it is not JSON"),
        (BARE + """pullSecret: '{"auths": {"a.io": {"auth": "hush"}}}'\n""", '"auth" of a.io'),
        ("{" + samples.JSON[1:].replace('"none"', '"none": 1, "x"'), "it names 2 platforms"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_is_refused_by_its_reason(text, why):
    said = refusal(text)
    assert why in said
    assert "hush" not in said.replace('"auth" of a.io', "")


@pytest.mark.parametrize("behind", ["\n", "# comment\n", "\n# comment\n"])
def test_l2_text_behind_the_last_certificate_is_refused_as_the_installer_does(behind):
    data = {
        "apiVersion": "v1", "baseDomain": "a.io", "metadata": {"name": "a"}, "platform": {"none": {}},
        "pullSecret": '{"auths": {"a.io": {"auth": "YTpi"}}}', "additionalTrustBundle": samples.OURS,
    }  # fmt: skip
    assert problems(data, "f") == []
    (problem,) = problems({**data, "additionalTrustBundle": samples.OURS + behind}, "f")
    assert "no empty line behind the last" in problem.why
    (problem,) = problems({**data, "imageDigestSources": [], "imageContentSources": []}, "f")
    assert "may have one of them" in problem.why


@pytest.mark.parametrize(
    ("version", "section"),
    [
        ("4.13.99", "imageContentSources"),
        ("4.9.1", "imageContentSources"),
        ("4.14.0-ec.1", "imageDigestSources"),
        ("4.14.0", "imageDigestSources"),
        ("5.0.0", "imageDigestSources"),
    ],
)
def test_d6_each_release_has_the_section_that_it_knows(version, section):
    assert section_for(version) == section


def test_the_newest_release_for_the_machines_is_the_one_that_is_meant():
    source = "quay.io/openshift-release-dev/ocp-release"
    kinds = [("4.20.1", "amd64"), ("4.19.9", "multi"), ("4.18.3", "arm64"), ("4.18.2", "amd64")]
    ledger = Ledger().with_images(
        entry("release", f"{source}@{DIGESTS[n]}", "openshift/release-images", tag=str(n), digest=DIGESTS[n])
        for n in range(len(kinds))
    )
    made = [release(version, DIGESTS[n]) for n, (version, _) in enumerate(kinds)]
    site = given(ledger.with_releases(made))
    for each in site.ledger["releases"]:
        each["architecture"] = dict(kinds)[each["version"]]

    def version_of(*architectures, wanted=None):
        return release_of(site, wanted, architectures).version

    assert version_of("amd64") == "4.20.1"
    assert version_of("arm64") == "4.19.9"
    assert version_of("arm64", wanted="4.18.3") == "4.18.3"
    assert version_of("amd64", "arm64") == "4.19.9"
    assert version_of("s390x") == "4.19.9"
    assert version_of("amd64", wanted="4.18.2") == "4.18.2"
    with pytest.raises(ConfigError, match=r"release 4\.20\.1 for amd64 and arm64 is not mirrored"):
        version_of("amd64", "arm64", wanted="4.20.1")
    few = given()
    with pytest.raises(ConfigError, match="no release for amd64 and arm64 is mirrored") as refused:
        release_of(few, None, ("amd64", "arm64"))
    assert "the architecture multi" in refused.value.fix


def test_without_a_mirrored_release_there_is_nothing_to_install():
    with pytest.raises(HostError, match="which release is to be installed"):
        release_of(given(Ledger()), None, ("amd64",))
