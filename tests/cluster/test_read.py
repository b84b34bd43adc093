"""Row F2: what oc-mirror leaves, of version 2 and of version 1, is read, is valid, and is compared."""

import base64
import json

import pytest

from bootstrap.cluster.compare import compare
from bootstrap.cluster.drains import Effect
from bootstrap.cluster.mirror_files import image_content_source_policies
from bootstrap.cluster.mirror_sets import image_digest_mirror_sets, to_yaml
from bootstrap.cluster.read import read_objects
from bootstrap.cluster.rendered import render
from bootstrap.cluster.take_away import TakeAway, write
from bootstrap.errors import ConfigError
from tests.cluster.crds import needs_crds, validate
from tests.cluster.ledgers import DIGESTS, REGISTRIES, catalog_source, cluster_catalog, full, given

IMAGES = "openshift-release-dev/ocp-release"


def mirror_set(kind, name, field, *entries):
    return {
        "apiVersion": "config.openshift.io/v1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": {field: [{"mirrors": [mirror], "source": source} for source, mirror in entries]},
        "status": {},
    }


@pytest.fixture
def left_by_version_2(tmp_path):
    """A ``cluster-resources`` directory with oc-mirror v2's file names (855b64a, clusterresources.go)."""
    release = (f"quay.io/{IMAGES}", f"{REGISTRIES[0]}/openshift/release-images")
    signature = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "mirrored-release-signatures",
            "namespace": "openshift-config-managed",
            "labels": {"release.openshift.io/verification-signatures": ""},
        },
        "binaryData": {f"sha256-{'a' * 64}-1": base64.b64encode(b"signed").decode()},
    }
    service = {
        "apiVersion": "updateservice.operator.openshift.io/v1",
        "kind": "UpdateService",
        "metadata": {"name": "update-service-oc-mirror", "namespace": "openshift-update-service"},
        "spec": {
            "graphDataImage": f"{REGISTRIES[0]}/openshift/graph-image@{DIGESTS[2]}",
            "releases": f"{REGISTRIES[0]}/openshift/release-images",
            "replicas": 2,
        },
        "status": {},
    }
    idms = mirror_set("ImageDigestMirrorSet", "idms-release-0", "imageDigestMirrors", release)
    itms = mirror_set("ImageTagMirrorSet", "itms-release-0", "imageTagMirrors", release)
    for name, item in {
        "idms-oc-mirror.yaml": idms,
        "itms-oc-mirror.yaml": itms,
        "cs-redhat-operator-index-v4-20.yaml": catalog_source(),
        "cc-redhat-operator-index-v4-20.yaml": cluster_catalog(),
        "updateService.yaml": service,
        "signature-configmap.yaml": signature,
    }.items():
        (tmp_path / name).write_text(to_yaml([item]))
    (tmp_path / "signature-configmap.json").write_text(json.dumps(signature))
    return tmp_path


def test_f2_all_that_version_2_leaves_is_read_and_the_difference_to_ours_is_what_is_mirrored_since(
    left_by_version_2,
):
    found = read_objects(left_by_version_2)
    assert len(found) == 7
    changes = {
        each.kind: each.change
        for each in compare(found, render(full().to_json(), REGISTRIES).objects).objects
    }
    assert changes["ConfigMap"] == changes["UpdateService"] == changes["CatalogSource"] == "unchanged"
    assert changes["ImageDigestMirrorSet"] in ("changed", "added")


@needs_crds
def test_a_directory_that_a_command_wrote_has_objects_and_nothing_else(tmp_path):
    write(
        tmp_path, TakeAway.of_objects({"idms.yaml": image_digest_mirror_sets(given().mirrors)}), "resources a"
    )
    assert {item["kind"] for item in read_objects(tmp_path)} == {"ImageDigestMirrorSet"}
    with pytest.raises(ConfigError) as refused:
        read_objects(tmp_path / "nowhere")
    assert refused.value.why == "No such file or directory"


def test_f2_all_of_it_is_valid(left_by_version_2):
    for item in read_objects(left_by_version_2):
        if item["kind"] != "ClusterCatalog":  # it is not among the CRDs
            validate({key: value for key, value in item.items() if key != "status"})


def test_f2_the_policy_of_version_1_counts_as_the_mirror_sets_that_it_becomes(tmp_path):
    (tmp_path / "imageContentSourcePolicy.yaml").write_text(
        to_yaml(image_content_source_policies(given().mirrors))
    )
    old = read_objects(tmp_path)
    assert {item["kind"] for item in old} == {"ImageContentSourcePolicy"}
    digests = [
        item
        for item in render(full().to_json(), REGISTRIES).objects
        if item["kind"] == "ImageDigestMirrorSet"
    ]
    found = compare([{**item, "metadata": {**item["metadata"], "uid": "1"}} for item in old], digests)
    assert found.is_different
    assert found.nodes.effect == Effect.NOTHING  # the same registries.conf
