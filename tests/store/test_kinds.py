"""What images may consist of, at a real registry (Debian's docker-registry, distribution 2.8)."""

from __future__ import annotations

import json
from contextlib import closing

import pytest

from bootstrap.errors import RegistryError
from bootstrap.mirror.survey import walk
from bootstrap.oci.descriptor import Descriptor
from bootstrap.oci.digest import Digest
from bootstrap.oci.manifest import DOCKER_CONFIG, DOCKER_MANIFEST, OCI_CONFIG, OCI_INDEX, OCI_MANIFEST
from bootstrap.store.interface import IncompleteImage
from bootstrap.store.remote import RemoteStore
from tests.fakes.images import FakeImage, make_artefact, make_image, make_index, push

SUBJECT = make_image("subject", layers=1)


@pytest.fixture
def real(real_registry):
    with closing(real_registry.client()) as client:
        yield RemoteStore(client)


def image(config, *layers, kind=OCI_MANIFEST, **more):
    """An image with these media types: of the config, of each layer."""
    blobs = [
        (f"{number} {media_type}".encode(), media_type) for number, media_type in enumerate((config, *layers))
    ]
    first, *rest = (Descriptor.of(*blob).to_json() for blob in blobs)
    value = {"schemaVersion": 2, "mediaType": kind, "config": first, "layers": rest, **more}
    return FakeImage(
        json.dumps(value).encode(),
        kind,
        {Digest.of(content): content for content, _ in blobs},
        SUBJECT.platform,
    )


OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
KINDS = {
    "uncompressed": image(OCI_CONFIG, OCI_LAYER),
    "zstd": image(OCI_CONFIG, f"{OCI_LAYER}+zstd"),
    "encrypted": image(OCI_CONFIG, f"{OCI_LAYER}+gzip+encrypted", f"{OCI_LAYER}+zstd+encrypted"),
    "docker": image(DOCKER_CONFIG, "application/vnd.docker.image.rootfs.diff.tar", kind=DOCKER_MANIFEST),
    "docker zstd": image(
        DOCKER_CONFIG, "application/vnd.docker.image.rootfs.diff.tar.zstd", kind=DOCKER_MANIFEST
    ),
    "helm chart": image(
        "application/vnd.cncf.helm.config.v1+json",
        "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
        "application/vnd.cncf.helm.chart.provenance.v1.prov",
    ),
    "wasm": image("application/vnd.wasm.config.v1+json", "application/wasm"),
    "artefact": make_artefact(SUBJECT.descriptor, "application/spdx+json", b"{ }"),
    "no media type": image(OCI_CONFIG, OCI_LAYER, mediaType=None),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_image_passes_as_it_is(real, kind):
    repository = f"kinds/{kind.replace(' ', '-')}"
    push(real, repository, KINDS[kind], tag="v1")
    (found,) = walk(real, repository, KINDS[kind].digest)
    assert found.raw == KINDS[kind].raw
    assert real.tagged(repository, "v1")[0] == KINDS[kind].raw


def test_an_index_with_attestations_passes_as_it_is(real):
    attested = make_index([SUBJECT, make_artefact(SUBJECT.descriptor, "application/vnd.in-toto+json")])
    push(real, "kinds/attested", attested, tag="v1")
    assert len(walk(real, "kinds/attested", attested.digest)) == 3


def test_distribution_2_refuses_an_index_with_an_image_missing_and_has_no_list_of_referrers(real):
    sparse = make_index([SUBJECT, make_image("elsewhere")])
    push(real, "kinds/sparse", SUBJECT)
    with pytest.raises(IncompleteImage):
        real.push_manifest("kinds/sparse", sparse.raw, OCI_INDEX, tag="v1")
    assert real.referrers("kinds/sparse", SUBJECT.digest) is None


def test_a_layer_that_may_only_be_had_elsewhere_is_refused_by_name(real):
    foreign = image(OCI_CONFIG, "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip")
    for blob, content in foreign.blobs.items():
        real.push_blob("kinds/foreign", Descriptor("x", blob, len(content)), [content])
    real.client.put_manifest("kinds/foreign", "v1", foreign.raw, OCI_MANIFEST)
    with pytest.raises(RegistryError) as caught:
        walk(real, "kinds/foreign", foreign.digest)
    assert f"kinds/foreign@{foreign.digest}" in caught.value.what
    assert "is foreign" in caught.value.why
