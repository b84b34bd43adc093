"""The hosted cluster itself: namespaces, what it is configured by, HostedCluster, NodePool.

Source: openshift/hypershift at 3ee9615, ``api/hypershift/v1beta1`` (``hostedcluster_types.go``,
``nodepool_types.go``): fields, and the keys that it wants in Secrets and ConfigMaps.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from bootstrap.cluster.given import Given, MirroredRelease
from bootstrap.cluster.hosted.catalog_placement import operator_hub
from bootstrap.cluster.hosted.spec import HostedCluster
from bootstrap.cluster.hosted.values import Network
from bootstrap.cluster.mirror_forms import hosted_cluster_sources
from bootstrap.cluster.pull_secret_files import secret as pull_secret
from bootstrap.cluster.trust import trust_bundle

Object = dict[str, Any]

TRUST = "user-ca-bundle"
_SERVICES = ("APIServer", "OAuthServer", "Konnectivity", "Ignition")


def named(
    api_version: str, kind: str, name: str, namespace: str | None, **metadata: Mapping[str, str]
) -> Object:
    """Return the head of an object."""
    place = {} if namespace is None else {"namespace": namespace}
    kept = {key: value for key, value in metadata.items() if value}
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, **place, **kept}}


def secret(name: str, namespace: str, kind: str, data: Mapping[str, bytes]) -> Object:
    """Return a Secret of type ``kind``."""
    encoded = {key: base64.b64encode(value).decode() for key, value in data.items()}
    return {**named("v1", "Secret", name, namespace), "type": kind, "data": encoded}


def pull_secret_name(spec: HostedCluster) -> str:
    """Return what the pull secret is called, in both namespaces."""
    return f"{spec.name}-pull-secret"


def namespaces(spec: HostedCluster) -> list[Object]:
    """Return the namespace of the HostedCluster, and that of its control plane, where its hosts are."""
    return [
        named("v1", "Namespace", name, None)
        for name in dict.fromkeys((spec.namespace, spec.control_plane_namespace))
    ]


def configuration(spec: HostedCluster, given: Given, pull: str, etcd_key: bytes) -> list[Object]:
    """Return the ConfigMap and the Secrets that HostedCluster and InfraEnv refer to.

    Args:
        spec: What the user wants.
        given: What site and ledger know.
        pull: The pull secret, as :func:`~bootstrap.cluster.pull_secret_files.for_clusters` returns it.
        etcd_key: 32 bytes.
    """
    name, spaces = pull_secret_name(spec), (spec.namespace, spec.control_plane_namespace)
    trust = {"ca-bundle.crt": trust_bundle(given.trust)}
    return [
        {**named("v1", "ConfigMap", TRUST, spec.namespace), "data": trust},
        *(pull_secret(pull, namespace=each, name=name) for each in spaces),
        secret(
            f"sshkey-cluster-{spec.name}",
            spec.namespace,
            "Opaque",
            {"id_rsa.pub": f"{spec.ssh_key}\n".encode()},
        ),
        secret(f"{spec.name}-etcd-encryption-key", spec.namespace, "Opaque", {"key": etcd_key}),
    ]


def role(spec: HostedCluster) -> Object:
    """Return the Role that HyperShift of today makes by itself, no wider than its."""
    return {
        **named("rbac.authorization.k8s.io/v1", "Role", "capi-provider-role", spec.control_plane_namespace),
        "rules": [
            {
                "apiGroups": ["agent-install.openshift.io"],
                "resources": ["agents"],
                "verbs": ["get", "list", "watch", "update", "patch"],
            }
        ],
    }


def hosted_cluster(
    spec: HostedCluster, given: Given, release: MirroredRelease, annotations: Mapping[str, str]
) -> Object:
    """Return the HostedCluster; what it refers to is in :func:`configuration`."""
    plane, network = spec.control_plane, spec.networking
    volume = {"size": plane.etcd_size}
    if plane.storage_class is not None:
        volume["storageClassName"] = plane.storage_class
    body: Object = {
        "release": {"image": release.at(given.registries[0])},
        "pullSecret": {"name": pull_secret_name(spec)},
        "sshKey": {"name": f"sshkey-cluster-{spec.name}"},
        "additionalTrustBundle": {"name": TRUST},
        "imageContentSources": hosted_cluster_sources(given.mirrors),
        "controllerAvailabilityPolicy": plane.availability,
        "infrastructureAvailabilityPolicy": plane.availability,
        "dns": {"baseDomain": spec.base_domain},
        "etcd": {
            "managementType": "Managed",
            "managed": {"storage": {"type": "PersistentVolume", "persistentVolume": volume}},
        },
        "fips": plane.fips,
        "networking": {
            "networkType": "OVNKubernetes",
            "clusterNetwork": _cidrs(network.cluster),
            "serviceNetwork": _cidrs(network.service),
        },
        "olmCatalogPlacement": spec.placement,
        "platform": {"type": "Agent", "agent": {"agentNamespace": spec.control_plane_namespace}},
        "secretEncryption": {
            "type": "aescbc",
            "aescbc": {"activeKey": {"name": f"{spec.name}-etcd-encryption-key"}},
        },
        "services": [
            {"service": each, "servicePublishingStrategy": _strategy(spec, each)} for each in _SERVICES
        ],
    }
    if network.machine:
        body["networking"]["machineNetwork"] = _cidrs(network.machine)
    if spec.placement == "guest":
        body["configuration"] = {"operatorhub": operator_hub()}
    head = named(
        "hypershift.openshift.io/v1beta1",
        "HostedCluster",
        spec.name,
        spec.namespace,
        annotations=dict(sorted(annotations.items())),
    )
    return {**head, "spec": body}


def node_pool(spec: HostedCluster, given: Given, release: MirroredRelease) -> Object:
    """Return the NodePool, without a number of nodes: that is for :func:`scale`."""
    return {
        **named("hypershift.openshift.io/v1beta1", "NodePool", spec.name, spec.namespace),
        "spec": {
            "clusterName": spec.name,
            "arch": spec.architecture,
            "release": {"image": release.at(given.registries[0])},
            # Not left out: without it the API server takes no other architecture than amd64.
            "platform": {"type": "Agent", "agent": {}},
            "management": {"upgradeType": spec.upgrade, "autoRepair": spec.repairs},
        },
    }


def scale(spec: HostedCluster, replicas: int) -> Object:
    """Return what a server-side apply of its own sets of the NodePool: the number of nodes."""
    return {
        **named("hypershift.openshift.io/v1beta1", "NodePool", spec.name, spec.namespace),
        "spec": {"replicas": replicas},
    }


def _strategy(spec: HostedCluster, service: str) -> Object:
    """Return how ``service`` is reached.

    Source: openshift/hypershift, ``cmd/cluster/core``: ``GetIngressServicePublishingStrategyMapping`` and
    ``GetServicePublishingStrategyMappingByAPIServerAddress``.
    """
    if spec.publishing.kind == "NodePort":
        return {"type": "NodePort", "nodePort": {"address": spec.publishing.address}}
    return {"type": "LoadBalancer" if service == "APIServer" else "Route"}


def _cidrs(networks: Sequence[Network]) -> list[dict[str, str]]:
    return [{"cidr": str(each)} for each in networks]
