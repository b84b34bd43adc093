"""``resources install-config`` as a user types it; only the mirror host is played."""

import json
import stat
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from bootstrap.cli.main import app
from bootstrap.cli.request import Request
from bootstrap.errors import ExitCode
from bootstrap.workflow import install_config as workflow
from tests.cluster.install_config import samples
from tests.cluster.installer.world import World
from tests.cluster.ledgers import REGISTRIES, given
from tests.fakes.registry import FakeRegistry


@pytest.fixture
def lab(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lab = SimpleNamespace(
        given=given(trust=dict.fromkeys(REGISTRIES, samples.OURS)), file=tmp_path / "install-config.yaml"
    )
    lab.file.write_text(samples.BARE_METAL + samples.DOCUMENTED)
    monkeypatch.setattr(Request, "site", lambda _request: None)
    monkeypatch.setattr(workflow, "given_of", lambda _site: lab.given)

    def run(*words, code=ExitCode.OK):
        argv = ["resources", "install-config", "install-config.yaml", *words, "-i", "lab"]
        done = CliRunner().invoke(app, argv)
        assert done.exit_code == code, done.output
        assert [secret for secret in (samples.SECRET, "do-not-show-this") if secret in done.output] == []
        return done.output

    lab.run = run
    return lab


def test_a_file_is_edited_its_change_shown_and_the_second_time_there_is_nothing_to_do(lab):
    before = lab.file.read_text()
    said = lab.run()
    assert "+additionalTrustBundlePolicy: Always" in said
    assert f"{lab.file}: for release 4.20.1, imageDigestSources: changed, and 0600\n" in said
    assert f"what it was: {lab.file}.~1~\n" in said
    assert "quay.io/openshift-release-dev/ocp-release: its mirrors were replaced" in said
    assert (lab.file.with_name("install-config.yaml.~1~")).read_text() == before
    assert stat.S_IMODE(lab.file.stat().st_mode) == 0o600
    after = lab.file.read_text()
    assert lab.run() == f"{lab.file}: for release 4.20.1, imageDigestSources: nothing to change\n"
    assert lab.file.read_text() == after
    lab.file.chmod(0o644)
    assert "only its permissions changed, to 0600" in lab.run()


def test_a_dry_run_shows_the_same_and_writes_nothing(lab):
    before = lab.file.read_text()
    shown = lab.run("--dry-run")
    assert "imageDigestSources: would change" in shown
    assert lab.file.read_text() == before
    assert [each.name for each in lab.file.parent.iterdir()] == [lab.file.name]
    assert lab.run().startswith(shown.partition(f"{lab.file}: for")[0])


def test_the_document_of_it_has_no_secret_either(lab):
    result = json.loads(lab.run("--json"))["result"]
    assert result["release"] == "4.20.1"
    assert result["section"] == "imageDigestSources"
    assert (result["is_changed"], result["is_written"]) == (True, True)
    assert result["backup"] == f"{lab.file}.~1~"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--release", "4.99.0"), "release 4.99.0 for amd64 is not mirrored"),
        (("--platform", "linux/arm64"), "cannot use --platform alone"),
        (("--release", "4.20"), "'4.20' is not a version such as 4.20.9"),
    ],
)
def test_a_release_that_is_not_there_is_told_and_the_file_left_alone(lab, words, said):
    before = lab.file.read_text()
    assert said in lab.run(*words, code=ExitCode.CONFIG)
    assert lab.file.read_text() == before


def test_a_registry_without_credentials_is_told(lab):
    lab.given = given(trust=lab.given.trust, auths={REGISTRIES[0]: {"auth": "YTpi"}})
    assert f"no credentials of {REGISTRIES[1]} are known here" in lab.run()


def test_an_invalid_file_is_refused_with_every_reason_and_left_alone(lab):
    lab.file.write_text("apiVersion: v1\npullSecret: '<pull_secret>'\n")
    said = lab.run(code=ExitCode.CONFIG)
    assert "4 problems:" in said
    assert lab.file.read_text() == "apiVersion: v1\npullSecret: '<pull_secret>'\n"


@pytest.fixture
def world():
    with FakeRegistry() as registry, registry.client() as client:
        yield World(registry, client)


def test_the_installer_of_the_release_is_extracted_beside(lab, world, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path / "no-oc"))
    release = world.release()
    lab.given = world.given()
    assert "would change" in lab.run("--installer", "bin", "--platform", "linux/amd64", "--dry-run")
    assert not (tmp_path / "bin").exists()
    said = lab.run("--installer", "bin", "--platform", "linux/amd64")
    for name in ("openshift-install", "openshift-baremetal-install"):
        told = f"bin/{name}: installs 4.20.1 ({release.source}); for linux/amd64, by bootstrap-registry\n"
        assert told in said
        assert release.source.encode() in (tmp_path / "bin" / name).read_bytes()
    assert "imageDigestSources: changed" in said


def test_when_the_installer_cannot_be_extracted_the_file_is_left_alone(lab, world, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path / "no-oc"))
    before = lab.file.read_text()
    world.release(components={"installer": [{"usr/bin/openshift-install": b"no marker"}]})
    lab.given = world.given()
    said = lab.run("--installer", "bin", "--platform", "linux/amd64", code=ExitCode.VERIFICATION)
    assert "cannot tell openshift-install which release it installs" in said
    assert lab.file.read_text() == before
    assert "there is none for that platform" in lab.run(
        "--platform", "x/y", "--installer", "b", code=ExitCode.CONFIG
    )
