"""Where images go at the destination: as current oc-mirror v2 does it, so that either can carry on.

Source: oc-mirror v2 at 855b64a, below ``internal/pkg``: ``release/local_stored_collector.go``
(``preparePathComponents``, ``prepareTag``, ``getKubeVirtImages``), ``release/graph.go``,
``additional/local_stored_collector.go`` (``buildMirrorToDiskPaths``, ``resolveTargetRepoTag``) and
``signature/cosign_tag_based_signatures.go``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bootstrap.imageset.model import AdditionalImage, Platform
    from bootstrap.oci.digest import Digest

RELEASE_IMAGES = "openshift/release-images"
RELEASE_CONTENT = "openshift/release"
GRAPH_IMAGE, GRAPH_TAG = "openshift/graph-image", "latest"

_KUBEVIRT = "kube-virt-container"
# Only these two come with a disk image: local_stored_collector.go, kubeVirtArchName.
_KUBEVIRT_ARCHITECTURES = {"amd64": "x86_64", "s390x": "s390x"}


def component_tag(release_tag: str, component: str) -> str:
    """Return the tag of a component in ``openshift/release``: ``4.20.9-x86_64-etcd``."""
    return f"{release_tag}-{component}"


def digest_tag(digest: Digest) -> str:
    """Return the tag of an image that was asked for by digest alone: ``sha256-<hex>``."""
    return f"sha256-{digest.hex}"


def signature_tag(digest: Digest) -> str:
    """Return the tag of an image's Sigstore signatures, the same at the source and at the destination.

    Source: cosign, specs/SIGNATURE_SPEC.md, "Tag-based discovery".
    """
    return f"sha256-{digest.hex}.sig"


def additional(image: AdditionalImage) -> tuple[str, str]:
    """Return repository and tag of an additional image; a tag goes before a digest where it has both."""
    repository = image.target_repository or image.source.repository
    tag = image.target_tag or image.source.tag
    if tag is None:
        assert image.source.digest is not None, "the image set was read with one of the two"
        tag = digest_tag(image.source.digest)
    return repository, tag


def kubevirt_names(platform: Platform) -> dict[str, str]:
    """Return, by the architectures' names in the payload, what the wanted disk images are called in tags.

    Where none of those that are asked for has one: with ``platforms`` all that there are, else x86_64's.
    """
    every = list(_KUBEVIRT_ARCHITECTURES.values())
    asked = [each.architecture for each in platform.platforms] or platform.architectures
    if "multi" in platform.architectures:
        keys = every
    else:
        keys = [_KUBEVIRT_ARCHITECTURES[each] for each in asked if each in _KUBEVIRT_ARCHITECTURES]
    keys = keys or (every if platform.platforms else ["x86_64"])
    return {key: _KUBEVIRT if len(keys) == 1 else f"{_KUBEVIRT}-{key}" for key in keys}
