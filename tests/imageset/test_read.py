from __future__ import annotations

import pytest

from bootstrap.errors import ConfigError
from bootstrap.imageset.read import read_file, read_text
from bootstrap.release.version import Version

HEAD = "kind: ImageSetConfiguration\napiVersion: mirror.openshift.io/v2alpha1\n"
DIGEST = "sha256:" + "a" * 64

# The example of oc-mirror's own documentation, without what needs catalogs.
DOCUMENTED = f"""{HEAD}
mirror:
  platform:
    channels:
    - name: stable-4.18
      minVersion: 4.18.1
      maxVersion: 4.18.5
      shortestPath: true
    - name: candidate-4.19
      type: ocp
      full: true
    graph: false
    architectures: [amd64, multi]
    kubeVirtContainer: true
  additionalImages:
  - name: registry.redhat.io/ubi9/ubi:latest
  - name: docker://quay.io/team/app@{DIGEST}
    targetRepo: mine/app
    targetTag: v1
  blockedImages:
  - name: .*must-gather.*
"""


def test_the_documented_example_is_read_whole():
    image_set = read_text(DOCUMENTED)
    first, second = image_set.platform.channels
    assert (first.name, first.min_version, first.max_version) == (
        "stable-4.18",
        Version(4, 18, 1),
        Version(4, 18, 5),
    )
    assert first.is_shortest_path
    assert not first.is_full
    assert (second.min_version, second.max_version, second.is_full) == (None, None, True)
    assert image_set.platform.architectures == ("amd64", "multi")
    assert image_set.platform.wants_kubevirt
    ubi, app = image_set.additional_images
    assert str(ubi.source) == "registry.redhat.io/ubi9/ubi:latest"
    assert (str(app.source), app.target_repository, app.target_tag) == (
        f"quay.io/team/app@{DIGEST}",
        "mine/app",
        "v1",
    )
    assert image_set.blocked == (".*must-gather.*",)


@pytest.mark.parametrize(
    "releases",
    [
        f"release: quay.io/openshift-release-dev/ocp-release@{DIGEST}",
        "channels: [{name: stable-4.20, minVersion: 4.20.9, maxVersion: 4.20.9}]",
    ],
)
def test_f1_releases_with_their_disk_image_and_graph_data_are_a_valid_image_set(releases):
    platform = read_text(
        f"{HEAD}mirror: {{platform: {{{releases}, graph: true, kubeVirtContainer: true}}}}"
    ).platform
    assert (platform.wants_graph, platform.wants_kubevirt) == (True, True)
    assert bool(platform.release) != bool(platform.channels)


def test_without_architectures_the_graph_is_asked_for_amd64():
    image_set = read_text(HEAD + "mirror: {platform: {channels: [{name: stable-4.20}]}}")
    assert image_set.platform.architectures == ()
    assert image_set.platform.effective_architectures == ("amd64",)


def test_a_release_is_an_image_by_tag_or_digest():
    image_set = read_text(HEAD + "mirror: {platform: {release: 'quay.io/a/ocp-release:4.20.9-x86_64'}}")
    assert str(image_set.platform.release) == "quay.io/a/ocp-release:4.20.9-x86_64"


@pytest.mark.parametrize(
    ("body", "path", "said"),
    [
        ("mirror: {samples: [], platform: {}}", "mirror.samples", "mirrors nothing for it"),
        ("mirror: {platform: {}}\narchiveSize: 4G", "archiveSize", "whole number of GiB"),
        ("mirror: {platform: {}}\narchiveSize: -1", "archiveSize", "whole number of GiB"),
        ("mirror: {platform: {}}\narchiveSize: true", "archiveSize", "whole number of GiB"),
        ("mirror: {platform: {}}\nstorageConfig: {}", "storageConfig", "v1"),
        ("mirror: {}", "mirror", "nothing to mirror"),
        ("mirror: {operators: [], helm: {}}", "mirror", "nothing to mirror"),
        ("{}", "mirror", "missing"),
        ("mirror: {additionalImage: [], platform: {}}", "mirror.additionalImage", "mean additionalImages"),
        ("mirror: {platform: {chanels: []}}", "mirror.platform.chanels", "mean channels"),
        ("mirror: {platform: {graph: 'yes'}}", "mirror.platform.graph", "true or false"),
        (
            "mirror: {platform: {platforms: [{os: linux}]}}",
            r"mirror.platform.platforms\[0\].architecture",
            "missing",
        ),
        (
            "mirror: {platform: {architectures: [amd64], platforms: [{os: linux, architecture: arm64}]}}",
            "mirror.platform.platforms",
            "leave architectures out",
        ),
        (
            "mirror: {platform: {architectures: [x86_64]}}",
            "mirror.platform.architectures\\[0\\]",
            "none of amd64",
        ),
        ("mirror: {platform: {architectures: amd64}}", "mirror.platform.architectures", "has to be a list"),
        (
            "mirror: {platform: {architectures: [amd64, amd64]}}",
            "mirror.platform.architectures",
            "more than once",
        ),
        ("mirror: {platform: {channels: [{}]}}", r"mirror.platform.channels\[0\].name", "missing"),
        ("mirror: {platform: {channels: [stable]}}", r"mirror.platform.channels\[0\]", "has to be a mapping"),
        (
            "mirror: {platform: {channels: [{name: stable-4.20}, {name: stable-4.20}]}}",
            "mirror.platform.channels",
            "stable-4.20 is there more than once",
        ),
        (
            "mirror: {platform: {channels: [{name: a-4.20, minVersion: 4.20}]}}",
            r"mirror.platform.channels\[0\].minVersion",
            "put it in quotes",
        ),
        (
            "mirror: {platform: {channels: [{name: a-4.20, minVersion: '4.20'}]}}",
            r"mirror.platform.channels\[0\].minVersion",
            "not a version",
        ),
        (
            "mirror: {platform: {channels: [{name: a-4.20, minVersion: 4.20.5, maxVersion: 4.20.4}]}}",
            r"mirror.platform.channels\[0\].maxVersion",
            "older than the minVersion 4.20.5",
        ),
        (
            "mirror: {platform: {channels: [{name: x-4.1, type: xyz}]}}",
            r"channels\[0\].type",
            "has to be ocp or okd",
        ),
        (
            "mirror: {platform: {release: 'quay.io/a/b:1', channels: [{name: x-4.1}]}}",
            "mirror.platform.release",
            "one or the other",
        ),
        (
            "mirror: {platform: {release: quay.io/a/b}}",
            "mirror.platform.release",
            "neither a tag nor a digest",
        ),
        ("mirror: {platform: {kubeVirtContainer: true}}", "mirror.platform.kubeVirtContainer", "no release"),
        ("mirror: {additionalImages: [{name: ubi:latest}]}", r"additionalImages\[0\].name", "registry"),
        (
            "mirror: {additionalImages: [{name: 'oci:///srv/image'}]}",
            r"additionalImages\[0\].name",
            "'oci:///srv/image' is on a disk.*skopeo copy --all oci:/srv/image docker://",
        ),
        ("mirror: {additionalImages: [{name: 'oci:image'}]}", r"additionalImages\[0\].name", "oci:image"),
        ("mirror: {platform: {release: 'oci:///tmp/x'}}", "mirror.platform.release", "on a disk"),
        (
            "mirror: {additionalImages: [{name: 'quay.io/a/b:1', targetRepo: 'A:1'}]}",
            r"additionalImages\[0\].targetRepo",
            "not a repository",
        ),
        (
            "mirror: {additionalImages: [{name: 'quay.io/a/b:1', targetTag: '-x'}]}",
            r"additionalImages\[0\].targetTag",
            "not a tag",
        ),
        (
            "mirror: {platform: {}, blockedImages: [{name: '*x'}]}",
            r"blockedImages\[0\].name",
            "not a regular expression",
        ),
    ],
)
def test_what_is_wrong_is_named_by_its_path(body, path, said):
    with pytest.raises(ConfigError) as caught:
        read_text(HEAD + body if body != "{}" else HEAD)
    assert len(caught.value.why.splitlines()) == 1
    caught.match(f"{path}: .*({said})")


def test_all_problems_are_told_together_and_duplicates_with_their_line():
    with pytest.raises(ConfigError) as caught:
        read_text(
            "kind: ImageSet\napiVersion: mirror.openshift.io/v1alpha2\nmirror:\n"
            "  platform: {}\n  platform: {grpah: true}\n  samples: []\n",
            name="imageset.yaml",
        )
    lines = caught.value.why.splitlines()
    assert caught.value.what == "cannot use imageset.yaml"
    assert lines == [
        "line 5: the key platform is there twice in one mapping",
        "kind: it has to be ImageSetConfiguration, not ImageSet",
        next(line for line in lines if "v1alpha2 is the format of oc-mirror v1, which is gone" in line),
        next(line for line in lines if line.startswith("mirror.samples: ")),
        "mirror.platform.grpah: there is no such key; did you mean graph?",
    ]


@pytest.mark.parametrize("text", ["a: [", "- 1\n---\n- 2\n", "a: 2026-99-99", "\x00"])
def test_what_is_not_yaml_is_refused(text):
    with pytest.raises(ConfigError, match="it is not YAML"):
        read_text(text)


def test_a_list_or_nothing_is_no_image_set():
    with pytest.raises(ConfigError, match="the document: it has to be a mapping, not a list"):
        read_text("[1]")
    with pytest.raises(ConfigError, match="kind: it is missing"):
        read_text("")


def test_a_file_that_is_not_there_is_said_to_be_so(tmp_path):
    with pytest.raises(ConfigError, match=r"cannot read the image set .*absent\.yaml"):
        read_file(tmp_path / "absent.yaml")
