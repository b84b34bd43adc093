"""HostedCluster and NodePool, by their conditions.

Source: openshift/hypershift at 3ee9615, ``api/hypershift/v1beta1/hostedcluster_conditions.go`` and
``nodepool_conditions.go``: which of them somebody has to mend, and which come true by themselves.
"""

from __future__ import annotations

from bootstrap.cluster.hosted.status.seen import Look, Seen

# "A failure here is unlikely to resolve without changing the user's input", or needs somebody from outside.
_CLUSTER_NEEDS = (
    *("ValidConfiguration", "SupportedHostedCluster", "ValidReleaseImage", "ValidReleaseInfo"),
    *("ValidHostedControlPlaneConfiguration", "PlatformCredentialsFound", "ValidIDPConfiguration"),
    *("IgnitionServerValidReleaseInfo", "ExternalDNSReachable", "ReconciliationSucceeded"),
)
# What comes up one after the other.
_STEPS = (
    *("InfrastructureReady", "EtcdAvailable", "KubeAPIServerAvailable", "IgnitionEndpointAvailable"),
    "Available",
)
_STEP_MINUTES, _ROLLOUT_MINUTES, _POOL_MINUTES = 30, 90, 90
_CLUSTER_FIXES = {
    "ValidConfiguration": "correct the HostedCluster; what it refers to has to be in its namespace",
    "ValidReleaseImage": "see that pull secret and trust bundle are the mirror's, and the release is there",
    "ValidReleaseInfo": "mirror the release again: images that it lists are missing",
    "IgnitionServerValidReleaseInfo": "mirror the release again: images that it lists are missing",
    "ExternalDNSReachable": "make the cluster's names resolve: `resources dns`, `resources check-dns`",
    "InfrastructureReady": "see the load balancer: with MetalLB, whether a pool has a free address",
    "EtcdAvailable": "see the pods and volumes of etcd in the control plane's namespace",
    "KubeAPIServerAvailable": "see the pods of kube-apiserver in the control plane's namespace",
}
_CLUSTER_FIX = "see the conditions of the HostedCluster, and the pods in the control plane's namespace"
_SERVICE = "see `oc --kubeconfig KUBECONFIG get clusteroperators`; most of them need nodes"

_POOL_NEEDS = (
    *("ValidReleaseImage", "ValidPlatformImage", "ValidPlatformConfig", "ValidMachineConfig"),
    *("ValidTuningConfig", "ValidMachineTemplate", "ValidArchPlatform", "UpdateManagementEnabled"),
    "SupportedVersionSkew",
)
_POOL_FIX = "correct the NodePool"


def hosted_cluster(look: Look) -> Seen:
    """Return what is seen of a HostedCluster: done when it is up, and its release rolled out."""
    if look.text("metadata.deletionTimestamp"):
        left = look.text("metadata.deletionTimestamp")
        return look.waiting("leaving", "it waits for what it owns to be removed", _CLUSTER_FIX, left, 60)
    paused = _paused(look)
    if paused is not None:
        return paused
    refused = look.denied(_CLUSTER_NEEDS)
    if refused is not None:
        fix = _CLUSTER_FIXES.get(refused.kind, _CLUSTER_FIX)
        return look.failed("control plane", refused.why, fix, refused.since)
    for number, kind in enumerate(_STEPS):
        if not look.is_so(kind):
            found = look.condition(kind)
            why = f"{number} of {len(_STEPS)} are so; it waits: " + (found.why if found else f"no {kind} yet")
            fix = _CLUSTER_FIXES.get(kind, _CLUSTER_FIX)
            since = found.since if found else None
            return look.waiting("control plane", why, fix, since, _STEP_MINUTES)
    return _rollout(look)


def _rollout(look: Look) -> Seen:
    history = look.at("status.version.history") or [{}]
    version, state = str(history[0].get("version") or "its release"), history[0].get("state")
    if state == "Completed" and not look.is_so("Degraded"):
        return look.done(version)
    stage, since = f"{version}, {state or 'not begun'}", str(history[0].get("startedTime") or "") or None
    found = (
        look.condition("Degraded") if look.is_so("Degraded") else look.condition("ClusterVersionProgressing")
    )
    failing = look.condition("ClusterVersionFailing")
    if failing is not None and failing.status == "True":
        found = failing
    if found is not None and found.kind != "ClusterVersionProgressing":
        since = found.since or since
    why = "it waits: " + (found.why if found else "its operators are not all there")
    return look.waiting(stage, why, _SERVICE, since, _ROLLOUT_MINUTES)


def node_pool(look: Look, agents: int | None) -> Seen:
    """Return what is seen of a NodePool: done when as many nodes are ready as are wanted, on its release.

    Args:
        look: At it.
        agents: Agents that it has or could have; None when nobody asked for them.
    """
    paused = _paused(look)
    if paused is not None:
        return paused
    wanted, have = look.at("spec.replicas"), look.at("status.replicas") or 0
    least = look.at("spec.autoScaling.min")
    count = wanted if isinstance(wanted, int) else least if isinstance(least, int) else 0
    stage = f"{have} of {count} nodes"
    refused = look.denied(_POOL_NEEDS)
    if refused is not None:
        fix = _CLUSTER_FIXES["ValidReleaseImage"] if refused.kind == "ValidReleaseImage" else _POOL_FIX
        return look.failed(stage, refused.why, fix, refused.since)
    if look.is_so("ClusterNetworkCIDRConflict"):
        conflict = look.condition("ClusterNetworkCIDRConflict")
        assert conflict is not None
        fix = "make the cluster again with other networks; they cannot be changed"
        return look.failed(stage, conflict.why, fix, conflict.since)
    payload = look.condition("ValidGeneratedPayload")
    if payload is None or payload.status != "True":
        why = "it waits: " + (payload.why if payload else "no ValidGeneratedPayload yet")
        return look.waiting(stage, why, _CLUSTER_FIX, payload.since if payload else None, _STEP_MINUTES)
    for kind in ("UpdatingVersion", "UpdatingConfig", "UpdatingPlatformMachineTemplate"):
        found = look.condition(kind)
        if found is not None and found.status == "True":
            return look.waiting(stage, f"it waits: {found.why}", _POOL_FIX, found.since, _POOL_MINUTES)
    return _nodes(look, stage, count, have, agents)


def _nodes(look: Look, stage: str, count: int, have: int, agents: int | None) -> Seen:
    if count == 0 and have == 0:
        return look.done("no nodes wanted")
    if agents is not None and agents < count:
        why = f"{count} nodes are wanted, and there are {agents} agents that are well and approved"
        fix = "add hosts, or mend those that are not well, or scale to fewer"
        return look.failed(stage, why, fix)
    ready = look.condition("Ready")
    if have == count and ready is not None and ready.status == "True":
        return look.done(f"{stage}, {look.text('status.version')}".rstrip(", "))
    since = ready.since if ready else None
    reached = look.condition("ReachedIgnitionEndpoint")
    if reached is not None and reached.status == "False":
        fix = "see that the hosts reach the ignition server by its name, and trust its certificate"
        return look.waiting(stage, f"it waits: {reached.why}", fix, reached.since, _POOL_MINUTES)
    found = look.denied(("AllMachinesReady", "AllNodesHealthy")) or ready
    why = "it waits: " + (found.why if found else "no Ready yet")
    if have > count:
        why = f"it waits for {have - count} nodes to leave"
    return look.waiting(stage, why, "see the Agents, and their consoles", since, _POOL_MINUTES)


def _paused(look: Look) -> Seen | None:
    found = look.denied(("ReconciliationActive",))
    if found is None:
        return None
    return look.failed("paused", found.why, "take spec.pausedUntil away", found.since)
