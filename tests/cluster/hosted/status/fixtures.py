"""Objects as a management cluster prints them, at any stage; the real CRDs accept them."""

import datetime as dt

NOW = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
PLANE = "clusters-hosted"


def ago(minutes):
    return (NOW - dt.timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def head(api_version, kind, name, namespace, minutes, **metadata):
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace, "creationTimestamp": ago(minutes), **metadata},
    }


def condition(kind, status, message="", minutes=5, reason="AsExpected"):
    return {
        "type": kind,
        "status": status if isinstance(status, str) else str(status),
        "message": message,
        "reason": reason,
        "lastTransitionTime": ago(minutes),
    }


def bmh(state, minutes=5, name="hosted-worker0", annotations=None, **status):
    found = head("metal3.io/v1alpha1", "BareMetalHost", name, PLANE, minutes, annotations=annotations or {})
    found["spec"] = {"online": True, "bmc": {"address": "a", "credentialsName": "b"}}
    if state is not None:
        found["status"] = {
            "errorCount": 0,
            "errorMessage": "",
            "operationalStatus": "OK",
            "poweredOn": True,
            "provisioningFailCount": 0,
            "lastUpdated": ago(minutes),
            "provisioning": {"ID": "1", "state": state},
            **status,
        }
    return found


def agent(
    state, minutes=5, name="a1", host="hosted-worker0", approved=True, conditions=(), info="", **status
):
    found = head(
        "agent-install.openshift.io/v1beta1",
        "Agent",
        name,
        PLANE,
        minutes,
        labels={"agent-install.openshift.io/bmh": host},
    )
    found["spec"] = {"approved": approved, "role": "worker"}
    found["status"] = {
        "conditions": [condition("Connected", True, minutes=minutes), *conditions],
        "debugInfo": {"state": state, "stateInfo": info},
        **status,
    }
    return found


def progress(stage, percent, minutes=5):
    return {
        "progress": {
            "currentStage": stage,
            "installationPercentage": percent,
            "stageStartTime": ago(minutes),
            "stageUpdateTime": ago(minutes),
        }
    }


def pool(replicas, have, conditions=(), minutes=5, version="4.20.1"):
    found = head("hypershift.openshift.io/v1beta1", "NodePool", "hosted", "clusters", minutes)
    found["spec"] = {
        "clusterName": "hosted",
        "management": {"upgradeType": "InPlace"},
        "platform": {"type": "Agent"},
        "release": {"image": "registry.example.com:5000/r@sha256:" + "a" * 64},
    }
    if replicas is not None:
        found["spec"]["replicas"] = replicas
    found["status"] = {"replicas": have, "version": version, "conditions": list(conditions)}
    return found


VALID = condition("ValidGeneratedPayload", True)
UP = (
    "InfrastructureReady",
    "EtcdAvailable",
    "KubeAPIServerAvailable",
    "IgnitionEndpointAvailable",
    "Available",
)


def cluster(up=5, state="Completed", conditions=(), minutes=5, started=5, **metadata):
    """A HostedCluster whose first ``up`` steps are done."""
    found = head(
        "hypershift.openshift.io/v1beta1", "HostedCluster", "hosted", "clusters", minutes, **metadata
    )
    found["spec"] = {"platform": {"type": "Agent", "agent": {"agentNamespace": PLANE}}}
    named = {each["type"] for each in conditions}
    history = {
        "completionTime": ago(1) if state == "Completed" else None,
        "image": "i",
        "startedTime": ago(started),
        "state": state,
        "verified": False,
        "version": "4.20.1",
    }
    found["status"] = {
        "conditions": [*(condition(each, True) for each in UP[:up] if each not in named), *conditions],
        "version": {
            "availableUpdates": None,
            "desired": {"image": "i", "version": "4.20.1"},
            "observedGeneration": 1,
            "history": [history] if state else [],
        },
    }
    return found
