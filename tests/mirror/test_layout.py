"""Each row from oc-mirror v2's sources, as named in ``bootstrap/mirror/layout.py``."""

from __future__ import annotations

import pytest

from bootstrap.imageset.model import AdditionalImage, InstancePlatform, Platform
from bootstrap.mirror import layout
from bootstrap.oci.digest import Digest
from bootstrap.oci.reference import Reference
from bootstrap.release.architecture import release_tag

DIGEST = Digest.of(b"")


@pytest.mark.parametrize(
    ("name", "repository", "tag", "found"),
    [
        # buildMirrorToDiskPaths, default case; resolveTargetRepoTag
        ("quay.io/a/b:v1", None, None, ("a/b", "v1")),
        ("quay.io/a/b:v1", "c/d", None, ("c/d", "v1")),
        ("quay.io/a/b:v1", None, "v2", ("a/b", "v2")),
        ("quay.io/a/b:v1", "c", "v2", ("c", "v2")),
        # IsImageByDigestOnly && TargetTag == ""
        (f"quay.io/a/b@{DIGEST}", None, None, ("a/b", f"sha256-{DIGEST.hex}")),
        (f"quay.io/a/b@{DIGEST}", "c", None, ("c", f"sha256-{DIGEST.hex}")),
        # IsImageByDigestOnly with TargetTag: default case
        (f"quay.io/a/b@{DIGEST}", None, "v2", ("a/b", "v2")),
        # IsImageByTagAndDigest: the tag only
        (f"quay.io/a/b:v1@{DIGEST}", None, None, ("a/b", "v1")),
        (f"quay.io/a/b:v1@{DIGEST}", "c", "v2", ("c", "v2")),
    ],
)
def test_additional_images_go_where_oc_mirror_puts_them(name, repository, tag, found):
    assert layout.additional(AdditionalImage(Reference.parse(name), repository, tag)) == found


@pytest.mark.parametrize(
    ("found", "place"),
    [
        # const.go, releaseImagePathComponents; preparePathComponents and prepareTag, case TypeOCPRelease
        (layout.RELEASE_IMAGES, "openshift/release-images"),
        # const.go, releaseComponentPathComponents; case TypeOCPReleaseContent: <release tag>-<name>
        (layout.RELEASE_CONTENT, "openshift/release"),
        (layout.component_tag(release_tag("4.20.9", "amd64"), "etcd"), "4.20.9-x86_64-etcd"),
        # const.go, graphImageName; prepareGraphImage, handleGraphImage: always :latest
        ((layout.GRAPH_IMAGE, layout.GRAPH_TAG), ("openshift/graph-image", "latest")),
        # openshift/oc, pkg/cli/admin/release/mirror.go, Run (targetFn, archMap): the same tags in --to
        (layout.component_tag(release_tag("4.20.9", "s390x"), "etcd"), "4.20.9-s390x-etcd"),
        (release_tag("4.20.9", "multi"), "4.20.9-multi"),
    ],
)
def test_release_content_goes_where_oc_mirror_puts_it_and_oc_can_be_told_to(found, place):
    assert found == place


def test_release_content_is_tagged_by_release_and_component():
    assert release_tag("4.20.9", "arm64") == "4.20.9-aarch64"
    assert layout.component_tag("4.20.9-multi", "etcd") == "4.20.9-multi-etcd"
    assert layout.signature_tag(DIGEST) == f"sha256-{DIGEST.hex}.sig"


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        # requestedKubeVirtArchKeys and the suffix rule of getKubeVirtImages
        ((), {"x86_64": "kube-virt-container"}),
        (("amd64",), {"x86_64": "kube-virt-container"}),
        (("s390x", "arm64"), {"s390x": "kube-virt-container"}),
        (("arm64",), {"x86_64": "kube-virt-container"}),
        (
            ("amd64", "s390x"),
            {"x86_64": "kube-virt-container-x86_64", "s390x": "kube-virt-container-s390x"},
        ),
        (
            ("arm64", "multi"),
            {"x86_64": "kube-virt-container-x86_64", "s390x": "kube-virt-container-s390x"},
        ),
        (("linux/s390x", "linux/ppc64le"), {"s390x": "kube-virt-container"}),
        (
            ("linux/arm64",),
            {"x86_64": "kube-virt-container-x86_64", "s390x": "kube-virt-container-s390x"},
        ),
    ],
)
def test_disk_images_are_named_as_in_oc_mirror(asked, names):
    platforms = tuple(InstancePlatform(*each.split("/")) for each in asked if "/" in each)
    platform = Platform(platforms=platforms) if platforms else Platform(architectures=asked)
    assert layout.kubevirt_names(platform) == names
