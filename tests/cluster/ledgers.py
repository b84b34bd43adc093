"""Ledgers as runs leave them, made by the ledger itself."""

from bootstrap.cluster.given import Given
from bootstrap.credentials.pull_secret import entry as entry_of
from bootstrap.mirror.collected import Release
from bootstrap.mirror.ledger import Entry, Ledger
from bootstrap.oci.digest import Digest
from tests.fakes.tls import Authority

REGISTRIES = ["registry1.example.com:5000", "registry2.example.com:5000"]
CA = Authority("Site CA").pem
DIGESTS = [f"sha256:{letter * 64}" for letter in "abcdef"]


def entry(kind, source, destination, *, tag="latest", digest=DIGESTS[0], at="2026-11-21T10:00:00Z"):
    """An image of a ledger."""
    return Entry(
        kind, source, None, destination, tag, digest, 1, None, None, None, tuple(REGISTRIES), "r", at
    )


def release(version, digest, signature=b"signed"):
    """A release of a ledger."""
    return Release(version, "amd64", Digest(digest), ("stable-4.20",), signature)


def catalog_source(name="cs-redhat-operator-index-v4-20", registry=REGISTRIES[0], at="2026-11-21T10:00:00Z"):
    """What oc-mirror v2 writes."""
    return {
        "apiVersion": "operators.coreos.com/v1alpha1",
        "kind": "CatalogSource",
        "metadata": {
            "name": name,
            "namespace": "openshift-marketplace",
            "annotations": {"createdAt": at, "createdBy": "oc-mirror v2", "oc-mirror_version": "v1"},
        },
        "spec": {"image": f"{registry}/redhat/redhat-operator-index:v4.20", "sourceType": "grpc"},
    }


def cluster_catalog(name="cc-redhat-operator-index-v4-20", registry=REGISTRIES[0], at="2026-11-21T10:00:00Z"):
    """What oc-mirror v2 writes."""
    return {
        "apiVersion": "olm.operatorframework.io/v1",
        "kind": "ClusterCatalog",
        "metadata": {"name": name, "annotations": {"createdAt": at}},
        "spec": {
            "source": {"image": {"ref": f"{registry}/redhat/redhat-operator-index:v4.20"}, "type": "Image"}
        },
    }


def full():
    """A ledger of everything."""
    images = [
        entry(
            "release", f"quay.io/openshift-release-dev/ocp-release@{DIGESTS[0]}", "openshift/release-images"
        ),
        entry(
            "component", f"quay.io/openshift-release-dev/ocp-v4.0-art-dev@{DIGESTS[1]}", "openshift/release"
        ),
        entry("graph", "localhost/openshift/graph-image:latest", "openshift/graph-image", digest=DIGESTS[2]),
        entry("additional", "registry.redhat.io/ubi9/ubi-micro:latest", "ubi9/ubi-micro"),
        entry("operator", f"registry.redhat.io/op/op@{DIGESTS[3]}", "op/op"),
        entry("catalog", "registry.redhat.io/redhat/redhat-operator-index:v4.20", "redhat/index"),
    ]
    return (
        Ledger()
        .with_images(images)
        .with_releases([release("4.20.1", DIGESTS[0])])
        .with_resources([catalog_source(), cluster_catalog()])
    )


def given(ledger=None, **changed):
    """What a site gives its clusters: a ledger of everything, unless another is given."""
    values = {
        "site": "lab",
        "registries": tuple(REGISTRIES),
        "ledger": (ledger or full()).to_json(),
        "trust": dict.fromkeys(REGISTRIES, CA),
        "auths": {each: entry_of("registry", "secret") for each in REGISTRIES},
    }
    return Given(**{**values, **changed})
