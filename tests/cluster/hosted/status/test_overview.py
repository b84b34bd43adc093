"""What a management cluster prints becomes progress, problems and an exit code."""

import json

import jsonschema
import pytest

from bootstrap.cluster.hosted.status.overview import overview
from bootstrap.cluster.read import parse_objects
from bootstrap.errors import ConfigError, ExitCode
from tests.cluster.crds import needs_crds, schemas_of
from tests.cluster.hosted.status.cases import AGENTS, CLUSTERS, ERROR, EVERY, HOSTS, POOLS, READY, no
from tests.cluster.hosted.status.fixtures import (
    NOW,
    VALID,
    agent,
    bmh,
    cluster,
    pool,
)


@pytest.mark.parametrize("name", EVERY)
def test_each_stage_is_told_in_its_operators_words(name):
    item, state, stage, why, fix = EVERY[name]
    (seen,) = overview([item], NOW).objects
    assert seen.state == state, seen
    assert stage in seen.stage, seen
    assert why in seen.why, seen
    assert fix in seen.fix, seen
    assert bool(seen.fix) == (state in ("stuck", "failed")), seen
    assert bool(seen.why) == (state != "done"), seen


@needs_crds
@pytest.mark.parametrize("table", [HOSTS, AGENTS, POOLS, CLUSTERS])
def test_the_fixtures_have_the_status_that_the_real_crds_have(table):
    for item, *_ in table.values():
        version = item["apiVersion"].partition("/")[2]
        schema = schemas_of(item["kind"])[version]["properties"]["status"]
        for key in item.get("status", {}):
            assert key in schema["properties"], key
        given = {each["type"]: each for each in item.get("status", {}).get("conditions", ())}
        listed = schema["properties"]["conditions"]["items"]
        for each in given.values():
            jsonschema.validate(each, {**listed, "additionalProperties": False})


@pytest.mark.parametrize(
    ("objects", "code"),
    [
        (
            [cluster(), pool(1, 1, [VALID, READY]), bmh("provisioned"), agent("added-to-existing-cluster")],
            ExitCode.OK,
        ),
        ([cluster(), bmh("provisioning")], ExitCode.UNFINISHED),
        ([cluster(), bmh("provisioning", 99)], ExitCode.HOST),
        ([cluster(1, "Partial"), bmh("registering", **ERROR)], ExitCode.HOST),
    ],
)
def test_the_exit_code_is_that_of_the_worst(objects, code):
    assert overview(objects, NOW).exit_code == code


def test_what_failed_is_told_before_what_is_stuck_and_both_by_name():
    found = overview([bmh("provisioning", 99), agent("error", host="another", info="disk")], NOW).problems
    assert [problem.what for problem in found] == [
        "Agent clusters-hosted/a1 is failed: error",
        "BareMetalHost clusters-hosted/hosted-worker0 is stuck: provisioning",
    ]


def test_a_host_that_booted_waits_for_its_agent_and_not_for_anothers():
    objects = [
        cluster(),
        bmh("provisioned"),
        bmh("provisioned", name="hosted-worker1"),
        agent("known-unbound"),
    ]
    seen = {each.name: each for each in overview(objects, NOW).objects}
    assert seen["hosted-worker0"].state == "done"
    assert (seen["hosted-worker1"].state, seen["hosted-worker1"].stage) == ("waiting", "booted")
    late = overview([cluster(), bmh("provisioned", 31)], NOW).problems
    assert "reach the Assisted Service" in late[0].fix


def test_a_host_whose_agent_reports_is_done_though_metal3_goes_on_until_its_node_is_installed():
    objects = [cluster(), bmh("provisioning", 300), agent("known-unbound")]
    (seen,) = [each for each in overview(objects, NOW).objects if each.kind == "BareMetalHost"]
    assert (seen.state, seen.stage) == ("done", "provisioning, its agent reports")


def test_who_asks_for_hosts_alone_is_told_of_no_missing_agent():
    assert overview([bmh("provisioned")], NOW).exit_code == ExitCode.OK


def test_more_nodes_than_agents_never_come():
    objects = [cluster(), pool(2, 0, [VALID, no("Ready")]), agent("known-unbound"), agent("error", name="a2")]
    (seen,) = [each for each in overview(objects, NOW).objects if each.kind == "NodePool"]
    assert (seen.state, seen.why) == (
        "failed",
        "2 nodes are wanted, and there are 1 agents that are well and approved",
    )


def test_what_is_none_of_ours_is_left_out_and_nothing_at_all_is_told():
    other = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}
    assert len(overview([other, bmh("available")], NOW).objects) == 1
    with pytest.raises(ConfigError, match="there is nothing of a hosted cluster"):
        overview([other], NOW)


def test_a_list_as_oc_prints_it_is_read():
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [bmh("available"), cluster()]})
    found = overview(parse_objects(text, "it"), NOW)
    assert [each.kind for each in found.objects] == ["HostedCluster", "BareMetalHost"]
    assert found.counts == {"done": 1, "waiting": 1, "stuck": 0, "failed": 0}


@pytest.mark.parametrize(
    "broken", [{}, {"status": None}, {"status": {}}, {"spec": None, "status": {"conditions": None}}]
)
@pytest.mark.parametrize("kind", ["HostedCluster", "NodePool", "BareMetalHost", "Agent"])
def test_an_object_that_was_just_made_has_little_to_tell_and_that_is_no_bug(kind, broken):
    item = {"kind": kind, "metadata": {"name": "a", "namespace": "b"}, **broken}
    (seen,) = overview([item], NOW).objects
    assert seen.state == "waiting"
