"""The objects of an upgrade with pre-caching, for the hub.

Source: Topology Aware Lifecycle Manager at dacf199, ``samples/upgrade-policy.yaml``, ``samples/precache``,
``controllers/policy.go`` (policies that are enforced are passed over) and ``controllers/precache.go``;
open-cluster-management-io/api, ``cluster/v1beta1`` (``Placement``), ``cluster/v1beta2``
(``ManagedClusterSetBinding``); governance-policy-propagator, ``api/v1`` (``PlacementBinding``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bootstrap.cluster.given import MirroredRelease
from bootstrap.precache.talm.space import text_of
from bootstrap.precache.talm.spec import Upgrade

Object = dict[str, Any]

_POLICY = "policy.open-cluster-management.io"
_CLUSTER = "cluster.open-cluster-management.io"
MARKETPLACE = "openshift-marketplace"
MOST_NAME = 62  # of a policy and its namespace together: the replicated policy is called by both


def platform_objects(
    release: MirroredRelease, upgrade: Upgrade, channel: str, signature: str | None
) -> list[Object]:
    """Return what a policy makes of a cluster to update it: the release's signature, and the ClusterVersion.

    The release is named at its source: mirror sets lead it to every registry of the site, and it is the name
    that the update service and the signature know it by. It is by digest, so that nothing has to be asked.

    Args:
        release: To update to.
        upgrade: Its names.
        channel: Of the ClusterVersion.
        signature: Of the release, base64; None where there is none.
    """
    update = {"version": release.version, "image": release.source}
    upstream = {"upstream": upgrade.upstream} if upgrade.upstream else {}
    found: list[Object] = []
    if signature is not None:
        found.append(
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {
                    "name": "mirrored-release-signatures",
                    "namespace": "openshift-config-managed",
                    "labels": {"release.openshift.io/verification-signatures": ""},
                },
                "binaryData": {f"{release.digest.replace(':', '-')}-1": signature},
            }
        )
    found.append(
        {
            "apiVersion": "config.openshift.io/v1",
            "kind": "ClusterVersion",
            "metadata": {"name": "version"},
            "spec": {"channel": channel, **upstream, "desiredUpdate": update},
            # Without it the policy would be complied with as soon as the update begins.
            "status": {"history": [{"state": "Completed", "version": release.version}]},
        }
    )
    return found


def catalog_objects(sources: Sequence[Mapping[str, Any]]) -> list[Object]:
    """Return the CatalogSources, and that they are to be in use."""
    ready = {"connectionState": {"lastObservedState": "READY"}}
    return [{**each, "status": ready} for each in sources]


def subscription(name: str, namespace: str, package: str, channel: str, source: str) -> Object:
    """Return a Subscription; how its install plans are approved stays as it is."""
    return {
        "apiVersion": "operators.coreos.com/v1alpha1",
        "kind": "Subscription",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "channel": channel,
            "name": package,
            "source": source,
            "sourceNamespace": MARKETPLACE,
        },
        "status": {"state": "AtLatestKnown"},  # else the policy is complied with before anything is installed
    }


def policy(name: str, namespace: str, objects: Sequence[Mapping[str, Any]]) -> Object:
    """Return a policy that only looks: the operator makes copies of it that act, cluster by cluster."""
    templates = [{"complianceType": "musthave", "objectDefinition": dict(each)} for each in objects]
    configuration = {
        "apiVersion": f"{_POLICY}/v1",
        "kind": "ConfigurationPolicy",
        "metadata": {"name": name},
        "spec": {"remediationAction": "inform", "severity": "low", "object-templates": templates},
    }
    return {
        "apiVersion": f"{_POLICY}/v1",
        "kind": "Policy",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "annotations": {
                f"{_POLICY}/standards": "NIST SP 800-53",
                f"{_POLICY}/categories": "CM Configuration Management",
                f"{_POLICY}/controls": "CM-2 Baseline Configuration",
            },
        },
        "spec": {
            "disabled": False,
            "remediationAction": "inform",
            "policy-templates": [{"objectDefinition": configuration}],
        },
    }


def namespace_objects(upgrade: Upgrade) -> list[Object]:
    """Return the namespace, and what lets a Placement in it choose among the clusters of a set."""
    name, namespace = upgrade.cluster_set, upgrade.namespace
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
        {
            "apiVersion": f"{_CLUSTER}/v1beta2",
            "kind": "ManagedClusterSetBinding",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"clusterSet": name},
        },
    ]


def placement_objects(upgrade: Upgrade, policies: Sequence[str]) -> list[Object]:
    """Return what binds the policies to the clusters, those that cannot be reached just now among them."""
    selectors: list[Object] = [{"matchLabels": dict(each)} for each in upgrade.selectors]
    if upgrade.clusters:
        names = {"key": "name", "operator": "In", "values": list(upgrade.clusters)}
        selectors.insert(0, {"matchExpressions": [names]})
    metadata = {"name": upgrade.name, "namespace": upgrade.namespace}
    return [
        {
            "apiVersion": f"{_CLUSTER}/v1beta1",
            "kind": "Placement",
            "metadata": metadata,
            "spec": {
                "clusterSets": [upgrade.cluster_set],
                "predicates": [{"requiredClusterSelector": {"labelSelector": each}} for each in selectors],
                "tolerations": [
                    {"key": f"{_CLUSTER}/{state}", "operator": "Exists"}
                    for state in ("unavailable", "unreachable")
                ],
            },
        },
        {
            "apiVersion": f"{_POLICY}/v1",
            "kind": "PlacementBinding",
            "metadata": metadata,
            "placementRef": {"apiGroup": _CLUSTER, "kind": "Placement", "name": upgrade.name},
            "subjects": [{"apiGroup": _POLICY, "kind": "Policy", "name": each} for each in policies],
        },
    ]


def pre_caching_config(
    upgrade: Upgrade, channels: Mapping[str, str], additional: Sequence[str], space_gib: int
) -> Object:
    """Return the PreCachingConfig; the fields that the operator ignores since July 2026 are not written.

    The job reads its list of additional images line by line, and passes over a last one without an end of
    line, which is what the operator has made of the last one since f1f86fc91; so the last one is there twice.
    """
    spec: Object = {"spaceRequired": text_of(space_gib)}
    if channels:
        packages = [f"{package}:{channel}" for package, channel in channels.items()]
        spec["overrides"] = {"operatorsPackagesAndChannels": packages}
    if upgrade.exclude:
        spec["excludePrecachePatterns"] = list(upgrade.exclude)
    if additional:
        spec["additionalImages"] = [*additional, additional[-1]]
    return {
        "apiVersion": "ran.openshift.io/v1alpha1",
        "kind": "PreCachingConfig",
        "metadata": {"name": upgrade.name, "namespace": upgrade.namespace},
        "spec": spec,
    }


def cluster_group_upgrade(upgrade: Upgrade, policies: Sequence[str]) -> Object:
    """Return the ClusterGroupUpgrade: it pre-caches at once, and begins to upgrade when it is enabled."""
    strategy: Object = {
        "maxConcurrency": upgrade.max_concurrency,
        "timeout": upgrade.timeout_minutes,
    }
    if upgrade.canaries:
        strategy["canaries"] = list(upgrade.canaries)
    who: Object = {}
    if upgrade.clusters:
        who["clusters"] = list(upgrade.clusters)
    if upgrade.selectors:
        who["clusterLabelSelectors"] = [{"matchLabels": dict(each)} for each in upgrade.selectors]
    return {
        "apiVersion": "ran.openshift.io/v1alpha1",
        "kind": "ClusterGroupUpgrade",
        "metadata": {"name": upgrade.name, "namespace": upgrade.namespace},
        "spec": {
            **who,
            "enable": False,
            "preCaching": True,
            "preCachingConfigRef": {"name": upgrade.name, "namespace": upgrade.namespace},
            "managedPolicies": list(policies),
            "remediationStrategy": strategy,
        },
    }
