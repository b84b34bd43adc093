"""The hosts of a hosted cluster: an InfraEnv, whose image they boot, a BareMetalHost and a Secret each.

Source: openshift/assisted-service at 063b257, ``docs/hive-integration/README.md`` ("Bare Metal Operator
Integration") and ``api/v1beta1/infraenv_types.go``; metal3-io/baremetal-operator at 02aa505,
``apis/metal3.io/v1alpha1/baremetalhost_types.go``.
"""

from __future__ import annotations

from bootstrap.cluster.given import Given
from bootstrap.cluster.hosted.objects import Object, named, pull_secret_name, secret
from bootstrap.cluster.hosted.spec import Host, HostedCluster
from bootstrap.cluster.mirror_forms import registries_conf_text
from bootstrap.cluster.trust import trust_bundle

INFRA_ENV_LABEL = "infraenvs.agent-install.openshift.io"
_BMAC = "bmac.agent-install.openshift.io"
# The words of assisted-service for Go's.
_ARCHITECTURES = {"amd64": "x86_64", "arm64": "arm64", "ppc64le": "ppc64le"}


def infra_env(spec: HostedCluster) -> Object:
    """Return the InfraEnv, in the namespace of the control plane; it has the cluster's name."""
    body: Object = {
        "pullSecretRef": {"name": pull_secret_name(spec)},
        "sshAuthorizedKey": spec.ssh_key,
        "cpuArchitecture": _ARCHITECTURES[spec.architecture],
    }
    if spec.ntp:
        body["additionalNTPSources"] = list(spec.ntp)
    if spec.has_own_mirrors:
        body["mirrorRegistryRef"] = {"name": _mirrors_name(spec), "namespace": spec.control_plane_namespace}
    head = named("agent-install.openshift.io/v1beta1", "InfraEnv", spec.name, spec.control_plane_namespace)
    return {**head, "spec": body}


def own_mirrors(spec: HostedCluster, given: Given) -> list[Object]:
    """Return the ConfigMap of the InfraEnv's own mirrors, where it has some."""
    if not spec.has_own_mirrors:
        return []
    data = {
        "registries.conf": registries_conf_text(given.mirrors, assisted=True),
        "ca-bundle.crt": trust_bundle(given.trust),
    }
    return [{**named("v1", "ConfigMap", _mirrors_name(spec), spec.control_plane_namespace), "data": data}]


def credentials(spec: HostedCluster, host: Host) -> Object:
    """Return the Secret of a host's controller."""
    data = {"username": host.bmc.username.encode(), "password": host.bmc.password.encode()}
    return secret(_secret_name(spec, host), spec.control_plane_namespace, "Opaque", data)


def bare_metal_host(spec: HostedCluster, host: Host) -> Object:
    """Return the BareMetalHost.

    The Assisted Service looks at the hardware, and metal3 neither inspects nor cleans it.
    """
    body: Object = {
        "online": True,
        "automatedCleaningMode": "disabled",
        "bootMACAddress": host.boot_mac,
        "bmc": {
            "address": host.bmc.address,
            "credentialsName": _secret_name(spec, host),
            "disableCertificateVerification": not host.bmc.is_verified,
        },
    }
    if host.boot_mode is not None:
        body["bootMode"] = host.boot_mode
    if host.disk is not None:
        body["rootDeviceHints"] = {"deviceName": host.disk}
    head = named(
        "metal3.io/v1alpha1",
        "BareMetalHost",
        f"{spec.name}-{host.name}",
        spec.control_plane_namespace,
        labels={INFRA_ENV_LABEL: spec.name},
        annotations={
            f"{_BMAC}/hostname": host.name,
            f"{_BMAC}/role": "worker",
            "inspect.metal3.io": "disabled",
        },
    )
    return {**head, "spec": body}


def _secret_name(spec: HostedCluster, host: Host) -> str:
    return f"{spec.name}-{host.name}-bmc-secret"


def _mirrors_name(spec: HostedCluster) -> str:
    return f"{spec.name}-mirrors"
