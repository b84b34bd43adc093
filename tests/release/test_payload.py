from __future__ import annotations

import json

import pytest

from bootstrap.errors import DigestMismatch, RegistryError
from bootstrap.oci.descriptor import Descriptor
from bootstrap.oci.digest import Digest
from bootstrap.release import layer
from bootstrap.release.payload import read_payload
from bootstrap.release.version import Version
from bootstrap.store.memory import MemoryStore
from tests.fakes.images import make_image, make_index, push, tar
from tests.release.releases import QUAY, image_references, release_image

ETCD = f"{QUAY}/ocp-v4.0-art-dev@{Digest.of(b'etcd')}"
DISK = f"{QUAY}/ocp-v4.0-art-dev@{Digest.of(b'disk')}"


def read(image, store=None):
    store = store or MemoryStore()
    push(store, "ocp-release", image)
    return read_payload(store, "ocp-release", image.digest, name="quay.io/x/ocp-release:4.20.1-x86_64")


def test_version_components_and_architecture_are_those_of_the_image():
    payload = read(release_image("4.20.1", {"etcd": ETCD, "installer": ETCD}, architecture="arm64"))
    assert payload.version == Version(4, 20, 1)
    assert payload.architecture == "arm64"
    assert [(each.name, str(each.image)) for each in payload.components] == [
        ("etcd", ETCD),
        ("installer", ETCD),
    ]
    assert payload.kubevirt == {}


def test_the_disk_images_are_found_by_architecture():
    payload = read(release_image("4.20.1", {"etcd": ETCD}, kubevirt={"x86_64": DISK, "aarch64": ""}))
    assert {name: str(image) for name, image in payload.kubevirt.items()} == {"x86_64": DISK}


def test_an_index_is_the_release_for_all_architectures():
    images = [release_image("4.20.1", {"etcd": ETCD}, architecture=each) for each in ("amd64", "arm64")]
    assert read(make_index(images, docker=True)).architecture == "multi"


def test_the_files_are_found_below_another_layer_and_with_a_dot_before_them():
    files = {
        "./release-manifests/image-references": image_references("4.20.1", {"etcd": ETCD}),
        "./release-manifests/release-metadata": b'{"kind": "cincinnati-metadata-v0", "version": "4.20.1"}',
    }
    payload = read(make_image("r", layers=[files, {"etc/above": b"x"}]))
    assert [each.name for each in payload.components] == ["etcd"]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"image-references": b"{"}, "image-references cannot be used"),
        ({"image-references": b"[]"}, "image-references cannot be used"),
        (
            {"image-references": image_references("4.20.2", {"etcd": ETCD})},
            "it is for '4.20.2' and the metadata",
        ),
        ({"image-references": image_references("4.20.1", {})}, "lists no images"),
        ({"image-references": image_references("4.20.1", {"e:x": ETCD})}, "not the name of a component"),
        (
            {"image-references": image_references("4.20.1", {"etcd": "quay.io/a/b:1"})},
            "not named by its digest",
        ),
        ({"image-references": json.dumps({"kind": "Pod", "apiVersion": "v1"}).encode()}, "it is a Pod of v1"),
        ({"release-metadata": b'{"kind": "x", "version": "4.20.1"}'}, "not cincinnati-metadata-v0"),
        ({"release-metadata": b'{"kind": "cincinnati-metadata-v0", "version": "4"}'}, "not a version"),
        (
            {"0000_50_installer_coreos-bootimages.yaml": b"data: {stream: '{'}"},
            "bootimages.yaml cannot be used",
        ),
    ],
)
def test_what_is_not_as_it_has_to_be_is_said_with_the_file(files, said):
    wrong = {f"release-manifests/{name}": content for name, content in files.items()}
    with pytest.raises(RegistryError, match=said) as caught:
        read(release_image("4.20.1", {"etcd": ETCD}, files=wrong))
    assert caught.value.what == "cannot read the release quay.io/x/ocp-release:4.20.1-x86_64"


def test_an_ordinary_image_is_no_release():
    with pytest.raises(RegistryError, match="so it is no release image"):
        read(make_image("ordinary"))


def test_a_component_from_elsewhere_than_an_image_is_refused():
    value = json.loads(image_references("4.20.1", {"etcd": ETCD}))
    value["spec"]["tags"][0]["from"]["kind"] = "ImageStreamTag"
    with pytest.raises(RegistryError, match="etcd is from a 'ImageStreamTag'"):
        read(
            release_image(
                "4.20.1", {}, files={"release-manifests/image-references": json.dumps(value).encode()}
            )
        )


def test_wrong_bytes_are_told_as_such():
    store = MemoryStore()
    image = release_image("4.20.1", {"etcd": ETCD})
    push(store, "ocp-release", image)
    for (repository, digest), content in list(store._blobs.items()):
        store._blobs[repository, digest] = content[:-5] + b"wrong"
    with pytest.raises(DigestMismatch):
        read_payload(store, "ocp-release", image.digest, name="x")


def test_a_layer_may_be_a_plain_tar_and_of_nothing_else_but_gzip():
    content = tar({"a": b"1", "b": b"2"})
    plain = Descriptor.of(content, "application/vnd.oci.image.layer.v1.tar")
    assert layer.read_files(plain, [content[:700], content[700:]], {"b"}, name="x") == {"b": b"2"}
    zstd = Descriptor.of(content, "application/vnd.oci.image.layer.v1.tar+zstd")
    with pytest.raises(RegistryError, match="gzip is all that releases use"):
        layer.read_files(zstd, [content], {"b"}, name="x")


def test_a_file_or_layer_larger_than_sensible_is_refused(monkeypatch):
    content = tar({"a": b"1" * 20_000})
    descriptor = Descriptor.of(content, "application/vnd.oci.image.layer.v1.tar")
    monkeypatch.setattr(layer, "FILE_LIMIT", 19_999)
    with pytest.raises(RegistryError, match="a has 20000 bytes, more than 19999"):
        layer.read_files(descriptor, [content], {"a"}, name="x")
    monkeypatch.setattr(layer, "LAYER_LIMIT", 10_000)
    with pytest.raises(RegistryError, match="unpacks to more than"):
        layer.read_files(descriptor, [content], {"a"}, name="x")


@pytest.mark.parametrize(
    ("previous", "found"),
    [(["4.20.8", "4.x"], ("4.20.8", "4.x")), ([], ()), (None, ()), ("4.20.8", ())],
)
def test_versions_that_can_be_updated_are_as_written_and_no_reason_to_refuse_a_release(previous, found):
    metadata = {"kind": "cincinnati-metadata-v0", "version": "4.20.9", "previous": previous}
    files = {"release-manifests/release-metadata": json.dumps(metadata).encode()}
    assert read(release_image("4.20.9", {"etcd": ETCD}, files=files)).previous == found
