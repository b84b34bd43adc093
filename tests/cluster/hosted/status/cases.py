"""Objects of every stage, stuck and failed ones included, and what is to be said of each."""

from tests.cluster.hosted.status.fixtures import (
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
ERROR = {"operationalStatus": "error", "errorType": "registration error", "errorMessage": "401 from the BMC"}
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
    "bad password": (bmh("registering", **ERROR), "failed", "registering", "401 from the BMC", "the Secret"),
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
        bmh("provisioning", **{**ERROR, "errorType": "provisioning error"}),
        *("failed", "provisioning", "provisioning error: 401", "virtual media"),
    ),
    "power": (
        bmh("provisioned", **{**ERROR, "errorType": "power management error"}),
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
