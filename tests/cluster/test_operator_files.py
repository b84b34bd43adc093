"""Catalogs and the update service, singly."""

import pytest
import yaml

from bootstrap.cluster.operator_files import catalog_files, update_service_files
from bootstrap.errors import ConfigError, HostError
from bootstrap.mirror.ledger import Ledger
from tests.cluster.crds import needs_crds, validate
from tests.cluster.ledgers import DIGESTS, REGISTRIES, catalog_source, entry, full, given


def objects(found):
    return [item for text in found.files.values() for item in yaml.safe_load_all(text)]


def only(found, kind):
    (item,) = [each for each in objects(found) if each["kind"] == kind]
    return item


@needs_crds
@pytest.mark.parametrize("make", [catalog_files, update_service_files])
def test_f2_the_real_crds_accept_everything(make):
    checked = [item["kind"] for item in objects(make(given())) if item["kind"] != "ClusterCatalog"]
    assert len(checked) > 1
    for item in objects(make(given())):
        if item["kind"] != "ClusterCatalog":  # it is not among them
            validate(item)


def test_the_default_catalogs_go_before_the_mirrored_ones_come():
    found = catalog_files(given())
    assert list(found.files) == ["operator-hub.yaml", "catalog-sources.yaml", "cluster-catalogs.yaml"]
    assert only(found, "OperatorHub")["spec"] == {"disableAllDefaultSources": True}
    assert sum("oc patch clustercatalog openshift-" in note for note in found.notes) == 4


def test_a_catalog_elsewhere_is_left_out_and_told():
    ledger = full().with_resources([catalog_source("cs-old", registry="old.example.com:5000")])
    found = catalog_files(given(ledger))
    assert "cs-old" not in found.files["catalog-sources.yaml"]
    assert "CatalogSource cs-old is left out" in found.notes[0]


def test_no_catalog_is_an_error_that_says_why():
    with pytest.raises(HostError, match="no catalog is mirrored"):
        catalog_files(given(Ledger()))
    ledger = Ledger().with_resources([catalog_source("cs-old", registry="old.example.com:5000")])
    with pytest.raises(HostError, match="cs-old is left out"):
        catalog_files(given(ledger))


def test_the_operator_of_the_update_service_comes_first_in_its_own_namespace_from_the_mirrored_catalog():
    found = update_service_files(given())
    assert [item["kind"] for item in objects(found)] == [
        "Namespace",
        "OperatorGroup",
        "Subscription",
        "UpdateService",
    ]
    assert only(found, "OperatorGroup")["spec"] == {"targetNamespaces": ["openshift-update-service"]}
    assert only(found, "Subscription")["spec"]["source"] == "cs-redhat-operator-index-v4-20"


def test_the_operator_of_the_update_service_comes_from_the_newest_catalog():
    names = [f"cs-redhat-operator-index-v4-{minor}" for minor in (9, 20, 19)]
    found = update_service_files(given(full().with_resources([catalog_source(name) for name in names])))
    assert "source: cs-redhat-operator-index-v4-20\n" in found.files["1-operator.yaml"]


def test_the_update_service_can_read_another_registry_of_the_site():
    spec = only(update_service_files(given(), registry=REGISTRIES[1]), "UpdateService")["spec"]
    assert spec["releases"].startswith(REGISTRIES[1])
    assert spec["graphDataImage"].startswith(REGISTRIES[1])
    with pytest.raises(ConfigError, match="elsewhere:5000"):
        update_service_files(given(), registry="elsewhere:5000")


def test_without_graph_data_there_is_none():
    with pytest.raises(HostError, match="graph: true"):
        update_service_files(given(Ledger()))


def test_what_is_missing_for_its_operator_is_told():
    graph = entry("graph", "localhost/openshift/graph-image:latest", "openshift/graph-image")
    bare = update_service_files(given(Ledger().with_images([graph])))
    assert "Subscription" not in [item["kind"] for item in objects(bare)]
    assert "name one with --catalog" in bare.notes[0]
    assert "cincinnati-operator in the image set" in bare.notes[1]
    operator = entry(
        "operator",
        f"registry.redhat.io/openshift-update-service/openshift-update-service-rhel8@{DIGESTS[4]}",
        "openshift-update-service/openshift-update-service-rhel8",
    )
    whole = update_service_files(given(full().with_images([operator])))
    assert not any("image set" in note or "--catalog" in note for note in whole.notes)
    assert only(update_service_files(given(), catalog="mine"), "Subscription")["spec"]["source"] == "mine"


def test_clusters_are_told_how_they_come_to_trust_and_ask_it():
    notes = "\n".join(update_service_files(given()).notes)
    assert not [note for note in update_service_files(given()).notes if len(note) < 20]
    assert "updateservice-registry" in notes
    assert "default-ingress-cert" in notes
    assert "oc patch clusterversion version --type merge" in notes
