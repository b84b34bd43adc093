import json

import pytest

from bootstrap.errors import RegistryError
from bootstrap.oci import manifest as m
from bootstrap.oci.digest import Digest
from bootstrap.oci.manifest import Index, Manifest, parse_manifest

# The examples of image-spec v1.1, manifest.md and image-index.md.
MANIFEST = {
    "schemaVersion": 2,
    "mediaType": m.OCI_MANIFEST,
    "config": {
        "mediaType": m.OCI_CONFIG,
        "digest": "sha256:b5b2b2c507a0944348e0303114d8d93aaaa081732b86451d9bce1f432a537bc7",
        "size": 7023,
    },
    "layers": [
        {
            "mediaType": m.OCI_LAYER_GZIP,
            "digest": "sha256:9834876dcfb05cb167a5c24953eba58c4ac89b1adf57f28f2f9d09af107ee8f0",
            "size": 32654,
        },
        {
            "mediaType": m.OCI_LAYER_GZIP,
            "digest": "sha256:3c3a4604a545cdc127456d94e421cd355bca5b528f4a9c1905b15da2eb4a4c6b",
            "size": 16724,
        },
    ],
    "subject": {
        "mediaType": m.OCI_MANIFEST,
        "digest": "sha256:5b0bcabd1ed22e9fb1310cf6c2dec7cdef19f0ad69efa1f392e94a4333501270",
        "size": 7682,
    },
    "annotations": {"com.example.key1": "value1"},
}
INDEX = {
    "schemaVersion": 2,
    "mediaType": m.OCI_INDEX,
    "manifests": [
        {
            "mediaType": m.OCI_MANIFEST,
            "size": 7143,
            "digest": "sha256:e692418e4cbaf90ca69d05a66403747baa33ee08806650b51fab815ad7fc331f",
            "platform": {"architecture": "ppc64le", "os": "linux"},
        },
        {
            "mediaType": m.OCI_MANIFEST,
            "size": 7682,
            "digest": "sha256:5b0bcabd1ed22e9fb1310cf6c2dec7cdef19f0ad69efa1f392e94a4333501270",
            "platform": {"architecture": "amd64", "os": "linux"},
        },
    ],
}


def _raw(value, **changes):
    return json.dumps({**value, **changes}).encode()


def test_the_specifications_manifest_is_read():
    raw = _raw(MANIFEST)
    found = parse_manifest(raw, m.OCI_MANIFEST)
    assert isinstance(found, Manifest)
    assert [child.size for child in found.children()] == [7023, 32654, 16724]
    assert found.subject.size == 7682
    assert found.annotations == {"com.example.key1": "value1"}
    assert found.raw is raw
    assert found.descriptor.digest == Digest.of(raw)


def test_the_specifications_index_is_read():
    found = parse_manifest(_raw(INDEX), m.OCI_INDEX)
    assert isinstance(found, Index)
    assert [str(child.platform) for child in found.children()] == ["linux/ppc64le", "linux/amd64"]


@pytest.mark.parametrize(
    ("value", "told", "kind"),
    [
        (MANIFEST, m.OCI_MANIFEST + "; charset=utf-8", m.OCI_MANIFEST),
        (MANIFEST, "application/json", m.OCI_MANIFEST),
        (MANIFEST, "", m.OCI_MANIFEST),
        ({**MANIFEST, "mediaType": m.DOCKER_MANIFEST}, m.DOCKER_MANIFEST, m.DOCKER_MANIFEST),
        ({**MANIFEST, "mediaType": None}, m.OCI_MANIFEST, m.OCI_MANIFEST),
        ({**INDEX, "mediaType": m.DOCKER_LIST}, "text/plain", m.DOCKER_LIST),
    ],
)
def test_the_media_type_is_taken_from_where_it_is_told(value, told, kind):
    assert parse_manifest(_raw(value), told).media_type == kind


FOREIGN = {**MANIFEST["layers"][0], "mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"}
ELSEWHERE = {**MANIFEST["layers"][0], "urls": ["https://example.com/layer"]}
ARTIFACT = {**INDEX["manifests"][0], "mediaType": "application/vnd.oci.artifact.manifest.v1+json"}


@pytest.mark.parametrize(
    ("raw", "told", "why"),
    [
        (
            _raw(MANIFEST, mediaType="application/vnd.x+json"),
            "application/vnd.x+json",
            "application/vnd.x+json",
        ),
        (_raw({"config": {}, "layers": []}), "application/json", "'application/json' is none that we know"),
        (_raw(MANIFEST), m.DOCKER_MANIFEST, "and came as"),
        (_raw(MANIFEST, manifests=[]), m.OCI_MANIFEST, "both layers and manifests"),
        (_raw({"schemaVersion": 1, "fsLayers": []}), "application/json", "schema 1"),
        (_raw({}), "application/vnd.docker.distribution.manifest.v1+prettyjws", "schema 1"),
        (_raw(MANIFEST, layers=[FOREIGN]), m.OCI_MANIFEST, "is foreign"),
        (_raw(MANIFEST, layers=[ELSEWHERE]), m.OCI_MANIFEST, "is foreign"),
        (_raw(INDEX, manifests=[ARTIFACT]), m.OCI_INDEX, "oci.artifact.manifest"),
        (_raw(MANIFEST, layers={}), m.OCI_MANIFEST, "no list of layers"),
        (_raw(INDEX, manifests=None), m.OCI_INDEX, "no list of manifests"),
        (_raw(MANIFEST, config=None), m.OCI_MANIFEST, "a descriptor is an object"),
        (_raw(MANIFEST, layers=[{"size": 1}]), m.OCI_MANIFEST, "mediaType"),
        (_raw(MANIFEST, annotations={"a": 1}), m.OCI_MANIFEST, "annotations"),
        (b"<html>login</html>", m.OCI_MANIFEST, "not JSON"),
        (b"\xff\xfe", m.OCI_MANIFEST, "not JSON"),
        (b"[" * 100_000, m.OCI_MANIFEST, "not JSON"),
        (b"[]", m.OCI_MANIFEST, "a JSON list"),
        (b" " * (4 * 1024 * 1024 + 1), m.OCI_MANIFEST, "4194305 bytes"),
    ],
)
def test_what_cannot_be_mirrored_whole_is_refused_by_name(raw, told, why):
    with pytest.raises(RegistryError) as caught:
        parse_manifest(raw, told, name="quay.io/a/b:1")
    assert caught.value.what == "cannot read manifest quay.io/a/b:1"
    assert why in caught.value.why


def test_without_a_name_the_digest_is_named():
    with pytest.raises(RegistryError, match=str(Digest.of(b"{"))):
        parse_manifest(b"{", m.OCI_MANIFEST)
