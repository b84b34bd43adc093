"""``precache instance``: which of the three ways, and what is shown of it."""

import json

import pytest
import yaml
from typer.testing import CliRunner

from bootstrap.cli import take_away as cli_take_away
from bootstrap.cli.main import app
from bootstrap.cli.request import Request
from tests.cluster.hosted.site import of_site
from tests.precache.edge_site import document, written
from tests.precache.instance.samples import instance
from tests.precache.instance.test_site_config import site_config


@pytest.fixture
def run(monkeypatch):
    monkeypatch.setattr(Request, "site", lambda _request: None)
    monkeypatch.setattr(cli_take_away, "given_of", lambda _site: of_site())

    def invoke(*words):
        return CliRunner().invoke(app, ["precache", "instance", *map(str, words)])

    return invoke


def test_a_site_is_rendered_into_a_directory(run, tmp_path):
    site = written(tmp_path, document())
    done = run("--site", site, "-i", "inventory", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out/06-cluster-instance.yaml").is_file()
    assert "correct horse" not in done.output
    assert f"oc apply --server-side -k {tmp_path / 'out'}\n" in done.output


def test_printed_secrets_are_not_shown(run, tmp_path):
    site = written(tmp_path, document())
    done = run("--site", site, "-i", "inventory", "--json")
    files = json.loads(done.stdout)["result"]["files"]
    assert [name for name, text in files.items() if text is None] == [
        "03-pull-secret.yaml",
        "04-bmc-credentials.yaml",
    ]


def test_what_is_wrong_with_the_site_is_all_said(run, tmp_path):
    site = written(tmp_path, document(name="Edge", baseDomain=None))
    done = run("--site", site, "-i", "inventory")
    assert done.exit_code == 2
    assert "name: 'Edge' is no DNS label" in done.stderr
    assert "baseDomain: it is missing" in done.stderr


def test_a_users_file_is_patched_for_the_partition_of_the_site(run, tmp_path):
    site = written(tmp_path, document(content={"partLabel": "images"}))
    path = tmp_path / "clusterinstance.yaml"
    path.write_text(yaml.safe_dump(instance_at(tmp_path)))
    path.chmod(0o444)  # whoever only looks needs no more
    done = run("--into", path, "--site", site, "--dry-run")
    path.chmod(0o644)
    assert done.exit_code == 0, done.output
    assert '+["--save-partlabel","data","--save-partlabel","images"]' in done.stdout
    assert "would change" in done.stdout
    done = run("--into", path, "--json")
    assert json.loads(done.stdout)["result"]["is_changed"] is False


def instance_at(tmp_path):
    (tmp_path / "sample").mkdir(exist_ok=True)
    return instance(tmp_path / "sample")


def test_a_site_config_is_converted(run, tmp_path):
    path = tmp_path / "siteconfig.yaml"
    path.write_text(yaml.safe_dump(site_config()))
    done = run("--from-siteconfig", path, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert {each.name for each in (tmp_path / "out").glob("*.yaml")} == {"edge1.yaml", "edge2.yaml"}


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--into", "a", "--from-siteconfig", "b"),
        ("--into", "a", "--out", "b"),
        ("--from-siteconfig", "a", "--dry-run"),
        ("--site", "a", "-i", "b", "--despite-defects"),
    ],
)
def test_one_way_of_three_is_wanted(run, words):
    done = run(*words)
    assert done.exit_code == 2
    assert "cannot tell what is wanted of precache instance" in done.stderr


def test_a_forgotten_inventory_is_told_as_such(run):
    done = run("--site", "a", "--out", "b")
    assert done.exit_code == 2
    assert "--site is there, and -i is not" in done.stderr
