"""What a release says of its boot images, and what of it is refused: row E1."""

import json

import pytest

from bootstrap.errors import ConfigError, RegistryError
from bootstrap.release.boot_images import boot_images, read_stream
from bootstrap.release.payload import BOOT_IMAGES
from bootstrap.sandbox import documents
from bootstrap.store.memory import MemoryStore
from tests.fakes.images import make_index, push
from tests.release.releases import release_image

ARTIFACTS = ("metal/iso", "metal/pxe")
STREAM_FILE = documents.release_files(
    "4.20.9", previous=(), architecture="multi", components={}, disks={"x86_64": "a@b", "aarch64": "c@d"}
)[BOOT_IMAGES]


def stream_of(image):
    store = MemoryStore()
    push(store, "ocp-release", image)
    return read_stream(store, "ocp-release", image.digest, name="the release")


@pytest.fixture
def stream():
    return stream_of(release_image("4.20.9", {}, files={BOOT_IMAGES: STREAM_FILE}))


def test_e1_live_iso_kernel_initramfs_and_rootfs_of_an_architecture_are_found(stream):
    found = boot_images(stream, ("x86_64",), ARTIFACTS, name="the release")
    assert [(image.artifact, image.part) for image in found] == [
        ("metal/iso", "disk"),
        ("metal/pxe", "initramfs"),
        ("metal/pxe", "kernel"),
        ("metal/pxe", "rootfs"),
    ]
    iso = found[0]
    assert iso.url.startswith(documents.BOOT_IMAGES)
    assert iso.path == f"{iso.version}/x86_64/rhcos-{iso.version}-live-iso.x86_64.iso"
    assert len(iso.sha256) == 64


def test_without_an_architecture_all_of_the_stream_are_meant(stream):
    found = boot_images(stream, (), ("metal/iso",), name="the release")
    assert [image.architecture for image in found] == ["aarch64", "x86_64"]


def test_the_stream_of_a_release_for_several_architectures_is_read():
    images = [
        release_image("4.20.9", {}, architecture=each, files={BOOT_IMAGES: STREAM_FILE})
        for each in ("amd64", "arm64")
    ]
    assert set(stream_of(make_index(images, docker=True))["architectures"]) == {"x86_64", "aarch64"}


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ({"location": None, "sha256": "a" * 64}, "x86_64 metal/iso disk: it has no location"),
        ({"sha256": "a" * 64}, "x86_64 metal/iso disk: it has no location"),
        ({"location": "http://a/b.iso", "sha256": "a" * 64}, "http://a/b.iso is not an https URL"),
        ({"location": "https://a/b.iso"}, "x86_64 metal/iso disk: it has no SHA-256"),
        ({"location": "https://a/b.iso", "sha256": "abc"}, "it has no SHA-256"),
        ({"location": "https://a/..", "sha256": "a" * 64}, "https://a/.. does not end in the name of a file"),
    ],
)
def test_e1_a_null_url_or_a_missing_checksum_is_refused_with_its_place(stream, file, said):
    stream["architectures"]["x86_64"]["artifacts"]["metal"]["formats"]["iso"]["disk"] = file
    with pytest.raises(ConfigError) as caught:
        boot_images(stream, ("x86_64",), ARTIFACTS, name="the release")
    assert said in caught.value.why


def test_an_architecture_that_has_nothing_of_what_is_wanted_is_refused(stream):
    with pytest.raises(ConfigError) as caught:
        boot_images(stream, ("s390x",), ARTIFACTS, name="the release")
    assert caught.value.why == "s390x: it has none of metal/iso, metal/pxe"


@pytest.mark.parametrize("stream_text", ["null", "{}", "[]", '{"architectures": []}', "{"])
def test_a_stream_that_is_none_is_refused(stream_text):
    content = json.dumps({"data": {"stream": stream_text}}).encode()
    with pytest.raises(RegistryError):
        stream_of(release_image("4.20.9", {}, files={BOOT_IMAGES: content}))


def test_a_release_without_a_stream_is_refused():
    with pytest.raises(RegistryError):
        stream_of(release_image("4.20.9", {}))
