"""``precache talm`` and ``precache check-talm`` as a user types them."""

import json

import pytest
from typer.testing import CliRunner

from bootstrap.cli import take_away
from bootstrap.cli.main import app
from bootstrap.cli.request import Request
from bootstrap.errors import ExitCode
from tests.fakes.registry import FakeRegistry
from tests.precache.talm.world import World


@pytest.fixture
def talm(tmp_path, monkeypatch):
    """A site with two releases and an operator; returns what runs the command on it."""
    monkeypatch.chdir(tmp_path)
    with FakeRegistry() as registry, registry.client() as client:
        world = World(registry, client).usual()
        monkeypatch.setattr(Request, "site", lambda _request: None)
        monkeypatch.setattr(take_away, "given_of", lambda _site: world.given())
        yield lambda *words, code=ExitCode.OK: run("talm", "-i", "lab", *words, code=code)


def run(*words, code=ExitCode.OK):
    done = CliRunner().invoke(app, ["precache", *words])
    assert done.exit_code == code, done.output
    return done


def test_what_is_written_has_nothing_to_be_said_against(talm, tmp_path):
    words = ["--from", "4.20.8", "--to", "4.20.9", "--clusters", "a,b", "--canary", "a"]
    said = talm(*words, "--operators", "ptp-operator", "--exclude", "aws", "--out", "upgrade").stdout
    assert "\noc apply -f upgrade\n" in said
    assert "precache status -" in said
    assert sorted(path.name for path in (tmp_path / "upgrade").iterdir() if path.name[0] != ".") == [
        "1-namespace.yaml",
        "2-policies.yaml",
        "3-placement.yaml",
        "4-pre-caching-config.yaml",
        "5-cluster-group-upgrade.yaml",
        "images.txt",
    ]
    assert run("check-talm", "upgrade").stdout == "5 objects, 0 warnings\n"
    (tmp_path / "upgrade" / "kustomization.yaml").write_text("resources: [2-policies.yaml]\n")
    assert run("check-talm", "upgrade").stdout == "5 objects, 0 warnings\n"
    path = tmp_path / "upgrade" / "4-pre-caching-config.yaml"
    path.write_text(path.read_text().replace("1 GiB", "30Gi"))
    refused = run("check-talm", "upgrade", "--json", code=ExitCode.CONFIG)
    assert json.loads(refused.stdout)["problems"][0]["why"] == "TALM refuses 30Gi: its unit has no B"


def test_all_that_is_wrong_is_said_at_once(talm):
    words = ["--to", "4.20", "--canary", "c", "--space", "much", "--operators", "a:b:c", "--selector", "x"]
    words += ["--clusters", "a"]
    told = json.loads(talm(*words, "--timeout", "0", "--name", "A", "--json", code=ExitCode.CONFIG).stdout)
    assert [each["what"] for each in told["problems"]] == [
        "cannot use --operators a:b:c",
        "cannot use --to 4.20",
        "cannot use --name A",
        "cannot use --selector x",
        "cannot use --space much",
        "cannot use --canary c",
        "cannot use --timeout 0",
    ]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ([], "cannot tell which clusters to upgrade"),
        (["--clusters", " , "], "cannot tell which clusters to upgrade"),
        (["--clusters", "A_b", "--canary", "c"], "cannot use --clusters A_b"),
        (["--clusters", "a", "--exclude", "."], "no image is left to pre-cache"),
    ],
)
def test_one_mistake_is_one_problem(talm, words, what):
    told = json.loads(talm("--to", "4.20.9", *words, "--json", code=ExitCode.CONFIG).stdout)
    assert [each["what"] for each in told["problems"]] == [what]


def test_an_image_that_is_missing_is_listed_and_nothing_is_written(talm, tmp_path):
    lost = f"quay.example.com/a/b@sha256:{'0' * 64}"
    words = ["--to", "4.20.9", "--clusters", "a", "--additional-image", lost, "--out", "upgrade"]
    assert lost in talm(*words, code=ExitCode.HOST).stderr
    assert not (tmp_path / "upgrade").exists()
