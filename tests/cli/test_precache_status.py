"""``precache status`` as a user types it."""

import json

import pytest
from typer.testing import CliRunner

from bootstrap.cli.main import app
from bootstrap.errors import ExitCode
from tests.precache.talm.status.fixtures import cgu


def on_its_way(state):
    """Return a group of one cluster; when it began is not told, since it is judged by the time of now."""
    item = cgu({"a": state})
    for each in item["status"]["conditions"]:
        del each["lastTransitionTime"]
    return item


@pytest.fixture
def run(tmp_path):
    def run(item, *words, code=ExitCode.OK):
        (tmp_path / "cgu.json").write_text(json.dumps(item))
        done = CliRunner().invoke(app, ["precache", "status", str(tmp_path / "cgu.json"), *words])
        assert done.exit_code == code, done.output
        return done.stdout

    return run


def test_all_that_succeeded_is_told_with_the_patch(run):
    assert run(cgu({"a": "Succeeded", "b2": "Succeeded"})) == (
        "ztp/du: 2 clusters: 2 done\n"
        "  done  a   Succeeded\n"
        "  done  b2  Succeeded\n"
        "  all is pre-cached: enable: true, by\n"
        "    oc -n ztp patch clustergroupupgrades.ran.openshift.io/du --type=merge"
        ' -p \'{"spec":{"enable":true}}\'\n'
    )


def test_a_part_is_told_what_failed_first_and_goes_by_a_threshold_alone(run):
    item = cgu({"a": "Succeeded", "b2": "PrecacheTimeout"})
    said = run(item, code=ExitCode.HOST)
    assert said.splitlines()[1].startswith("  failed  b2  PrecacheTimeout  its job came to its deadline")
    assert "enable: true" not in said
    assert "1 of 2 clusters are pre-cached: enable: true, by" in run(item, "--threshold", "50%")
    run(item, "--threshold", "all", code=ExitCode.CONFIG)


def test_what_is_on_its_way_ends_with_a_code_of_its_own_also_as_json(run):
    item = on_its_way("Starting")
    found = json.loads(run(item, "--json", code=ExitCode.UNFINISHED))
    assert (found["outcome"], found["exit_code"]) == ("ok", ExitCode.UNFINISHED)
    (group,) = found["result"]["groups"]
    assert group["clusters"] == [
        {
            "name": "a",
            "state": "Starting",
            "outcome": "waiting",
            "why": "the job and what it needs are made on it",
        }
    ]
    assert (group["go"], group["patch"]) == (False, None)


def test_nothing_is_told_as_the_failure_of_who_wrote_it(run):
    done = CliRunner().invoke(app, ["precache", "status", "-"], input="\n")
    assert done.exit_code == ExitCode.CONFIG
    assert "there is nothing in standard input\n  why: whatever wrote it has failed" in done.stderr


def test_standard_input_is_read(run):
    done = CliRunner().invoke(app, ["precache", "status"], input=json.dumps(on_its_way("Active")["status"]))
    assert (done.exit_code, done.stdout) == (
        ExitCode.UNFINISHED,
        "ClusterGroupUpgrade: 1 cluster: 1 waiting\n  waiting  a  Active  its job pulls images\n",
    )
