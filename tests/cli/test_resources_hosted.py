"""``resources hosted-cluster…`` as a user types it."""

import datetime as dt
import json
import stat

import pytest
import yaml
from typer.testing import CliRunner

from bootstrap.cli.main import app
from bootstrap.errors import ExitCode
from tests.cluster.hosted.site import document, ledger, written
from tests.cluster.hosted.status.fixtures import bmh
from tests.fakes.tls import Authority


def run(*words, code=ExitCode.OK, stdin=None):
    """Run a command that knows no site."""
    done = CliRunner().invoke(app, ["resources", *words], input=stdin)
    assert done.exit_code == code, done.output
    return done.stdout


@pytest.fixture
def hosted(lab, tmp_path):
    lab.log_in()
    lab.site.state.directory.chmod(0o700)
    lab.ledger = ledger()
    lab.file = str(written(tmp_path, document()))
    return lab


def test_a_hosted_cluster_is_written_and_the_second_time_is_as_before(hosted, tmp_path):
    said = hosted.run("hosted-cluster", hosted.file, "--out", "there")
    assert "30-hosted-cluster/hosted-cluster.yaml   (new)" in said
    assert "release 4.20.1 (amd64)" in said
    assert stat.S_IMODE((tmp_path / "there/20-configuration/secrets.yaml").stat().st_mode) == 0o600
    again = hosted.run("hosted-cluster", hosted.file, "--out", "there")
    assert "(new)" not in again
    assert "apply.sh   (as before)" in again


def test_secrets_are_printed_only_when_asked_for(hosted):
    said = hosted.run("hosted-cluster", hosted.file)
    assert "kind: HostedCluster" in said
    assert "20-configuration/secrets.yaml: not shown" in said
    assert "kind: Secret" not in said
    found = json.loads(hosted.run("hosted-cluster", hosted.file, "--json"))["result"]["files"]
    assert found["60-hosts/secrets.yaml"] is None
    assert "kind: Secret" in hosted.run("hosted-cluster", hosted.file, "--show-secrets")


def test_a_file_with_mistakes_makes_no_key_and_writes_nothing(hosted, tmp_path):
    written(tmp_path, document(baseDomain="-", hosts=[]))
    hosted.run("hosted-cluster", hosted.file, "--out", "there", code=ExitCode.CONFIG)
    assert not (tmp_path / "there").exists()
    assert not list(tmp_path.rglob("etcd-key"))


def test_g2_nothing_that_has_an_expired_certificate_in_it_is_given(hosted, tmp_path):
    (tmp_path / "images.yaml").write_text(
        "base_url: https://web1.example.com\n"
        "images: [{release: 4.20.1, architecture: x86_64, version: 9.6.2-0, iso: rhcos.iso}]\n"
    )
    commands = (
        ("hosted-cluster", hosted.file),
        ("mirror-sets", "--format", "assisted"),
        ("assisted", "--offline", "--os-images", "images.yaml"),
        ("trust", "--offline"),
    )
    for command in commands:
        hosted.run(*command)
    over = Authority().issue("registry2.example.com", days=(-9, -2)).certificate
    hosted.site.state.trust("registry2").write_text(over)
    for command in commands:
        hosted.run(*command, code=ExitCode.CONFIG)
    hosted.run("mirror-sets")  # without a certificate


def test_a_file_is_begun_with_by_init(tmp_path):
    path = tmp_path / "clusters/mine.yaml"
    said = run("hosted-cluster-init", str(path))
    assert f"wrote {path}" in said
    assert f"hosted-cluster {path} -i INVENTORY --out" in said
    assert yaml.safe_load(path.read_text())["hosts"]
    run("hosted-cluster-init", str(path), code=ExitCode.CONFIG)


def test_scaling_leaves_what_was_rendered_in_the_same_directory(hosted, tmp_path):
    hosted.run("hosted-cluster", hosted.file, "--out", "there")
    assert "removed" not in run("hosted-cluster-scale", hosted.file, "--replicas", "1", "--out", "there")
    assert (tmp_path / "there/apply.sh").exists()
    assert "(new)" not in hosted.run("hosted-cluster", hosted.file, "--out", "there")


def test_scaling_needs_no_site(tmp_path):
    said = run("hosted-cluster-scale", str(written(tmp_path, document())), "--replicas", "1")
    (item,) = yaml.safe_load_all(said)
    assert item["spec"] == {"replicas": 1}
    assert "# oc apply --server-side" in said


def test_how_a_hosted_cluster_gets_on_is_told_with_an_exit_code(tmp_path):
    now = dt.datetime.now(dt.UTC)
    item = bmh("provisioned")
    item["status"]["lastUpdated"] = now.isoformat()
    said = run("hosted-cluster-status", stdin=json.dumps(item))
    assert said == "done  BareMetalHost  clusters-hosted/hosted-worker0  provisioned\n1 objects: 1 done\n"
    item["status"]["provisioning"]["state"] = "provisioning"
    path = tmp_path / "status.json"
    path.write_text(json.dumps({"kind": "List", "items": [item]}))
    found = json.loads(run("hosted-cluster-status", str(path), "--json", code=ExitCode.UNFINISHED))
    assert (found["outcome"], found["result"]["objects"][0]["state"]) == ("ok", "waiting")
    item["status"]["operationalStatus"] = "error"
    found = json.loads(run("hosted-cluster-status", "--json", stdin=json.dumps(item), code=ExitCode.HOST))
    assert found["outcome"] == "failed"
    assert "is failed: provisioning" in found["problems"][0]["what"]
    run("hosted-cluster-status", stdin="{}", code=ExitCode.CONFIG)
