"""Mirror sets from a ledger: what stands in for what, and how it is written down."""

import pytest
import yaml

from bootstrap.cluster.mirror_sets import (
    image_digest_mirror_sets,
    image_tag_mirror_sets,
    to_yaml,
)
from bootstrap.errors import HostError
from bootstrap.mirror.mirror_sets import mirrors_of

DIGEST = "sha256:" + "a" * 64
REGISTRIES = ["registry1.example.com:5000", "registry2.example.com:5000"]


def image(kind, source, destination):
    return {"kind": kind, "source": source, "destination": destination}


LEDGER = {
    "images": [
        image("release", f"quay.io/openshift-release-dev/ocp-release@{DIGEST}", "openshift/release-images"),
        image("component", f"quay.io/openshift-release-dev/ocp-v4.0-art-dev@{DIGEST}", "openshift/release"),
        image("component", f"quay.io/openshift-release-dev/ocp-v4.0-art-dev@{DIGEST}", "openshift/release"),
        image("additional", "registry.redhat.io/ubi9/ubi-micro:latest", "ubi9/ubi-micro"),
        image("additional", f"quay.io/team/tool@{DIGEST}", "elsewhere/renamed"),
    ]
}


def entries(objects, field):
    return {entry["source"]: entry["mirrors"] for item in objects for entry in item["spec"][field]}


def test_release_content_is_mapped_repository_by_repository():
    found = entries(image_digest_mirror_sets(mirrors_of(LEDGER, REGISTRIES)), "imageDigestMirrors")
    assert found["quay.io/openshift-release-dev/ocp-release"] == [
        "registry1.example.com:5000/openshift/release-images",
        "registry2.example.com:5000/openshift/release-images",
    ]
    assert found["quay.io/openshift-release-dev/ocp-v4.0-art-dev"][0].endswith("/openshift/release")


def test_other_content_is_mapped_by_namespace_unless_it_was_renamed():
    found = entries(image_digest_mirror_sets(mirrors_of(LEDGER, REGISTRIES)), "imageDigestMirrors")
    assert found["registry.redhat.io/ubi9"][0] == "registry1.example.com:5000/ubi9"
    assert found["quay.io/team/tool"][0] == "registry1.example.com:5000/elsewhere/renamed"


def test_only_what_was_named_by_tag_is_in_the_tag_mirror_set():
    found = entries(image_tag_mirror_sets(mirrors_of(LEDGER, REGISTRIES)), "imageTagMirrors")
    assert "registry.redhat.io/ubi9" in found
    assert "quay.io/team/tool" not in found


def test_the_tag_mirror_set_has_release_images_and_not_their_components_as_oc_mirror_does():
    # clusterresources.go, generateImageMirrors: a component is named by its digest alone
    found = entries(image_tag_mirror_sets(mirrors_of(LEDGER, REGISTRIES)), "imageTagMirrors")
    assert "quay.io/openshift-release-dev/ocp-release" in found
    assert "quay.io/openshift-release-dev/ocp-v4.0-art-dev" not in found


def test_operators_have_an_object_of_their_own_and_catalogs_none():
    ledger = {
        "images": [
            image("operator", f"registry.redhat.io/a/op@{DIGEST}", "a/op"),
            image("catalog", "registry.redhat.io/redhat/index:v4.20", "redhat/index"),
        ]
    }
    objects = image_digest_mirror_sets(mirrors_of(ledger, REGISTRIES))
    assert [item["metadata"]["name"] for item in objects] == ["idms-operator-0"]
    assert list(entries(objects, "imageDigestMirrors")) == ["registry.redhat.io/a"]


def test_a_repository_that_went_to_two_places_is_one_entry_with_the_first_registry_first():
    ledger = {
        "images": [
            image("additional", f"quay.io/team/tool@{DIGEST}", "team/tool"),
            image("additional", f"quay.io/team/tool@{DIGEST}", "elsewhere/renamed"),
        ]
    }
    found = entries(image_digest_mirror_sets(mirrors_of(ledger, REGISTRIES)), "imageDigestMirrors")
    assert found["quay.io/team/tool"] == [
        "registry1.example.com:5000/elsewhere/renamed",
        "registry1.example.com:5000/team/tool",
        "registry2.example.com:5000/elsewhere/renamed",
        "registry2.example.com:5000/team/tool",
    ]


def test_the_same_ledger_in_another_order_gives_the_same_bytes():
    turned = {"images": LEDGER["images"][::-1]}
    texts = [to_yaml(image_digest_mirror_sets(mirrors_of(item, REGISTRIES))) for item in (LEDGER, turned)]
    assert texts[0] == texts[1]
    assert [item["metadata"]["name"] for item in yaml.safe_load_all(texts[0])] == [
        "idms-release-0",
        "idms-generic-0",
    ]


def test_nothing_mirrored_is_an_empty_stream():
    assert to_yaml(image_tag_mirror_sets(mirrors_of({"images": []}, REGISTRIES))) == ""


def test_an_unknown_kind_is_refused_by_name():
    with pytest.raises(HostError) as caught:
        mirrors_of({"images": [image("firmware", "quay.io/a/b:1", "a/b")]}, REGISTRIES)
    assert "'firmware'" in caught.value.why
