"""All files of a hosted cluster: directories in the order in which they are applied, and a script."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import yaml

from bootstrap.cluster.given import Given, MirroredRelease
from bootstrap.cluster.hosted import machines, objects
from bootstrap.cluster.hosted.apply_script import SCALE_MANAGER, script
from bootstrap.cluster.hosted.catalog_placement import annotations_of, guest_catalogs
from bootstrap.cluster.hosted.catalog_placement import notes as catalog_notes
from bootstrap.cluster.hosted.objects import Object
from bootstrap.cluster.hosted.references import problems_of
from bootstrap.cluster.hosted.spec import HostedCluster
from bootstrap.cluster.mirror_sets import to_yaml
from bootstrap.cluster.pull_secret_files import for_clusters
from bootstrap.cluster.take_away import TakeAway
from bootstrap.credentials.pull_secret import PullSecret
from bootstrap.errors import ConfigError
from bootstrap.release.architecture import DEFAULT

_SCRIPT = "apply.sh"
_SCALED = "node-pool.yaml"
_SCALE, _GUEST = "80-scale", "90-catalogs"


def bundle(spec: HostedCluster, given: Given, etcd_key: Callable[[], bytes]) -> TakeAway:
    """Return everything for ``oc apply --server-side -k``, one directory after the other, and ``apply.sh``.

    Args:
        spec: What the user wants.
        given: What site and ledger know.
        etcd_key: Returns 32 bytes, always the same for one cluster; asked last.

    Raises:
        ConfigError: What the user wants is not mirrored, or no cluster could log in with an entry of the
            user's pull secret.
        HostError: The site's state has no credentials for one of its registries.
    """
    release = release_of(spec, given)
    annotations = annotations_of(spec, given, release)
    pull = for_clusters(given, PullSecret({"auths": spec.pull_secret}))
    settings = objects.configuration(spec, given, pull, etcd_key())
    stages = _stages(spec, given, release, annotations, settings)
    whole = [files for directory, files in stages.items() if directory not in (_SCALE, _GUEST)]
    problems = problems_of([item for files in whole for items in files.values() for item in items])
    assert not problems, problems
    files: dict[str, str] = {}
    private = set()
    for directory, by_file in stages.items():
        for name, items in by_file.items():
            path = f"{directory}/{name}"
            files[path] = to_yaml(items)
            if any(item["kind"] == "Secret" for item in items):
                private.add(path)
        files[f"{directory}/kustomization.yaml"] = _kustomization(list(by_file))
    files[_SCRIPT] = script(spec, list(stages))
    return TakeAway(files, frozenset(private), frozenset({_SCRIPT}), tuple(_notes(spec, given, release)))


def scaled(spec: HostedCluster, replicas: int) -> TakeAway:
    """Return the one file that sets the number of nodes.

    Raises:
        ConfigError: There are not that many hosts.
    """
    if not 0 <= replicas <= len(spec.hosts):
        raise ConfigError(
            f"cannot scale {spec.name} to {replicas} nodes",
            why=f"{len(spec.hosts)} hosts are listed",
            fix=f"give a number from 0 to {len(spec.hosts)}, or add hosts to the file and apply them first",
        )
    patch = f'{{"spec":{{"replicas":{replicas}}}}}'
    note = (
        f"oc apply --server-side --force-conflicts --field-manager={SCALE_MANAGER} -f {_SCALED}, or: "
        f"oc patch nodepool {spec.name} -n {spec.namespace} --type merge -p '{patch}'"
    )
    return TakeAway({_SCALED: to_yaml([objects.scale(spec, replicas)])}, notes=(note,))


def release_of(spec: HostedCluster, given: Given) -> MirroredRelease:
    """Return the release that is installed: the one that was asked for, or the newest.

    Raises:
        ConfigError: It is not mirrored, or not for that architecture.
    """
    fitting = [each for each in given.releases if each.architecture in (spec.architecture, "multi")]
    found = [each for each in fitting if spec.version in (None, each.version)]
    if found:
        # Control planes run on the management cluster, mostly of amd64: what is for all of them runs there.
        same = [each for each in found if each.version == found[0].version]
        is_other = spec.architecture != DEFAULT
        return next((each for each in same if is_other and each.architecture == "multi"), same[0])
    have = ", ".join(f"{each.version} ({each.architecture})" for each in given.releases) or "none"
    raise ConfigError(
        f"cannot install {spec.name} with release {spec.version or 'of any version'} for {spec.architecture}",
        why=f"mirrored releases: {have}",
        fix="mirror it, or name one of these in release.version and release.architecture",
    )


def _stages(
    spec: HostedCluster,
    given: Given,
    release: MirroredRelease,
    annotations: Mapping[str, str],
    settings: Sequence[Object],
) -> Mapping[str, Mapping[str, Sequence[Object]]]:
    """Return the objects by directory and file."""
    found: dict[str, dict[str, Sequence[Object]]] = {
        "10-namespaces": {"namespaces.yaml": objects.namespaces(spec)},
        "20-configuration": {
            "config-maps.yaml": [
                *(item for item in settings if item["kind"] == "ConfigMap"),
                *machines.own_mirrors(spec, given),
            ],
            "secrets.yaml": [item for item in settings if item["kind"] == "Secret"],
        },
        "30-hosted-cluster": {
            "hosted-cluster.yaml": [objects.hosted_cluster(spec, given, release, annotations)]
        },
        "40-node-pool": {"node-pool.yaml": [objects.node_pool(spec, given, release)]},
        "50-infra-env": {"infra-env.yaml": [machines.infra_env(spec)]},
        "60-hosts": {
            "secrets.yaml": [machines.credentials(spec, host) for host in spec.hosts],
            "hosts.yaml": [machines.bare_metal_host(spec, host) for host in spec.hosts],
        },
    }
    if spec.replicas:
        found[_SCALE] = {"node-pool.yaml": [objects.scale(spec, spec.replicas)]}
    if spec.has_role:
        found["20-configuration"]["role.yaml"] = [objects.role(spec)]
    sources = guest_catalogs(spec, given)
    if sources:
        found[_GUEST] = {"catalog-sources.yaml": sources}
    return found


def _kustomization(names: Sequence[str]) -> str:
    document = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": list(names),
    }
    return yaml.safe_dump(document, sort_keys=False)


def _notes(spec: HostedCluster, given: Given, release: MirroredRelease) -> list[str]:
    found = [
        f"release {release.version} ({release.architecture}), {release.digest}",
        "apply all of it with apply.sh, which waits after each directory and can be run again",
        "first, on the management cluster: `resources trust`, `mirror-sets` and `assisted`",
        "HyperShift reads mirror sets only when it starts: oc delete pod -n hypershift -l name=operator",
        "the etcd key is in the site's state: back that up, for without the key etcd's backups are of no use",
    ]
    if release.architecture not in ("multi", DEFAULT):
        found.append(
            f"the control plane is of {release.architecture}, too: the management cluster needs nodes of it; "
            "a release for multi runs on any"
        )
    if spec.replicas == 1 and spec.control_plane.availability == "HighlyAvailable":
        found.append(
            "ingress and image registry of the hosted cluster want two nodes, and there is one: add a host, "
            "or set controlPlane.availability to SingleReplica now: it cannot be changed later"
        )
    if spec.publishing.kind == "LoadBalancer":
        found.append(
            "the API's LoadBalancer wants a load balancer on the management cluster, such as MetalLB"
        )
    unverified = [host.name for host in spec.hosts if not host.bmc.is_verified]
    if unverified:
        found.append(f"controllers whose certificate nobody verifies: {', '.join(unverified)}")
    plain = [host.name for host in spec.hosts if "+http:" in host.bmc.address]
    if plain:
        found.append(f"controllers whose password goes over plain HTTP: {', '.join(plain)}")
    return [*found, *catalog_notes(spec, given, release)]
