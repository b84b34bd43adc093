"""What a management cluster prints becomes progress, problems and an exit code."""

import json

import jsonschema
import pytest

from bootstrap.cluster.hosted.status.overview import overview
from bootstrap.cluster.read import parse_objects
from bootstrap.errors import ConfigError, ExitCode
from tests.cluster.crds import needs_crds, schemas_of
from tests.cluster.hosted.status.fixtures import (
    NOW,
    VALID,
    agent,
    ago,
    bmh,
    cluster,
    condition,
    pool,
    progress,
)

READY = condition("Ready", True)
_ERROR = {"operationalStatus": "error", "errorType": "registration error", "errorMessage": "401 from the BMC"}
_FAILING = {
    "hardware": [
        {"id": "has-memory-for-role", "status": "failure", "message": "8 GiB needed, 4 there"},
        {"id": "has-cpu", "status": "success", "message": ""},
    ]
}


def no(kind, message="no", minutes=5):
    return condition(kind, False, message, minutes)


# Each: the object, its state, what is in its stage, what is in its why, what is in its fix.
HOSTS = {
    "not seen yet": (bmh(None), "waiting", "new", "metal3 to see it", ""),
    "never seen": (bmh(None, 20), "stuck", "new", "for 20 minutes", "watchAllNamespaces"),
    "registering": (bmh("registering"), "waiting", "registering", "its controller to answer", ""),
    "registering long": (
        bmh("registering", 16),
        "stuck",
        "registering",
        "for 16 minutes",
        "spec.bmc.address",
    ),
    "bad password": (bmh("registering", **_ERROR), "failed", "registering", "401 from the BMC", "the Secret"),
    "match profile": (bmh("match profile"), "waiting", "match", "", ""),
    "inspecting": (bmh("inspecting", 39), "waiting", "inspecting", "hardware", ""),
    "inspecting long": (bmh("inspecting", 41), "stuck", "inspecting", "hardware", "see"),
    "preparing": (bmh("preparing"), "waiting", "preparing", "settings", ""),
    "available": (bmh("available"), "waiting", "available", "discovery image", ""),
    "ready": (bmh("ready"), "waiting", "ready", "discovery image", ""),
    "no image": (bmh("available", 31), "stuck", "available", "discovery image", "ImageCreated"),
    "provisioning": (bmh("provisioning"), "waiting", "provisioning", "boot", ""),
    "provisioning long": (bmh("provisioning", 61), "stuck", "provisioning", "boot", "virtual media"),
    "delayed": (
        bmh("provisioning", operationalStatus="delayed"),
        "waiting",
        "provisioning",
        "hands full",
        "",
    ),
    "provisioning failed": (
        bmh("provisioning", **{**_ERROR, "errorType": "provisioning error"}),
        *("failed", "provisioning", "provisioning error: 401", "virtual media"),
    ),
    "power": (
        bmh("provisioned", **{**_ERROR, "errorType": "power management error"}),
        *("failed", "provisioned", "power management error", "spec.bmc.address"),
    ),
    "provisioned": (bmh("provisioned"), "done", "provisioned", "", ""),
    "adopted": (bmh("externally provisioned"), "done", "externally provisioned", "", ""),
    "unmanaged": (bmh("unmanaged"), "waiting", "unmanaged", "credentials", ""),
    "deprovisioning": (bmh("deprovisioning"), "waiting", "deprovisioning", "taken down", ""),
    "deleting": (bmh("deleting", 31), "stuck", "deleting", "removed", ""),
    "switched off": (bmh("powering off before delete"), "waiting", "powering off", "", ""),
    "paused": (
        bmh("provisioning", annotations={"baremetalhost.metal3.io/paused": ""}),
        *("failed", "provisioning", "paused", "remove"),
    ),
    "from tomorrow": (bmh("levitating"), "failed", "levitating", "not known", "newer"),
}
AGENTS = {
    **{
        state: (agent(state), "waiting", state, "it waits for", "")
        for state in (
            *("discovering", "discovering-unbound", "known", "binding", "unbinding", "resetting"),
            *("preparing-for-installation", "preparing-successful", "installing", "installing-in-progress"),
            *("reclaiming", "reclaiming-rebooting"),
        )
    },
    **{
        state: (agent(state, info="because"), "failed", state, "because", "see its events")
        for state in ("error", "cancelled", "preparing-failed", "disabled", "disabled-unbound")
    },
    "new": (agent(""), "waiting", "new", "Assisted Service", ""),
    "spare": (agent("known-unbound"), "done", "spare", "", ""),
    "not approved": (
        agent("known-unbound", approved=False),
        "failed",
        "known",
        "not approved",
        "oc patch agent a1",
    ),
    "not approved, bound": (
        agent("known", approved=False),
        "failed",
        "known",
        "not approved",
        "-n clusters-hosted",
    ),
    "too little memory": (
        agent("insufficient-unbound", validationsInfo=_FAILING),
        *("failed", "insufficient-unbound", "has-memory-for-role (8 GiB needed, 4 there)", "give the host"),
    ),
    "a question": (agent("pending-for-input", info="no name"), "failed", "pending", "no name", "set what"),
    "gone": (agent("disconnected"), "failed", "disconnected", "does not report", "whether it is on"),
    "wrong boot": (
        agent("installing-pending-user-action"),
        "failed",
        "installing-pending",
        "something else",
        "its installation disk",
    ),
    "reset by hand": (
        agent("resetting-pending-user-action"),
        "failed",
        "resetting-pending",
        "boot the discovery",
        "InfraEnv",
    ),
    "unbound by hand": (
        agent("unbinding-pending-user-action"),
        "failed",
        "unbinding-pending",
        "boot the discovery",
        "InfraEnv",
    ),
    "writing": (
        agent("installing-in-progress", **progress("Writing image to disk", 45)),
        *("waiting", "installing-in-progress, Writing image to disk 45 %", "the installation", ""),
    ),
    "writing for hours": (
        agent("installing-in-progress", 200, **progress("Writing image to disk", 45, 90)),
        *("stuck", "Writing image to disk 45 %", "for 90 minutes", "see its events"),
    ),
    "joined": (agent("added-to-existing-cluster", **progress("Done", 100)), "done", "Done", "", ""),
    "installed": (agent("installed"), "done", "installed", "", ""),
    "bad spec": (
        agent("known", conditions=[no("SpecSynced", "an input error: hostname")]),
        *("failed", "known", "an input error: hostname", "correct"),
    ),
    "from tomorrow": (agent("teleporting"), "failed", "teleporting", "not known", "newer"),
}
POOLS = {
    "new": (pool(3, 0), "waiting", "0 of 3 nodes", "no ValidGeneratedPayload yet", ""),
    "generating": (
        pool(3, 0, [no("ValidGeneratedPayload")]),
        "waiting",
        "0 of 3",
        "ValidGeneratedPayload is",
        "",
    ),
    "generating long": (
        pool(3, 0, [no("ValidGeneratedPayload", "x", 31)]),
        "stuck",
        "0 of 3",
        "for 31 minutes",
        "conditions",
    ),
    "bad release": (
        pool(3, 0, [no("ValidReleaseImage", "unauthorized")]),
        "failed",
        "0 of 3",
        "unauthorized",
        "pull secret",
    ),
    "bad config": (pool(3, 0, [no("ValidMachineConfig", "bad")]), "failed", "0 of 3", "bad", "correct"),
    "conflict": (
        pool(3, 0, [condition("ClusterNetworkCIDRConflict", True, "10.132.1.1 is in it")]),
        *("failed", "0 of 3", "10.132.1.1 is in it", "other networks"),
    ),
    "paused": (
        pool(3, 0, [no("ReconciliationActive", "until removed")]),
        "failed",
        "paused",
        "until",
        "pausedUntil",
    ),
    "none wanted": (pool(None, 0, [VALID]), "done", "no nodes wanted", "", ""),
    "joining": (
        pool(3, 1, [VALID, no("Ready", "Minimum availability requires 3 replicas, current 1 available")]),
        *("waiting", "1 of 3 nodes", "current 1 available", ""),
    ),
    "machines": (
        pool(3, 1, [VALID, no("Ready"), no("AllMachinesReady", "2 of 3 machines")]),
        *("waiting", "1 of 3", "AllMachinesReady is False: 2 of 3 machines", ""),
    ),
    "joining for hours": (
        pool(3, 1, [VALID, no("Ready", "x", 91)]),
        "stuck",
        "1 of 3",
        "for 91 minutes",
        "consoles",
    ),
    "no ignition": (
        pool(3, 0, [VALID, no("Ready"), no("ReachedIgnitionEndpoint", "ignitionNotReached", 91)]),
        *("stuck", "0 of 3", "ignitionNotReached", "ignition server"),
    ),
    "updating": (
        pool(3, 3, [VALID, READY, condition("UpdatingVersion", True, "to 4.20.2")]),
        *("waiting", "3 of 3", "to 4.20.2", ""),
    ),
    "done": (pool(3, 3, [VALID, READY]), "done", "3 of 3 nodes, 4.20.1", "", ""),
    "fewer": (pool(1, 3, [VALID, READY]), "waiting", "3 of 1 nodes", "2 nodes to leave", ""),
}
CLUSTERS = {
    "new": (
        cluster(0, None),
        "waiting",
        "control plane",
        "0 of 5 are so; it waits: no InfrastructureReady",
        "",
    ),
    "infrastructure": (
        cluster(0, "Partial", [no("InfrastructureReady", "LB pending", 31)]),
        *("stuck", "control plane", "LB pending for 31 minutes", "MetalLB"),
    ),
    "etcd": (
        cluster(1, "Partial", [no("EtcdAvailable", "quorum")]),
        "waiting",
        "control",
        "1 of 5 are so",
        "",
    ),
    "etcd stuck": (
        cluster(1, "Partial", [no("EtcdAvailable", "quorum", 40)]),
        "stuck",
        "control",
        "quorum",
        "volumes of etcd",
    ),
    "api": (cluster(2, "Partial"), "waiting", "control", "2 of 5 are so; it waits: no KubeAPIServer", ""),
    "ignition": (cluster(3, "Partial"), "waiting", "control", "3 of 5", ""),
    "available soon": (cluster(4, "Partial"), "waiting", "control", "4 of 5", ""),
    "rolling out": (
        cluster(5, "Partial", [condition("ClusterVersionProgressing", True, "Unable to apply: 3 operators")]),
        *("waiting", "4.20.1, Partial", "3 operators", ""),
    ),
    "rolling out for hours": (
        cluster(5, "Partial", started=91, minutes=200),
        "stuck",
        "4.20.1, Partial",
        "for 91 minutes",
        "clusteroperators",
    ),
    "failing": (
        cluster(5, "Partial", [condition("ClusterVersionFailing", True, "ingress", 100)]),
        *("stuck", "Partial", "ClusterVersionFailing is True: ingress", "clusteroperators"),
    ),
    "degraded": (
        cluster(5, "Completed", [condition("Degraded", True, "1 unavailable replica")]),
        *("waiting", "Completed", "1 unavailable replica", ""),
    ),
    "done": (cluster(), "done", "4.20.1", "", ""),
    "not begun": (cluster(5, None), "waiting", "its release, not begun", "operators", ""),
    "paused": (
        cluster(0, None, [no("ReconciliationActive", "paused")]),
        "failed",
        "paused",
        "paused",
        "pausedUntil",
    ),
    "leaving": (cluster(deletionTimestamp=ago(5)), "waiting", "leaving", "removed", ""),
    "leaving for hours": (
        cluster(deletionTimestamp=ago(61), minutes=99),
        "stuck",
        "leaving",
        "for 61",
        "pods",
    ),
    **{
        kind: (cluster(0, None, [no(kind, "bad input")]), "failed", "control plane", "bad input", "")
        for kind in (
            *("ValidConfiguration", "SupportedHostedCluster", "ValidReleaseImage", "ValidReleaseInfo"),
            *("ValidHostedControlPlaneConfiguration", "ReconciliationSucceeded", "ExternalDNSReachable"),
            *("IgnitionServerValidReleaseInfo", "PlatformCredentialsFound"),
        )
    },
}
EVERY = {
    f"{table}: {name}": case
    for table, cases in (("host", HOSTS), ("agent", AGENTS), ("pool", POOLS), ("cluster", CLUSTERS))
    for name, case in cases.items()
}


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
        ([cluster(1, "Partial"), bmh("registering", **_ERROR)], ExitCode.HOST),
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
