"""AgentServiceConfig and everything that it names, MultiClusterEngine, and an image set for each release.

Source: openshift/assisted-service at 063b257, ``api/v1beta1/agentserviceconfig_types.go`` and
``internal/controller/controllers/agentserviceconfig_controller.go`` (cluster-scoped and named ``agent``; a
ConfigMap that the annotation names and that is not there stops everything; the first key of the
``OSImageCACertRef`` is taken, so it has one); stolostron/backplane-operator ``docs/available-components.md``;
openshift/cluster-baremetal-operator ``api/v1alpha1/provisioning_types.go``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bootstrap.cluster.assisted.os_images import OsImage, OsImages, wanted
from bootstrap.cluster.assisted.storage import Storage
from bootstrap.cluster.given import Given, MirroredRelease
from bootstrap.cluster.mirror_files import custom_registries
from bootstrap.cluster.object_names import raise_unnameable
from bootstrap.cluster.take_away import TakeAway
from bootstrap.cluster.trust import certificates_of, trust_bundle
from bootstrap.errors import HostError, Problems
from bootstrap.tls.certificates import to_pem

NAMESPACE = "multicluster-engine"
_SETTINGS = "assisted-service-config"
_CA = "os-images-ca"
_ANNOTATION = "unsupported.agent-install.openshift.io/assisted-service-configmap"
_HUB = "local-cluster"  # the namespace of the hub itself, MultiClusterEngine's default
_COMPONENTS = ("assisted-service", "hypershift", "hypershift-local-hosting")

Object = dict[str, Any]


def assisted(
    given: Given, images: OsImages, storage: Storage | None = None, *, namespace: str = NAMESPACE
) -> TakeAway:
    """Return the files for a hub, in the order in which to apply them.

    Args:
        given: What the site knows.
        images: What its web server has.
        storage: Volumes of assisted-service.
        namespace: Of the multicluster engine operator, and so of assisted-service.

    Raises:
        ConfigError: (several as ``Problems``) A mirrored release has no boot image, a volume is too small, or
            there can be no namespace or storage class of that name.
        HostError: No release is mirrored.
    """
    volumes = storage or Storage()
    raise_unnameable(namespace=namespace, storage_class=volumes.storage_class or None)
    releases = given.releases
    if not releases:
        raise HostError(
            "cannot set up assisted-service",
            why="no release is mirrored, so there is nothing that hosts could install",
            fix="name one under mirror.platform in the image set, and run `bootstrap-registry mirror`",
        )
    os_images, missing = wanted(images.images, releases)
    too_small, notes = volumes.judged(len(os_images))
    if problems := [*missing, *too_small]:
        raise problems[0] if len(problems) == 1 else Problems(problems)
    maps = [custom_registries(given.mirrors, trust_bundle(given.trust), namespace), _settings(namespace)]
    if images.is_tls:
        maps.append(_config_map(_CA, namespace, {"ca-bundle.crt": _web_server_ca(given, images)}))
    by_file = {
        "01-multicluster-engine.yaml": [_multicluster_engine(namespace)],
        "02-provisioning.yaml": [_provisioning()],
        "03-config-maps.yaml": maps,
        "04-agent-service-config.yaml": [_agent_service_config(os_images, volumes, is_tls=images.is_tls)],
        "05-cluster-image-sets.yaml": [cluster_image_set(each) for each in releases],
        "06-hypershift-flags.yaml": [_hypershift_flags()],
    }
    return TakeAway.of_objects(by_file, (*notes, *_foreign(images.images, releases), *_STEPS))


_OPERATOR = (
    "The multicluster engine operator has to be there before 01, from the mirrored catalog; with Advanced "
    "Cluster Management, which has a MultiClusterEngine of its own, leave 01 out."
)
_ENGINE = (
    "After 01: oc wait multiclusterengine multiclusterengine --for=jsonpath='{.status.phase}'=Available "
    "--timeout=30m; the kinds of 04 and 05 and the namespace of 06 come with it."
)
_STEPS = (
    _OPERATOR,
    _ENGINE,
    "02 is for a hub on bare metal; apply it with --server-side, so that the rest of it stays as it is.",
    "After 04: oc wait agentserviceconfig agent --for=condition=DeploymentsHealthy --timeout=30m.",
)


def _multicluster_engine(namespace: str) -> Object:
    components = [{"name": name, "enabled": True} for name in _COMPONENTS]
    return {
        "apiVersion": "multicluster.openshift.io/v1",
        "kind": "MultiClusterEngine",
        "metadata": {"name": "multiclusterengine"},
        "spec": {"targetNamespace": namespace, "overrides": {"components": components}},
    }


def _provisioning() -> Object:
    """Return the one field that lets the bare metal operator look at hosts of all namespaces."""
    return {
        "apiVersion": "metal3.io/v1alpha1",
        "kind": "Provisioning",
        "metadata": {"name": "provisioning-configuration"},
        "spec": {"watchAllNamespaces": True},
    }


def _settings(namespace: str) -> Object:
    """Return assisted-service's environment: hosts boot the discovery ISO, with no other image before it."""
    return _config_map(_SETTINGS, namespace, {"ALLOW_CONVERGED_FLOW": "false"})


def _hypershift_flags() -> Object:
    """Return what keeps HyperShift's operator from waiting for telemetry, which a disconnected hub has not.

    Source: stolostron/hypershift-addon-operator, ``docs/hypershift_operator_configuration.md``; the operator
    else stops at the missing Secret ``telemeter-client``.
    """
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "hypershift-operator-install-flags", "namespace": _HUB},
        "data": {"installFlagsToRemove": "--enable-uwm-telemetry-remote-write"},
    }


def _config_map(name: str, namespace: str, data: dict[str, str]) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": "assisted-service"}},
        "data": data,
    }


def _web_server_ca(given: Given, images: OsImages) -> str:
    if not images.ca:
        return trust_bundle(given.trust)
    return to_pem(certificates_of("the web server", images.ca)).decode()


def _agent_service_config(images: Sequence[tuple[str, OsImage]], storage: Storage, *, is_tls: bool) -> Object:
    ca = {"OSImageCACertRef": {"name": _CA}} if is_tls else {}
    return {
        "apiVersion": "agent-install.openshift.io/v1beta1",
        "kind": "AgentServiceConfig",
        "metadata": {"name": "agent", "annotations": {_ANNOTATION: _SETTINGS}},
        "spec": {
            **storage.claims(),
            "mirrorRegistryRef": {"name": "custom-registries"},
            **ca,
            "osImages": [
                {
                    "openshiftVersion": version,
                    "cpuArchitecture": image.architecture,
                    "version": image.version,
                    "url": image.url,
                }
                for version, image in images
            ],
        },
    }


def cluster_image_set(release: MirroredRelease) -> Object:
    """Return the ClusterImageSet of a release, by digest."""
    return {
        "apiVersion": "hive.openshift.io/v1",
        "kind": "ClusterImageSet",
        "metadata": {"name": image_set_name(release), "labels": {"visible": "true"}},
        "spec": {"releaseImage": release.source},
    }


def image_set_name(release: MirroredRelease) -> str:
    """Return the name of a release's ClusterImageSet, as ``img4.20.9-x86-64``."""
    architecture = {"amd64": "x86-64"}.get(release.architecture, release.architecture)
    return f"img{release.version.replace('+', '-')}-{architecture}".lower()


def _foreign(images: Sequence[OsImage], releases: Sequence[MirroredRelease]) -> list[str]:
    known = {release.version for release in releases}
    left = sorted({image.release for image in images} - known)
    return [f"Boot images of releases that are not mirrored are left out: {', '.join(left)}."] if left else []
