"""Plans against registries over TLS: what they say, and what a run then does."""

from __future__ import annotations

import io
import json
import os

import pytest

from bootstrap.agent.lock import Lock
from bootstrap.agent.main import main
from bootstrap.errors import ExitCode
from bootstrap.mirror.engines.oc_mirror import command
from bootstrap.mirror.space import SPARE_BYTES
from tests.agent.conftest import CHANNEL
from tests.fakes.images import make_image, push
from tests.fakes.tools import FakeTool
from tests.mirror.engines.catalogs import CATALOG, push_catalog
from tests.mirror.engines.test_operators import PORT, lines
from tests.mirror.world import HEAD

WRITES = "(PUT|POST|PATCH) "


def of(events, kind):
    return [event for event in events if event["event"] == kind]


@pytest.fixture
def plan(site, capsys, monkeypatch):
    def ask(*words, stdin=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        capsys.readouterr()
        assert main(["plan", "--settings", str(site.settings), *words]) == 0
        return json.loads(capsys.readouterr().out)

    return ask


def without_disks(site):
    """Let nobody see the disks of the registries."""
    registries = json.loads(site.settings.read_text())["registries"]
    site.configure(registries=[{**each, "data_dir": None} for each in registries])
    return [each["location"] for each in registries]


def test_a_plan_says_how_much_of_what_and_a_run_then_says_the_same(site, plan):
    site.release("4.20.1")
    push(site.content.store, "team/app", make_image("app"), tag="v1")
    names = "[{name: 'quay.io/team/app:v1'}]"
    site.imageset(CHANNEL.replace("]}}", f"]}}, additionalImages: {names}}}"))
    found = plan()
    lines = {line["name"]: line for line in found["content"]}
    assert list(lines) == ["release 4.20.1 amd64", "additional images", "total"]
    assert [line["images"] for line in lines.values()] == [3, 1, 4]
    assert found["estimate"] == {"seconds": None, "bytes_per_second": None, "runs": 0}
    images = {line["name"]: line for line in found["images"]}
    assert images["team/app:v1"]["source"] == "quay.io/team/app:v1"
    assert images["team/app:v1"]["group"] == "additional images"
    code, events = site.run()
    assert code == 0
    for lack, done in zip(lines["total"]["missing"], events[-1]["registries"], strict=True):
        assert (lack["blobs"], lack["bytes"]) == (done["blobs_copied"], done["bytes_copied"])
    planned = site.ledger()["runs"][-1]["bytes_planned"]
    writes = [use for system in found["file_systems"] for use in system["uses"]]
    locations = {each.location for each in site.registries}
    assert planned == sum(use["bytes"] for use in writes if use["what"] in locations) > 0
    assert site.ledger()["runs"][-1]["seconds_moving"] > 0
    again = {line["name"]: line for line in plan()["content"]}
    assert [lack["blobs"] for lack in again["total"]["missing"]] == [0, 0]


def test_another_image_set_than_the_one_that_is_there_is_planned(site, plan):
    site.release("4.20.1")
    push(site.content.store, "team/app", make_image("app"), tag="v1")
    other = HEAD + "mirror: {additionalImages: [{name: 'quay.io/team/app:v1'}]}"
    found = plan("--imageset", "-", stdin=other)
    assert [line["name"] for line in found["content"]] == ["additional images", "total"]
    assert plan()["content"][0]["name"] == "release 4.20.1 amd64"


def test_a_dry_run_has_the_image_set_that_is_asked_about_and_a_directory_of_its_own_beside_a_run(
    site, plan, tmp_path, monkeypatch
):
    monkeypatch.setattr(command, "_free_port", lambda: PORT)
    digests = push_catalog(site.content.store)
    catalog = site.content.store.resolve("team/catalog", "v4.20").digest
    tool = FakeTool(tmp_path, "oc-mirror")
    site.configure(tools={"oc_mirror": str(tool.path)})
    workspace = site.state / "workspace"
    apart = workspace / f"plan-{os.getpid()}"
    mapping = lines(site.registries[0].location, digests, catalog)
    tool.will(files={str(apart / "oc-mirror" / "working-dir" / "dry-run" / "mapping.txt"): mapping})
    (workspace / "plan-4194305").mkdir(parents=True)  # no process has such a number: pid_max is 2**22
    other = HEAD + f"mirror: {{operators: [{{catalog: '{CATALOG}'}}]}}"
    with Lock(site.state / "lock") as lock:
        lock.acquire("a run")
        found = plan("--imageset", "-", stdin=other)
    assert found["content"][-1]["images"] == 3
    (call,) = tool.calls
    assert call["config"] == other
    words = call["argv"]
    for option in ("--config", "--cache-dir", "--workspace"):
        assert str(apart) in words[words.index(option) + 1]
    assert list(workspace.iterdir()) == []


def test_what_does_not_fit_is_said_for_every_disk_at_once_and_refused_before_the_first_byte(site, plan):
    site.release("4.20.1")
    locations = without_disks(site)
    sizes = {
        use["what"]: system
        for system in plan(*(word for each in locations for word in ("--free", f"{each}=0")))["file_systems"]
        for use in system["uses"]
    }
    needed = [sizes[location]["bytes_needed"] for location in locations]
    assert [size > SPARE_BYTES for size in needed] == [True, True]
    few = {location: size - 1 for location, size in zip(locations, needed, strict=True)}
    said = plan(*(word for each, size in few.items() for word in ("--free", f"{each}={size}")))["problems"]
    assert [problem["exit_code"] for problem in said] == [ExitCode.HOST, ExitCode.HOST]
    code, events = site.run(**few)
    failed = of(events, "failed")
    assert code == ExitCode.HOST
    assert [{key: event[key] for key in said[0]} for event in failed] == said
    for problem, location in zip(said, locations, strict=True):
        assert problem["what"] == f"cannot store the images in {location}"
        assert "have to be written" in problem["why"]
        assert "are free" in problem["why"]
        assert "more are needed" in problem["fix"]
    assert sum(each.count(WRITES) for each in site.registries) == 0
    run = site.ledger()["runs"][-1]
    assert [error["what"] for error in run["errors"]] == [problem["what"] for problem in said]
    # With a byte more each of them fits.
    assert site.run(**dict(zip(locations, needed, strict=True)))[0] == 0


def test_no_room_for_the_record_of_the_run_is_a_problem_too(site, plan, monkeypatch):
    site.release("4.20.1")
    locations = without_disks(site)
    monkeypatch.setattr("bootstrap.mirror.space._measure", lambda _path: ("state", 1000))
    (problem,) = plan(*(word for each in locations for word in ("--free", f"{each}={10**12}")))["problems"]
    assert problem["what"] == f"cannot store the record of the run in {site.state}"
    assert "mirror_content_state_dir" in problem["fix"]
