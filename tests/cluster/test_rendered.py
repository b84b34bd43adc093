"""What clusters take, rendered from a ledger over several runs."""

import base64
import re

import jsonschema
import pytest
import yaml

from bootstrap.cluster.rendered import render
from tests.cluster.crds import needs_crds, validate
from tests.cluster.ledgers import (
    DIGESTS,
    REGISTRIES,
    catalog_source,
    cluster_catalog,
    entry,
    full,
    release,
)


def rendered(ledger, registries=REGISTRIES):
    return render(ledger.to_json(), registries)


def only(found, kind):
    (item,) = [each for each in found.objects if each["kind"] == kind]
    return item


def named(found):
    return [(item["kind"], item["metadata"]["name"]) for item in found.objects]


def test_every_kind_has_a_file_and_the_readme_names_them_in_the_order_to_apply_them():
    files = rendered(full()).files()
    assert list(files) == [
        "idms.yaml",
        "itms.yaml",
        "signatures.yaml",
        "catalog-sources.yaml",
        "cluster-catalogs.yaml",
        "update-service.yaml",
        "README.md",
    ]
    positions = [files["README.md"].index(f"`{name}`") for name in list(files)[:-1]]
    assert positions == sorted(positions)
    assert all(list(yaml.safe_load_all(text)) for name, text in files.items() if name.endswith(".yaml"))


def test_there_is_no_file_without_an_object():
    ledger = full().__class__().with_images([entry("additional", f"quay.io/a/b@{DIGESTS[0]}", "a/b")])
    assert list(rendered(ledger).files()) == ["idms.yaml", "README.md"]


@needs_crds
def test_the_real_crds_accept_everything():
    checked = []
    for item in rendered(full()).objects:
        if item["kind"] not in ("ConfigMap", "ClusterCatalog"):  # in Kubernetes itself; not among the CRDs
            validate(item)
            checked.append(item["kind"])
    assert sorted(set(checked)) == [
        "CatalogSource",
        "ImageDigestMirrorSet",
        "ImageTagMirrorSet",
        "UpdateService",
    ]


def test_a_cluster_catalog_is_what_its_crd_wants():
    # operator-controller, config/base/catalogd/crd/standard/…clustercatalogs.yaml: cluster-scoped, an image
    # with a tag or digest; the rule for a tag counts from the first colon, which is that of the port
    item = only(rendered(full()), "ClusterCatalog")
    assert item["apiVersion"] == "olm.operatorframework.io/v1"
    assert set(item) == {"apiVersion", "kind", "metadata", "spec"}
    assert set(item["metadata"]) == {"name"}
    assert item["spec"]["source"]["type"] == "Image"
    ref = item["spec"]["source"]["image"]["ref"]
    assert re.fullmatch(r"[\w.-]+(:\d+)?(/[a-z0-9._-]+)+(:[\w][\w.-]*|@sha256:[0-9a-f]{64})", ref)
    assert len(ref.partition(":")[2]) <= 127


@needs_crds
@pytest.mark.parametrize(
    ("kind", "break_it"),
    [
        ("ImageDigestMirrorSet", lambda spec: spec["imageDigestMirrors"][0]["mirrors"].append("a.io:x")),
        ("ImageDigestMirrorSet", lambda spec: spec["imageDigestMirrors"][0].update(mirror="typo")),
        (
            "ImageTagMirrorSet",
            lambda spec: spec["imageTagMirrors"][0].update(mirrors=["a.io/b", "a.io/b"]),
        ),
        ("UpdateService", lambda spec: spec.pop("releases")),
        ("CatalogSource", lambda spec: spec.pop("sourceType")),
    ],
)
def test_the_check_against_the_crds_notices(kind, break_it):
    item = next(each for each in rendered(full()).objects if each["kind"] == kind)
    break_it(item["spec"])
    with pytest.raises(jsonschema.ValidationError):
        validate(item)


def test_the_update_service_is_oc_mirrors_and_names_graph_data_by_digest():
    assert only(rendered(full()), "UpdateService") == {
        "apiVersion": "updateservice.operator.openshift.io/v1",
        "kind": "UpdateService",
        "metadata": {"name": "update-service-oc-mirror", "namespace": "openshift-update-service"},
        "spec": {
            "replicas": 2,
            "releases": f"{REGISTRIES[0]}/openshift/release-images",
            "graphDataImage": f"{REGISTRIES[0]}/openshift/graph-image@{DIGESTS[2]}",
        },
    }


def test_renewed_graph_data_edits_the_update_service():
    graph = entry(
        "graph",
        "localhost/openshift/graph-image:latest",
        "openshift/graph-image",
        digest=DIGESTS[4],
        at="2026-11-22T10:00:00Z",
    )
    found = only(rendered(full().with_images([graph])), "UpdateService")
    assert found["spec"]["graphDataImage"].endswith(DIGESTS[4])
    assert found["metadata"] == only(rendered(full()), "UpdateService")["metadata"]


def test_signatures_of_all_runs_are_kept_and_are_what_was_published():
    later = full().with_releases(
        [release("4.20.2", DIGESTS[1], b"second"), release("4.20.3", DIGESTS[2], None)]
    )
    item = only(rendered(later), "ConfigMap")
    assert item["metadata"] == {
        "name": "mirrored-release-signatures",
        "namespace": "openshift-config-managed",
        "labels": {"release.openshift.io/verification-signatures": ""},
    }
    data = {key: base64.b64decode(value) for key, value in item["binaryData"].items()}
    assert data == {f"sha256-{'a' * 64}-1": b"signed", f"sha256-{'b' * 64}-1": b"second"}


def test_more_signatures_than_an_apply_takes_go_into_more_objects_and_none_is_lost():
    releases = [release(f"4.20.{number}", f"sha256:{number:064x}", b"s" * 900) for number in range(200)]
    items = [item for item in rendered(full().with_releases(releases)).objects if item["kind"] == "ConfigMap"]
    assert [item["metadata"]["name"] for item in items] == [
        "mirrored-release-signatures",
        "mirrored-release-signatures-2",
    ]
    assert sum(len(item["binaryData"]) for item in items) == 201
    assert all(len(str(item)) < 256 * 1024 for item in items)
    assert all(item["metadata"]["labels"] for item in items)


def test_a_run_that_added_something_renames_nothing_and_keeps_all():
    before = rendered(full())
    later = rendered(
        full()
        .with_images([entry("additional", "quay.io/new/one:1", "new/one")])
        .with_releases([release("4.20.2", DIGESTS[5])])
        .with_resources([catalog_source("cs-other-index-v4-20"), cluster_catalog(at="2027-01-01T00:00:00Z")])
    )
    assert set(named(before)) < set(named(later))
    assert set(named(later)) - set(named(before)) == {("CatalogSource", "cs-other-index-v4-20")}


def test_a_catalog_that_was_only_dated_anew_changes_nothing():
    again = full().with_resources(
        [catalog_source(at="2027-01-01T00:00:00Z"), cluster_catalog(at="2027-01-01T00:00:00Z")]
    )
    assert rendered(again).files() == rendered(full()).files()


def test_an_annotation_of_the_users_template_is_kept():
    item = catalog_source()
    item["metadata"]["annotations"]["team"] = "storage"
    found = only(rendered(full().with_resources([item])), "CatalogSource")
    assert found["metadata"]["annotations"] == {"team": "storage"}


@pytest.mark.parametrize("make", [catalog_source, cluster_catalog])
def test_a_catalog_elsewhere_than_on_our_registries_is_left_out_and_told(make):
    item = make("a-catalog", registry="old.example.com:5000")
    found = rendered(full().with_resources([item]))
    (problem,) = found.left_out
    assert f"{item['kind']} a-catalog is left out" in problem.what
    assert "old.example.com:5000/redhat/redhat-operator-index:v4.20" in problem.why
    assert "a-catalog" not in str(found.objects)


def test_a_catalog_on_the_second_registry_is_ours():
    found = rendered(full().with_resources([catalog_source(registry=REGISTRIES[1])]))
    assert found.left_out == ()
