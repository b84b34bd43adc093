"""Synthetic releases: in the real format, and the same from the same seed."""

import base64
import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from bootstrap.oci.digest import Digest
from bootstrap.oci.manifest import Index, Manifest, parse_manifest
from bootstrap.release.graph import parse_graph
from bootstrap.release.payload import read_payload
from bootstrap.release.version import Version
from bootstrap.sandbox.release import (
    COMPONENTS,
    OPERATOR,
    RELEASES,
    ReleaseSpec,
    component_names,
    publish,
    sigstore_key,
)
from bootstrap.store.memory import MemoryStore

SMALL = ReleaseSpec(
    versions=("4.20.1", "4.20.2", "4.20.3"),
    architectures=("amd64", "multi"),
    components=5,
    component_size=2000,
    base_sizes=(3000, 1000),
)

KNOWN = "sha256:7b0b7e136314435f353a8dc0c0c0524ac0bfd0fb225a43e08e15122b20313dbe"


@pytest.fixture(scope="module")
def store():
    return MemoryStore()


@pytest.fixture(scope="module")
def published(store):
    return publish(store, SMALL)


def release(published, version, architecture="amd64"):
    return next(r for r in published.releases if (r.version, r.architecture) == (version, architecture))


def manifest(store, repository, digest):
    return parse_manifest(*store.manifest(repository, digest))


def blob(store, repository, descriptor):
    with store.open_blob(repository, descriptor) as chunks:
        return b"".join(chunks)


def test_the_same_spec_gives_the_same_digests_and_another_seed_others(published):
    again = publish(MemoryStore(), SMALL)
    assert again == published
    other = publish(MemoryStore(), ReleaseSpec(("4.20.1",), components=1, component_size=10, seed="other"))
    assert other.releases[0].digest not in {r.digest for r in published.releases}


def test_our_reader_of_payloads_finds_every_component(store, published):
    wanted = release(published, "4.20.3")
    payload = read_payload(store, RELEASES, wanted.digest, name="4.20.3")
    assert (str(payload.version), payload.architecture) == ("4.20.3", "amd64")
    assert {c.name: c.image.digest for c in payload.components} == wanted.components
    assert {c.image.name for c in payload.components} == {f"quay.io/{COMPONENTS}"}
    assert store.manifest_exists(COMPONENTS, str(payload.kubevirt["x86_64"].digest))


def test_a_release_image_is_the_operator_and_one_more_layer(store, published):
    wanted = release(published, "4.20.2")
    image = manifest(store, RELEASES, wanted.digest)
    operator = manifest(store, COMPONENTS, wanted.components[OPERATOR])
    assert image.layers[:-1] == operator.layers
    labels = json.loads(blob(store, RELEASES, image.config))["config"]["Labels"]
    assert labels == {
        "io.openshift.release": "4.20.2",
        "io.openshift.release.base-image-digest": str(wanted.components[OPERATOR]),
    }
    assert json.loads(blob(store, COMPONENTS, operator.config))["config"]["Labels"][
        "io.openshift.release.operator"
    ]


def test_components_share_their_base_and_half_of_them_with_the_next_release(store, published):
    first, second = (release(published, v).components for v in ("4.20.1", "4.20.2"))
    same = [name for name in first if first[name] == second[name]]
    assert 0 < len(same) < len(first)
    bases = {manifest(store, COMPONENTS, digest).layers[:2] for digest in first.values()}
    assert len(bases) == 1


def test_a_multi_release_is_indexes_all_the_way(store, published):
    wanted = release(published, "4.20.1", "multi")
    index = manifest(store, RELEASES, wanted.digest)
    assert isinstance(index, Index)
    assert [child.platform.architecture for child in index.manifests] == ["amd64", "arm64"]
    assert all(isinstance(manifest(store, COMPONENTS, d), Index) for d in wanted.components.values())
    assert read_payload(store, RELEASES, wanted.digest, name="multi").architecture == "multi"


def test_the_signature_image_beside_a_release_is_good(store, published):
    wanted = release(published, "4.20.3")
    found = store.resolve(RELEASES, f"sha256-{wanted.digest.hex}.sig")
    image = manifest(store, RELEASES, found.digest)
    assert isinstance(image, Manifest)
    layer = image.layers[0]
    content = blob(store, RELEASES, layer)
    assert json.loads(content)["critical"]["image"]["docker-manifest-digest"] == str(wanted.digest)
    signature = base64.b64decode(layer.annotations["dev.cosignproject.cosign/signature"])
    sigstore_key(SMALL.seed).public_key().verify(signature, content, ec.ECDSA(hashes.SHA256()))


def test_the_update_graph_leads_from_the_first_to_the_last(published):
    graph = parse_graph(json.dumps(published.graphs["stable-4.20/amd64"]).encode())
    path = graph.shortest_path(Version.parse("4.20.1"), Version.parse("4.20.3"))
    assert [str(node.version) for node in path] == ["4.20.1", "4.20.2", "4.20.3"]
    assert path[-1].payload.digest == release(published, "4.20.3").digest
    assert path[0].channels == SMALL.channels


def test_a_jump_over_releases_is_a_conditional_update(published):
    graph = published.graphs["stable-4.20/multi"]
    assert [0, 2] not in graph["edges"]
    assert graph["conditionalEdges"][0]["edges"] == [{"from": "4.20.1", "to": "4.20.3"}]


def test_any_number_of_components_has_names():
    names = component_names(190)
    assert len(set(names)) == 190
    assert names[0] == OPERATOR


def test_digests_are_those_of_every_machine():
    """A known answer: when it changes, every sandbox publishes other bytes under the same versions."""
    spec = ReleaseSpec(("4.20.1",), components=2, component_size=1000, base_sizes=(1000,))
    made = publish(MemoryStore(), spec).releases[0]
    assert made.digest == Digest(KNOWN)
