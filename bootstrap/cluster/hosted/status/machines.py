"""BareMetalHost and Agent: from a controller that answers to a node that has joined.

Source: metal3-io/baremetal-operator at 02aa505, ``apis/metal3.io/v1alpha1/baremetalhost_types.go``
(``ProvisioningState``, ``ErrorType``, ``OperationalStatus``); openshift/assisted-service at 063b257,
``models/host.go`` (``Status``), ``docs/hive-integration/kube-api-conditions.md``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from bootstrap.cluster.hosted.status.seen import Look, Seen

BMH_LABEL = "agent-install.openshift.io/bmh"
_PAUSED = "baremetalhost.metal3.io/paused"
_MOST_NAMED = 5  # validations that one message lists

_SEEN_MINUTES, _ANSWER_MINUTES, _STAGE_MINUTES = 10, 30, 60
_WATCH = (
    "oc patch provisioning provisioning-configuration --type merge -p "
    '\'{"spec":{"watchAllNamespaces":true}}\''
)
# What a host waits for in each state, and for how many minutes that is fine.
_ON_THE_WAY = {
    "unmanaged": ("its controller's address and credentials", 10),
    "registering": ("its controller to answer", 15),
    "match profile": ("its profile", 10),
    "inspecting": ("its hardware to be looked at", 40),
    "preparing": ("its settings", 40),
    "ready": ("the discovery image of its InfraEnv", 30),
    "available": ("the discovery image of its InfraEnv", 30),
    "provisioning": ("it to boot the discovery image", 60),
    "deprovisioning": ("it to be taken down", 60),
    "powering off before delete": ("it to be switched off, and removed", 30),
    "deleting": ("it to be removed", 30),
}
_DONE = ("provisioned", "externally provisioned")
_CONTROLLER = (
    "see that the address in spec.bmc.address answers from the management cluster, that its certificate is "
    "trusted, and that the Secret has its user and password"
)
_FIXES = {
    "registration error": _CONTROLLER,
    "provisioned registration error": _CONTROLLER,
    "power management error": _CONTROLLER,
    "inspection error": "see the console of the host: it has to boot from virtual media",
    "preparation error": "see the host's firmware and RAID settings",
    "provisioning error": (
        "see that the controller reaches the image server of the Assisted Service, and that the host boots "
        "from virtual media"
    ),
    "servicing error": "see the host's firmware settings",
}

_UNBOUND = "-unbound"
_JOINED = ("added-to-existing-cluster", "installed")
_AGENT_WAITS = {
    "discovering": "its hardware to be looked at",
    "known": "the installation to begin",
    "binding": "it to be bound to the cluster",
    "unbinding": "it to be taken out of the cluster",
    "preparing-for-installation": "the installation to begin",
    "preparing-successful": "the installation to begin",
    "installing": "the installation",
    "installing-in-progress": "the installation",
    "resetting": "it to be reset",
    "reclaiming": "it to be reset",
    "reclaiming-rebooting": "it to boot the discovery image again",
}
_AGENT_FAILS = {
    "error": "the installation failed",
    "cancelled": "the installation was cancelled",
    "preparing-failed": "the installation could not begin",
    "disabled": "it is disabled",
    "disconnected": "it does not report any more",
    "insufficient": "it does not meet the requirements",
    "pending-for-input": "it waits for something that somebody has to say",
    "installing-pending-user-action": "it booted something else than its disk",
    "resetting-pending-user-action": "it has to boot the discovery image again",
    "unbinding-pending-user-action": "it has to boot the discovery image again",
}
_AGENT_FIXES = {
    "disconnected": "see whether it is on, and reaches the Assisted Service",
    "insufficient": "give the host what is missing, and wait a minute",
    "pending-for-input": "set what is missing in the Agent's spec",
    "installing-pending-user-action": "make it boot from its installation disk",
    "resetting-pending-user-action": "boot it from the InfraEnv's discovery image",
    "unbinding-pending-user-action": "boot it from the InfraEnv's discovery image",
}
_AGENT_FIX = "see its events (status.debugInfo.eventsURL) and logs (logsURL)"


def bare_metal_host(look: Look, agents: frozenset[tuple[str, str]] | None) -> Seen:
    """Return what is seen of a BareMetalHost.

    Args:
        look: At it.
        agents: Namespace and name of the hosts that have an Agent; None when nobody asked for agents.
    """
    state, operational = look.text("status.provisioning.state"), look.text("status.operationalStatus")
    stage, since = state or "new", look.text("status.lastUpdated") or None
    annotations = look.at("metadata.annotations") or {}
    if _PAUSED in annotations:
        return look.failed(stage, f"it is paused by the annotation {_PAUSED}", f"remove {_PAUSED}", since)
    if operational == "error":
        kind = look.text("status.errorType")
        fix = _FIXES.get(kind, "see the events of the BareMetalHost")
        return look.failed(stage, f"{kind or 'an error'}: {look.text('status.errorMessage')}", fix, since)
    if not state:
        return look.waiting(stage, "it waits for metal3 to see it", _WATCH, since, _SEEN_MINUTES)
    key = (look.text("metadata.namespace"), look.text("metadata.name"))
    if state == "provisioning" and agents is not None and key in agents:
        # Where Ironic's own image comes first, a host is provisioned only when its node is installed:
        # openshift/ironic-agent-image, hardware_manager/ironic_coreos_install.py, start_assisted_install.
        return look.done("provisioning, its agent reports")
    if state in _ON_THE_WAY:
        what, minutes = _ON_THE_WAY[state]
        slow = " (metal3 has its hands full)" if operational == "delayed" else ""
        return look.waiting(stage, f"it waits for {what}{slow}", _fix_of(state), since, minutes)
    if state not in _DONE:
        return look.failed(
            stage, f"{state!r} is a state that is not known here", "use a newer version", since
        )
    if agents is not None and key not in agents:
        fix = "see its console: it has to have an address, and reach the Assisted Service by name"
        return look.waiting("booted", "it waits for its agent to report", fix, since, _ANSWER_MINUTES)
    return look.done(stage)


def _fix_of(state: str) -> str:
    if state in ("ready", "available"):
        return "see that its InfraEnv has an image (condition ImageCreated), and that its label names it"
    return _FIXES["provisioning error"] if state == "provisioning" else _CONTROLLER


def agent(look: Look) -> Seen:
    """Return what is seen of an Agent; one that is well and in no cluster is done: it is spare."""
    full = look.text("status.debugInfo.state")
    state, is_bound = full.removesuffix(_UNBOUND), not full.endswith(_UNBOUND)
    stage, since = _stage(look, full), _since(look)
    refused = look.denied(("SpecSynced",))
    if refused is not None:
        return look.failed(
            stage, refused.why, "correct what the Agent or its BareMetalHost says", refused.since
        )
    if state in _AGENT_FAILS:
        more = _failing(look) or look.text("status.debugInfo.stateInfo")
        why = _AGENT_FAILS[state] + (f": {more}" if more else "")
        return look.failed(stage, why, _AGENT_FIXES.get(state, _AGENT_FIX), since)
    if state in _JOINED:
        return look.done(stage)
    if state == "known" and look.at("spec.approved") is not True:
        name, namespace = look.text("metadata.name"), look.text("metadata.namespace")
        fix = f'oc patch agent {name} -n {namespace} --type merge -p \'{{"spec":{{"approved":true}}}}\''
        return look.failed(stage, "it is not approved", fix, since)
    if state == "known" and not is_bound:
        return look.done("spare")
    if state in _AGENT_WAITS:
        return look.waiting(stage, f"it waits for {_AGENT_WAITS[state]}", _AGENT_FIX, since, _STAGE_MINUTES)
    if not full:
        return look.waiting(stage, "it waits for the Assisted Service", _AGENT_FIX, since, _ANSWER_MINUTES)
    return look.failed(stage, f"{full!r} is a state that is not known here", "use a newer version", since)


def _stage(look: Look, state: str) -> str:
    stage, percent = (
        look.text("status.progress.currentStage"),
        look.at("status.progress.installationPercentage"),
    )
    if not stage:
        return state or "new"
    return f"{state}, {stage}" + (f" {percent} %" if isinstance(percent, int) and percent < 100 else "")


def _since(look: Look) -> str | None:
    """Return when it last moved: its stage, or any condition."""
    moved = [look.text("status.progress.stageUpdateTime"), look.text("status.progress.stageStartTime")]
    conditions = look.at("status.conditions") or ()
    moved += [str(each.get("lastTransitionTime") or "") for each in conditions if isinstance(each, Mapping)]
    return max(moved, default="") or None


def _failing(look: Look) -> str:
    """Return the validations that fail, by name; empty for none."""
    info = look.at("status.validationsInfo")
    if isinstance(info, str):
        try:
            info = json.loads(info)
        except ValueError:
            return ""
    groups = info.values() if isinstance(info, Mapping) else ()
    found = [
        f"{each.get('id')} ({each.get('message')})"
        for group in groups
        for each in group or ()
        if isinstance(each, Mapping) and each.get("status") in ("failure", "error")
    ]
    more = f", and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    return ", ".join(found[:_MOST_NAMED]) + more
