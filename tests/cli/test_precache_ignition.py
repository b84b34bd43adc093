"""``precache ignition`` as a user types it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bootstrap.cli.main import app
from bootstrap.errors import ExitCode
from tests.cluster.seed_blocks import needs_seeds
from tests.precache.edge_site import document, written
from tests.precache.ignition.samples import FOREIGN_UNIT, needs_ignition, seed_text, validate

WRONG = '{"ignition": {"version": "3.2.0"}, "storage": {"files": [{"path": "/etc/a", "mode": 644}]}}'
RIGHT = '{"ignition":{"version":"3.2.0"},"storage":{"files":[{"path":"/etc/a","mode":420}]}}'


@pytest.fixture(autouse=True)
def there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def run(*words, code=ExitCode.OK):
    done = CliRunner().invoke(app, ["precache", "ignition", *words])
    assert done.exit_code == code, done.output
    return done


@needs_ignition
def test_a_site_gets_both_stages_and_is_told_where_they_go(tmp_path):
    site = str(written(tmp_path, document()))
    said = run("--site", site, "--out", "ignition").stdout
    assert validate(Path("ignition/discovery.ign").read_text(), tmp_path) == ""
    assert validate(Path("ignition/install.ign").read_text(), tmp_path) == ""
    assert "ignition/discovery.ign is spec.ignitionConfigOverride" in said
    assert """'["--save-partlabel", "data"]'""" in said
    assert "(as before)" in run("--site", site, "--out", "ignition").stdout


def test_ours_goes_into_what_is_there():
    Path("theirs.ign").write_text(
        json.dumps({"ignition": {"version": "3.1.0"}, "systemd": {"units": [FOREIGN_UNIT]}})
    )
    said = run("--label", "edge", "--merge-install", "theirs.ign", "--json").stdout
    files = json.loads(said)["result"]["files"]
    install = json.loads(files["install.ign"])
    assert install["ignition"] == {"version": "3.1.0"}
    assert [each["name"] for each in install["systemd"]["units"]] == [
        "theirs.service",
        "precache-ocp-images.service",
    ]
    assert "theirs.service" not in files["discovery.ign"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--label", "a b"), "'a b' is no name for the partition"),
        (("--label", "a", "--site", "s"), "--site and --label are both given"),
        (("--merge-install", "none.ign"), "No such file"),
        (("--merge-install", "new er.ign"), "new er.ign: cannot merge into the existing Ignition config"),
        (
            ("--merge-install", "new er.ign"),
            "`bootstrap-registry precache ignition --check 'new er.ign'` says",
        ),
        (("--correct", "new er.ign"), "that only you can correct"),
        (("--check", "none.ign"), "there is no such file"),
        (("--correct", "none.ign", "--label", "a b"), "'a b' is no name for the partition"),
        (("--check", "a", "--out", "b"), "--check goes alone"),
        (("--correct", "a", "--site", "b"), "--check goes alone"),
        (("--check", "bad.txt"), "byte 0 is not UTF-8"),
        (("--check", "/dev/zero"), "there is no such file"),
        (("--check", "."), "it is a directory"),
        (("--check", "torn sheet.ign"), "only you can correct that"),
        (("--check", "my own.ign"), "`bootstrap-registry precache ignition --correct 'my own.ign'`"),
    ],
)
def test_what_cannot_be_is_refused(words, said):
    Path("bad.txt").write_bytes(b"\xff\xfe")
    Path("torn sheet.ign").write_text(RIGHT + "x")
    Path("my own.ign").write_text(WRONG)
    Path("new er.ign").write_text('{"ignition": {"version": "3.4.0"}, "kernelArguments": {}}')
    assert said in run(*words, code=ExitCode.CONFIG).stderr


def test_standard_input_is_judged_too():
    done = CliRunner().invoke(app, ["precache", "ignition", "--check", "-"], input=WRONG)
    assert done.exit_code == ExitCode.CONFIG
    assert "the Ignition overrides in standard input have 1 defect" in done.stderr
    done = CliRunner().invoke(app, ["precache", "ignition", "--check", "-"], input=RIGHT)
    assert (done.exit_code, done.stdout) == (0, "Ignition (line 1), no stage of ours: well\n")


@needs_seeds
@needs_ignition
@pytest.mark.parametrize("kind", ["ClusterInstance", "SiteConfig"])
def test_row_b_a_document_is_read_verbatim_named_and_corrected_by_one_command(kind, tmp_path):
    file = Path("document.txt")
    file.write_text(seed_text(kind))
    checked = run("--check", "document.txt", code=ExitCode.CONFIG)
    assert "the Ignition overrides in document.txt have 35 defects" in checked.stderr
    assert checked.stdout.count("    fix: ") == 35
    assert file.read_text() == seed_text(kind)
    elsewhere = run("--correct", "document.txt", "--out", "corrected").stdout
    assert elsewhere.count("    corrected: ") == 35
    for name in ("discovery.ign", "install.ign"):
        assert validate(Path("corrected", name).read_text(), tmp_path) == ""
    assert file.read_text() == seed_text(kind)
    run("--correct", "document.txt")
    assert file.read_text() == Path("corrected/document.txt").read_text()
    assert Path("document.txt.~1~").read_text() == seed_text(kind)
    line = {"ClusterInstance": 48, "SiteConfig": 42}[kind]
    assert f"(line {line}), discovery: well" in run("--check", "document.txt").stdout


def test_a_corrected_file_keeps_its_mode_and_earlier_ones_are_kept():
    file = Path("a.ign")
    for number in (1, 2):
        file.write_text(f"{WRONG}\n")
        file.chmod(0o640)
        said = run("--correct", "a.ign").stdout
        assert f"what it was: {file.resolve()}.~{number}~" in said
        assert (file.read_text(), file.stat().st_mode & 0o777) == (f"{RIGHT}\n", 0o640)
        assert Path(f"a.ign.~{number}~").read_text() == f"{WRONG}\n"
    assert "there was nothing to correct" in run("--correct", "a.ign").stdout
    assert sorted(each.name for each in Path().iterdir()) == ["a.ign", "a.ign.~1~", "a.ign.~2~"]


def test_a_link_is_followed_and_stays_one():
    Path("real.ign").write_text(WRONG)
    Path("link.ign").symlink_to("real.ign")
    run("--correct", "link.ign")
    assert Path("link.ign").is_symlink()
    assert Path("real.ign").read_text() == RIGHT


def test_what_only_its_owner_can_correct_is_left_and_said():
    Path("a.ign").write_text(WRONG.replace("/etc/a", "etc/a"))
    done = run("--correct", "a.ign", "--json", code=ExitCode.CONFIG)
    found = json.loads(done.stdout)
    assert "a.ign has 1 defect that only you can correct" in found["problems"][0]["what"]
    (override,) = found["result"]["overrides"]
    assert [each["rule"] for each in override["left"]] == ["path"]
    assert '"mode":420' in Path("a.ign").read_text()
