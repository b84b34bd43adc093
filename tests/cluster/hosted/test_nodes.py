"""Row H: nodes of each architecture and number, and the release that they get."""

from dataclasses import replace

import pytest

from tests.cluster.crds import needs_crds, validate
from tests.cluster.hosted.site import document, ledger, objects, of_site, only, rendered
from tests.cluster.ledgers import DIGESTS


def of_architectures(*architectures):
    """A site that has mirrored release 4.20.1 for each of these, with a digest of its own."""
    held = ledger().to_json()
    (one,) = held["releases"]
    (image,) = [each for each in held["images"] if each["kind"] == "release"]
    digests = dict(zip(architectures, DIGESTS, strict=False))
    releases = [{**one, "architecture": each, "digest": digests[each]} for each in digests]
    images = [*held["images"], *({**image, "digest": each} for each in digests.values())]
    return replace(of_site(), ledger={**held, "releases": releases, "images": images})


def asked_for(architecture):
    return document(release={"architecture": architecture})


@needs_crds
@pytest.mark.parametrize("architecture", ["amd64", "arm64", "ppc64le"])
def test_h1_the_real_crds_accept_nodes_of_every_architecture_that_may_be_asked_for(tmp_path, architecture):
    made = rendered(tmp_path, asked_for(architecture), of_architectures("multi"))
    assert only(made, "NodePool")["spec"]["arch"] == architecture
    for item in objects(made):
        validate(item)


@pytest.mark.parametrize(
    ("wanted", "mirrored", "digest", "is_told"),
    [
        ("amd64", ("amd64", "multi"), DIGESTS[0], False),
        ("arm64", ("arm64", "multi"), DIGESTS[1], False),
        ("arm64", ("arm64",), DIGESTS[0], True),
    ],
)
def test_the_release_of_other_nodes_has_a_control_plane_for_the_management_cluster_or_it_is_told(
    tmp_path, wanted, mirrored, digest, is_told
):
    made = rendered(tmp_path, asked_for(wanted), of_architectures(*mirrored))
    assert only(made, "NodePool")["spec"]["release"]["image"].endswith(digest)
    assert any(f"the control plane is of {wanted}, too" in note for note in made.notes) is is_told


@pytest.mark.parametrize(
    ("replicas", "availability", "is_told"),
    [(1, "HighlyAvailable", True), (2, "HighlyAvailable", False), (1, "SingleReplica", False)],
)
def test_one_node_for_what_wants_two_is_told(tmp_path, replicas, availability, is_told):
    wanted = document(nodePool={"replicas": replicas}, controlPlane={"availability": availability})
    assert any("want two nodes" in note for note in rendered(tmp_path, wanted).notes) is is_told
