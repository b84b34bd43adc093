from __future__ import annotations

import pytest

from bootstrap.errors import ConfigError
from bootstrap.imageset.content import Chart, ChartRepository, Helm, Package, PackageChannel
from bootstrap.imageset.model import InstancePlatform
from bootstrap.imageset.read import read_text

HEAD = "kind: ImageSetConfiguration\napiVersion: mirror.openshift.io/v2alpha1\n"
INDEX = "registry.redhat.io/redhat/redhat-operator-index"
DIGEST = "sha256:" + "a" * 64

EVERYTHING = f"""{HEAD}
archiveSize: 8
mirror:
  operators:
  - catalog: {INDEX}:v4.20
    full: true
    skipDependencies: true
    targetCatalog: mine/operators
    targetTag: v1
    targetCatalogSourceTemplate: /srv/template.yaml
    platforms:
    - os: linux
      architecture: arm64
    packages:
    - name: aws-load-balancer-operator
      defaultChannel: stable-v1
      channels:
      - name: stable-v1
        minVersion: 1.1.0
        maxVersion: 1.2.0
    - name: 3scale-operator
      minVersion: v2.1
  - catalog: {INDEX}@{DIGEST}
  helm:
    repositories:
    - name: podinfo
      url: https://stefanprodan.example.com/podinfo
      charts:
      - name: podinfo
        version: 5.0.0
        imagePaths: ["{{.spec.image}}"]
    local:
    - path: /srv/chart.tgz
  additionalImages:
  - name: quay.io/team/app:1
    platforms: [{{os: linux, architecture: s390x}}]
"""


def test_operators_and_helm_are_read_whole():
    image_set = read_text(EVERYTHING)
    first, second = image_set.operators
    assert (first.catalog, str(first.source)) == (f"{INDEX}:v4.20", f"{INDEX}:v4.20")
    assert (first.is_full, first.skips_dependencies) == (True, True)
    assert (first.target_catalog, first.target_tag, first.source_template) == (
        "mine/operators",
        "v1",
        "/srv/template.yaml",
    )
    assert first.platforms == (InstancePlatform("linux", "arm64"),)
    assert first.packages == (
        Package("aws-load-balancer-operator", (PackageChannel("stable-v1", "1.1.0", "1.2.0"),), "stable-v1"),
        Package("3scale-operator", min_version="v2.1"),
    )
    assert (second.catalog, str(second.source)) == (f"{INDEX}@{DIGEST}",) * 2
    podinfo = Chart("podinfo", "5.0.0", image_paths=("{.spec.image}",))
    assert image_set.helm == Helm(
        (ChartRepository("podinfo", "https://stefanprodan.example.com/podinfo", (podinfo,)),),
        (Chart("", path="/srv/chart.tgz"),),
    )
    assert [str(image.source) for image in image_set.additional_images] == ["quay.io/team/app:1"]
    assert image_set.archive_size == 8


def test_the_document_is_kept_as_it_was_written():
    assert read_text(EVERYTHING).text == EVERYTHING


@pytest.mark.parametrize(
    ("body", "lacking"),
    [
        (f"operators: [{{catalog: '{INDEX}:v4.20'}}]", ("operators",)),
        ("helm: {local: [{path: /srv/chart}]}", ("helm",)),
        ("platform: {}, helm: {}", ()),
        ("platform: {}, operators: []", ()),
        ("platform: {channels: [{name: 4-stable, type: okd}]}", ("channels of type okd",)),
        ("platform: {channels: [{name: a-4.20}], platforms: [{os: linux, architecture: arm64}]}", ()),
        (
            "additionalImages: [{name: 'quay.io/a/b:1', platforms: [{os: linux, architecture: arm64}]}]",
            (),
        ),
        ("platform: {channels: [{name: stable-4.20}], kubeVirtContainer: true}", ()),
    ],
)
def test_what_only_oc_mirror_can_do_is_named(body, lacking):
    assert read_text(f"{HEAD}mirror: {{{body}}}").needs_oc_mirror == lacking


def _operators(*entries: str) -> str:
    return f"mirror: {{operators: [{', '.join(entries)}]}}"


@pytest.mark.parametrize(
    ("body", "path", "said"),
    [
        (_operators("{}"), r"operators\[0\].catalog", "missing"),
        (_operators("{catalog: 'quay.io/a/b'}"), r"operators\[0\].catalog", "neither a tag nor a digest"),
        (
            _operators("{catalog: 'oci:///srv/catalog'}"),
            r"operators\[0\].catalog",
            "on a disk.*oci:/srv/catalog",
        ),
        (
            _operators("{catalog: 'quay.io/a/b:1'}", "{catalog: 'quay.io/a/b:1'}"),
            "mirror.operators",
            "quay.io/a/b:1 is there more than once",
        ),
        (
            _operators(
                "{catalog: 'quay.io/a/b:1'}", "{catalog: 'quay.io/a/c:2', targetCatalog: a/b, targetTag: '1'}"
            ),
            "mirror.operators",
            "quay.io/a/b:1 is there more than once",
        ),
        (
            _operators("{catalog: 'quay.io/a/b:1', targetCatalog: 'quay.io/x:1'}"),
            r"operators\[0\].targetCatalog",
            "not a repository",
        ),
        (_operators("{catalog: 'quay.io/a/b:1', targetTag: 'a b'}"), "targetTag", "not a tag"),
        (_operators("{catalog: 'quay.io/a/b:1', targetName: b}"), "targetName", "use targetCatalog"),
        (_operators("{catalog: 'quay.io/a/b:1', packages: [{}]}"), r"packages\[0\].name", "missing"),
        (
            _operators("{catalog: 'quay.io/a/b:1', packages: [{name: x}, {name: x}]}"),
            r"operators\[0\].packages",
            "x is there more than once",
        ),
        (
            _operators("{catalog: 'quay.io/a/b:1', packages: [{name: x, minVersion: 1.x}]}"),
            r"packages\[0\].minVersion",
            "not a version",
        ),
        (
            _operators("{catalog: 'quay.io/a/b:1', packages: [{name: x, channels: [{name: c}, {name: c}]}]}"),
            r"packages\[0\].channels",
            "c is there more than once",
        ),
        (
            _operators(
                "{catalog: 'quay.io/a/b:1', packages: [{name: x, maxVersion: 1.0.0,"
                " channels: [{name: c, minVersion: 1.0.0}]}]}"
            ),
            r"packages\[0\].channels",
            "not both",
        ),
        (
            "mirror: {helm: {repositories: [{name: x}]}}",
            r"helm.repositories\[0\].url",
            "missing",
        ),
        ("mirror: {helm: {local: [{name: x}]}}", r"helm.local\[0\].path", "missing"),
        (
            "mirror: {helm: {local: [{path: x, imagePaths: [1]}]}}",
            r"helm.local\[0\].imagePaths\[0\]",
            "JSON path",
        ),
    ],
)
def test_what_is_wrong_is_named_by_its_path(body, path, said):
    with pytest.raises(ConfigError) as caught:
        read_text(HEAD + body)
    assert len(caught.value.why.splitlines()) == 1
    caught.match(f"{path}: .*{said}")
