"""Everything that a hub takes to install an edge site: files in the order in which they are applied."""

from __future__ import annotations

from collections.abc import Sequence

import yaml

from bootstrap.cluster.assisted.render import cluster_image_set, image_set_name
from bootstrap.cluster.given import Given, MirroredRelease
from bootstrap.cluster.hosted.objects import Object, named, secret
from bootstrap.cluster.mirror_sets import image_digest_mirror_sets, image_tag_mirror_sets, to_yaml
from bootstrap.cluster.pull_secret_files import for_clusters
from bootstrap.cluster.pull_secret_files import secret as pull_secret
from bootstrap.cluster.take_away import TakeAway
from bootstrap.credentials.pull_secret import PullSecret
from bootstrap.errors import ConfigError
from bootstrap.precache.ignition.overrides import Overrides, overrides
from bootstrap.precache.instance.base import base_of, to_json
from bootstrap.precache.instance.installer_args import merged_args
from bootstrap.precache.instance.judge import API_VERSION, KIND, judged
from bootstrap.precache.spec import EdgeSite, Node, Templates
from bootstrap.release.version import Version

_KUSTOMIZATION = "kustomization.yaml"
_FIRST_WITH_MIRROR_SETS = (4, 13)  # openshift/api, config/v1 ImageDigestMirrorSet
_MOST_BYTES = 1024 * 1024  # Kubernetes, of a ConfigMap


def bundle(site: EdgeSite, given: Given) -> TakeAway:
    """Return the files for ``oc apply -k``.

    Args:
        site: What the user wants.
        given: What site and ledger know.

    Raises:
        ConfigError: What the user wants is not mirrored, or no cluster could log in with an entry of the
            user's pull secret.
        HostError: The site's state has no credentials for one of its registries.
    """
    release = release_of(site, given)
    instance = cluster_instance(site, release, overrides(site.content.label))
    defects = [each for each in judged(instance) if each.is_error]
    assert not defects, defects
    pull = for_clusters(given, PullSecret({"auths": dict(site.pull_secret)}))
    by_file: dict[str, list[Object]] = {
        "01-namespace.yaml": [named("v1", "Namespace", site.name, None)],
        "02-cluster-image-set.yaml": [cluster_image_set(release)],
        "03-pull-secret.yaml": [pull_secret(pull, namespace=site.name, name=_pull_secret_name(site))],
        "04-bmc-credentials.yaml": [_credentials(site, node) for node in site.nodes],
        "05-extra-manifests.yaml": [_extra_manifests(site, given)] if _knows_mirror_sets(release) else [],
        "06-cluster-instance.yaml": [instance],
    }
    made = TakeAway.of_objects(by_file)
    files = {**made.files, _KUSTOMIZATION: _kustomization(list(made.files))}
    return TakeAway(files, made.private, notes=tuple(_notes(site, release)))


def cluster_instance(site: EdgeSite, release: MirroredRelease, ours: Overrides) -> Object:
    """Return the ClusterInstance, in a namespace of its cluster's name."""
    base = base_of(site)
    nodes = base.pop("nodes")
    for spec, node in zip(nodes, site.nodes, strict=True):
        spec["bmcCredentialsName"] = {"name": _credentials_name(node)}
        spec["ignitionConfigOverride"] = ours.install
        spec["installerArgs"] = to_json(list(merged_args(node.installer_args, ours.installer_args)))
        spec["templateRefs"] = [{"name": site.templates.node, "namespace": site.templates.namespace}]
    body = {
        **base,
        "pullSecretRef": {"name": _pull_secret_name(site)},
        "clusterImageSetNameRef": image_set_name(release),
        **({"extraManifestsRefs": [{"name": _manifests_name(site)}]} if _knows_mirror_sets(release) else {}),
        "ignitionConfigOverride": ours.discovery,
        "templateRefs": [{"name": site.templates.cluster, "namespace": site.templates.namespace}],
        "nodes": nodes,
    }
    return {**named(API_VERSION, KIND, site.name, site.name), "spec": body}


def release_of(site: EdgeSite, given: Given) -> MirroredRelease:
    """Return the release that is installed: the one that was asked for, or the newest.

    Raises:
        ConfigError: It is not mirrored, or not for that architecture.
    """
    wanted = [each for each in given.releases if each.architecture in (site.architecture, "multi")]
    found = [each for each in wanted if site.version in (None, each.version)]
    if found:
        newest = [each for each in found if each.version == found[0].version]
        return next((each for each in newest if each.architecture == site.architecture), newest[0])
    have = ", ".join(f"{each.version} ({each.architecture})" for each in given.releases) or "none"
    raise ConfigError(
        f"cannot install {site.name} with release {site.version or 'of any version'} for {site.architecture}",
        why=f"mirrored releases: {have}",
        fix="mirror it, or name one of these in release.version and release.architecture",
    )


def _knows_mirror_sets(release: MirroredRelease) -> bool:
    """Whether a cluster of that release has ImageDigestMirrorSets; an unknown kind keeps it from starting."""
    version = Version.parse(release.version)
    return (version.major, version.minor) >= _FIRST_WITH_MIRROR_SETS


def _credentials(site: EdgeSite, node: Node) -> Object:
    data = {"username": node.bmc.username.encode(), "password": node.bmc.password.encode()}
    return secret(_credentials_name(node), site.name, "Opaque", data)


def _extra_manifests(site: EdgeSite, given: Given) -> Object:
    """Return what the cluster has from its first boot: the mirror sets, a file each.

    Raises:
        ConfigError: They are more than a ConfigMap takes.
    """
    sets = [*image_digest_mirror_sets(given.mirrors), *image_tag_mirror_sets(given.mirrors)]
    data = {f"{each['metadata']['name']}.yaml": to_yaml([each]) for each in sets}
    size = sum(len(text.encode()) for text in data.values())
    if size > _MOST_BYTES:
        raise ConfigError(
            f"cannot give {site.name} its mirror sets",
            why=f"they have {size} bytes, and a ConfigMap takes {_MOST_BYTES}",
            fix="mirror repositories without targetRepo: with their paths kept, a namespace is one source",
        )
    return {**named("v1", "ConfigMap", _manifests_name(site), site.name), "data": data}


def _kustomization(names: Sequence[str]) -> str:
    document = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": list(names),
    }
    return yaml.safe_dump(document, sort_keys=False)


def _notes(site: EdgeSite, release: MirroredRelease) -> list[str]:
    found = [
        f"release {release.version} ({release.architecture}), {release.digest}",
        "apply all of it: oc apply --server-side -k .",
        "first, on the hub: `resources assisted`, for what the discovery image trusts and mirrors",
        f"the SiteConfig operator's templates have to be in {site.templates.namespace}",
        "the Secrets have credentials in them: they do not belong into Git",
    ]
    if not _knows_mirror_sets(release):
        found.append(f"{release.version} knows no mirror sets: it has those of the hub's AgentServiceConfig")
    found += _about_controllers(site)
    anywhere = [node.host_name for node in site.nodes if not node.root_device]
    if anywhere:
        found.append(
            f"{', '.join(anywhere)}: the Assisted Service chooses the disk; rootDeviceHints say which "
            f"has the partition {site.content.label}"
        )
    return found


def _about_controllers(site: EdgeSite) -> list[str]:
    found = []
    verified = [node.host_name for node in site.nodes if node.bmc.is_verified]
    if verified and site.templates.node == Templates().node:
        found.append(
            f"the certificates of the controllers of {', '.join(verified)} are not verified, although they "
            f"should be: {site.templates.node} has disableCertificateVerification: true. Copy that "
            "ConfigMap, say false there, and name the copy in templates.node"
        )
    unverified = [node.host_name for node in site.nodes if not node.bmc.is_verified]
    if unverified:
        found.append(f"controllers whose certificate nobody verifies: {', '.join(unverified)}")
    plain = [node.host_name for node in site.nodes if "+http:" in node.bmc.address]
    if plain:
        found.append(f"controllers whose password goes over plain HTTP: {', '.join(plain)}")
    return found


def _pull_secret_name(site: EdgeSite) -> str:
    return f"{site.name}-pull-secret"


def _manifests_name(site: EdgeSite) -> str:
    return f"{site.name}-extra-manifests"


def _credentials_name(node: Node) -> str:
    return f"{node.host_name}-bmc-secret"
