"""ClusterGroupUpgrades as TALM of either generation tells them."""

import datetime as dt

from bootstrap.precache.talm.status.states import State

NOW = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)
DIGEST = "sha256:" + "5" * 64
IMAGE = f"quay.io/openshift-release-dev/ocp-release@{DIGEST}"
FINAL = (State.SUCCEEDED, State.TIMEOUT, State.ERROR)


def condition(kind, status, reason, message="", minutes=10):
    since = (NOW - dt.timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
    said = {"type": kind, "status": status, "reason": reason, "message": message}
    return {**said, "lastTransitionTime": since}


def verdict(states, minutes=10):
    """Return the condition of current TALM, by its own count (``checkAllPrecachingDone``)."""
    done = sum(state == "Succeeded" for state in states.values())
    moving = sum(state in ("Active", "Starting", "PreparingToStart") for state in states.values())
    failed = len(states) - done - moving
    said = "Precaching in progress", "False", "InProgress"
    if done == len(states):
        said = "Precaching is completed for all clusters", "True", "PrecachingCompleted"
    elif failed == len(states):
        said = "Precaching failed for all clusters", "False", "Failed"
    elif not moving:
        said = f"Precaching failed for {failed} clusters", "True", "PartiallyDone"
    return condition("PrecachingSuceeded", said[1], said[2], said[0], minutes)


def newer(states, *more, minutes=10):
    """Return the conditions since 4.12."""
    valid = condition("PrecacheSpecValid", "True", "PrecacheSpecIsWellFormed")
    selected = condition("ClustersSelected", "True", "ClusterSelectionCompleted")
    return [selected, valid, verdict(states, minutes), *more]


def older(states, *_more, minutes=10):
    """Return the conditions of 4.10 and 4.11."""
    if all(state == "Succeeded" for state in states.values()):
        ready = condition("Ready", "False", "UpgradeNotStarted", "Precaching is completed")
        return [ready, condition("PrecachingDone", "True", "PrecachingCompleted", minutes=minutes)]
    return [
        condition("Ready", "False", "PrecachingRequired", "Precaching is not completed (required)"),
        condition("PrecachingDone", "False", "PrecachingNotDone", minutes=minutes),
        condition("PrecacheSpecValid", "True", "PrecacheSpecIsWellFormed"),
    ]


GENERATIONS = {"older": older, "newer": newer}


def cgu(states=None, conditions=None, *, image=IMAGE, plan=None, name="du", **spec):
    """Return one as ``oc get cgu NAME -o json`` prints it; ``states`` by cluster, None before any is."""
    found = {"conditions": newer(states) if conditions is None and states else conditions or []}
    if states is not None:
        found["precaching"] = {
            "spec": {"platformImage": image, "spaceRequired": "35"},
            "status": dict(states),
        }
    if plan is not None:
        found["remediationPlan"] = plan
    given = {
        "clusters": list(states or {"a": 0}),
        "preCaching": True,
        "enable": False,
        "managedPolicies": ["du-upgrade"],
        "remediationStrategy": {"maxConcurrency": 2, "timeout": 240},
        **spec,
    }
    return {
        "apiVersion": "ran.openshift.io/v1alpha1",
        "kind": "ClusterGroupUpgrade",
        "metadata": {"name": name, "namespace": "ztp"},
        "spec": given,
        "status": found,
    }
