"""Mirrors as files, a form for each who takes them: what ``resources mirror-sets`` gives.

Source: openshift/api operator/v1alpha1 ``ImageContentSourcePolicy``, named as oc-mirror v1 names them;
openshift/machine-config-operator ``docs/MachineConfiguration.md`` (Ignition 3.2); openshift/assisted-service
at 063b257, ``internal/controller/controllers/mirrorregistry``.
"""

from __future__ import annotations

import base64
import enum
from collections.abc import Mapping, Sequence
from typing import Any

from bootstrap.cluster.given import Given
from bootstrap.cluster.mirror_forms import (
    hosted_cluster_sources,
    image_content_sources,
    image_digest_sources,
    registries_conf_text,
)
from bootstrap.cluster.mirror_sets import (
    image_digest_mirror_sets,
    image_tag_mirror_sets,
    to_fragment,
    to_yaml,
)
from bootstrap.cluster.take_away import TakeAway
from bootstrap.cluster.trust import trust_bundle
from bootstrap.errors import ConfigError, HostError
from bootstrap.mirror.mirror_sets import Mirror

DROP_IN = "/etc/containers/registries.conf.d/60-mirror-registries.conf"
_POOLS = ("master", "worker")
_FILE_MODE = 0o644


class Form(enum.StrEnum):
    """Who takes it."""

    CLUSTER = "cluster"
    ICSP = "icsp"
    INSTALL_CONFIG = "install-config"
    INSTALL_CONFIG_OLD = "install-config-4.13"
    HOSTED_CLUSTER = "hosted-cluster"
    ASSISTED = "assisted"
    REGISTRIES_CONF = "registries-conf"
    MACHINE_CONFIG = "machine-config"


_CAN_BLOCK = (Form.CLUSTER, Form.INSTALL_CONFIG, Form.REGISTRIES_CONF, Form.MACHINE_CONFIG)
_TAGS = "images that are asked for by tag are not found with it: it knows digests only"
_NOTES: Mapping[Form, str] = {
    Form.ICSP: f"icsp.yaml is for clusters before 4.13, which know no ImageDigestMirrorSet; {_TAGS}",
    Form.HOSTED_CLUSTER: "hosted-cluster.yaml is for the nodes of a hosted cluster: oc patch hostedcluster "
    "NAME -n NAMESPACE --type merge --patch-file hosted-cluster.yaml; its control plane uses the mirror sets "
    f"of the management cluster; {_TAGS}",
    Form.REGISTRIES_CONF: f"registries.conf goes to {DROP_IN} of a host: podman, skopeo and CRI-O read it",
    Form.MACHINE_CONFIG: "machine-config.yaml reboots every node of its pools, one after the other; "
    "ImageDigestMirrorSet and ImageTagMirrorSet, where a cluster has them, reboot none",
}


def mirror_files(given: Given, forms: Sequence[Form], *, blocked: bool = False) -> TakeAway:
    """Return the mirrors of a site in ``forms``, all of one meaning.

    Args:
        given: What the site knows.
        forms: One or more; their order does not count.
        blocked: Whether the sources themselves are never contacted.

    Raises:
        ConfigError: A form cannot say that, or cannot hold them all.
        HostError: Nothing is mirrored.
    """
    unable = [form for form in Form if blocked and form in forms and form not in _CAN_BLOCK]
    if unable:
        raise ConfigError(
            f"cannot give {', '.join(unable)} with --never-contact-source",
            why="it has no field for that, and would mean something else than the other forms",
            fix=f"give it without, or one of --format {', '.join(_CAN_BLOCK)}",
        )
    if not given.mirrors:
        raise HostError(
            "cannot give mirror sets",
            why="the ledger has no image that clusters ask for by its source's name: nothing is mirrored yet",
            fix="run `bootstrap-registry mirror` first",
        )
    files: dict[str, str] = {}
    notes: list[str] = []
    for form in Form:
        if form in forms:
            files.update(_files(form, given, blocked))
            notes += [_NOTES[form]] if form in _NOTES else []
    return TakeAway(files, notes=tuple(notes))


def custom_registries(mirrors: Sequence[Mirror], bundle: str, namespace: str) -> dict[str, Any]:
    """Return the ConfigMap that AgentServiceConfig's ``mirrorRegistryRef`` names.

    Args:
        mirrors: Of the site.
        bundle: What to trust, PEM.
        namespace: Of assisted-service.
    """
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "custom-registries",
            "namespace": namespace,
            "labels": {"app": "assisted-service"},
        },
        "data": {"ca-bundle.crt": bundle, "registries.conf": registries_conf_text(mirrors, assisted=True)},
    }


def _files(form: Form, given: Given, blocked: bool) -> Mapping[str, str]:
    mirrors = given.mirrors
    if form is Form.CLUSTER:
        return _sets(mirrors, blocked)
    if form is Form.ICSP:
        return {"icsp.yaml": to_yaml(image_content_source_policies(mirrors))}
    if form is Form.INSTALL_CONFIG:
        found = image_digest_sources(mirrors, blocked=blocked)
        return {"image-digest-sources.yaml": to_fragment({"imageDigestSources": found})}
    if form is Form.INSTALL_CONFIG_OLD:
        return {
            "image-content-sources.yaml": to_fragment({"imageContentSources": image_content_sources(mirrors)})
        }
    if form is Form.HOSTED_CLUSTER:
        hosted = {"spec": {"imageContentSources": hosted_cluster_sources(mirrors)}}
        return {"hosted-cluster.yaml": to_fragment(hosted)}
    if form is Form.ASSISTED:
        item = custom_registries(mirrors, trust_bundle(given.trust), "multicluster-engine")
        return {"custom-registries.yaml": to_yaml([item])}
    text = registries_conf_text(mirrors, blocked=blocked)
    if form is Form.REGISTRIES_CONF:
        return {"registries.conf": text}
    return {"machine-config.yaml": to_yaml([_machine_config(pool, text) for pool in _POOLS])}


def image_content_source_policies(mirrors: Sequence[Mirror]) -> list[dict[str, Any]]:
    """Return the ImageContentSourcePolicy objects, one a group."""
    return [
        {
            "apiVersion": "operator.openshift.io/v1alpha1",
            "kind": "ImageContentSourcePolicy",
            "metadata": {"name": item["metadata"]["name"].removeprefix("idms-")},
            "spec": {"repositoryDigestMirrors": item["spec"]["imageDigestMirrors"]},
        }
        for item in image_digest_mirror_sets(mirrors)
    ]


def _sets(mirrors: Sequence[Mirror], blocked: bool) -> dict[str, str]:
    by_file = {"idms.yaml": image_digest_mirror_sets(mirrors), "itms.yaml": image_tag_mirror_sets(mirrors)}
    for item in (item for items in by_file.values() for item in items if blocked):
        for entries in item["spec"].values():
            for entry in entries:
                entry["mirrorSourcePolicy"] = "NeverContactSource"
    return {name: to_yaml(items) for name, items in by_file.items() if items}


def _machine_config(pool: str, text: str) -> dict[str, Any]:
    source = "data:text/plain;charset=utf-8;base64," + base64.b64encode(text.encode()).decode()
    file = {"path": DROP_IN, "mode": _FILE_MODE, "overwrite": True, "contents": {"source": source}}
    return {
        "apiVersion": "machineconfiguration.openshift.io/v1",
        "kind": "MachineConfig",
        "metadata": {
            "name": f"99-{pool}-mirror-registries",
            "labels": {"machineconfiguration.openshift.io/role": pool},
        },
        "spec": {"config": {"ignition": {"version": "3.2.0"}, "storage": {"files": [file]}}},
    }
