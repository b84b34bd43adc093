"""At which stage of an installation a node needs an image: while it is discovered, or while it installs.

Source: openshift-kni/telco-ran-tools at ecd9e26, ``cmd/download.go`` (``saveToImagesFile``).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from bootstrap.mirror.layout import RELEASE_CONTENT, RELEASE_IMAGES
from bootstrap.release.architecture import SUFFIXES

# Of the payload, what the bootstrap of a single node runs before it is rebooted into the installed system.
DISCOVERY_COMPONENTS = frozenset(
    {
        "cloud-credential-operator",
        "cluster-bootstrap",
        "cluster-config-operator",
        "cluster-etcd-operator",
        "cluster-ingress-operator",
        "cluster-kube-apiserver-operator",
        "cluster-kube-controller-manager-operator",
        "cluster-kube-scheduler-operator",
        "cluster-policy-controller",
        "etcd",
        "hyperkube",
        "machine-config-operator",
        "must-gather",
        "pod",
    }
)
_ASSISTED = re.compile(r"(?:^|/)multicluster-engine/assisted-installer")
# It runs in the cluster, too. multicluster engine 2.x called it reporter, and later what it is.
_IN_THE_CLUSTER = re.compile(r"assisted-installer-(?:reporter|controller)")
# 4.20.9-x86_64-etcd, 4.20.0-rc.1-x86_64-etcd
_TAG = re.compile(
    rf"\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+?)??-(?:{'|'.join({*SUFFIXES, *SUFFIXES.values()})})-(?P<component>.+)"
)


class Stages(NamedTuple):
    """When an image is needed: at the discovery of the host, at the installation of the cluster, or both."""

    is_discovery: bool
    is_install: bool


BOTH, DISCOVERY, INSTALL = Stages(True, True), Stages(True, False), Stages(False, True)


def stages_of(repository: str, tag: str | None = None, *, component: str | None = None) -> Stages:
    """Return when an image is needed.

    Args:
        repository: In the mirror: ``openshift/release``; or below a path of the user's.
        tag: There; that of a component of a release ends in the component's name.
        component: Its name in the payload, where it is known.
    """
    if _ASSISTED.search(repository):
        return BOTH if _IN_THE_CLUSTER.search(repository) else DISCOVERY
    if _is(repository, RELEASE_IMAGES):
        return BOTH
    if not _is(repository, RELEASE_CONTENT):
        return INSTALL
    if component is None:
        found = _TAG.fullmatch(tag or "")
        component = found["component"] if found else None
    return BOTH if component in DISCOVERY_COMPONENTS else INSTALL


def is_assisted(repository: str) -> bool:
    """Return whether an image is one of the Assisted Installer's, which run on a host that is discovered."""
    return bool(_ASSISTED.search(repository))


def _is(repository: str, name: str) -> bool:
    return repository == name or repository.endswith(f"/{name}")
