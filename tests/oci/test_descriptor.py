import pytest

from bootstrap.oci.descriptor import Descriptor
from bootstrap.oci.digest import Digest
from bootstrap.oci.platform import Platform

# The example of image-spec v1.1, descriptor.md.
EXAMPLE = {
    "mediaType": "application/vnd.oci.image.manifest.v1+json",
    "size": 7682,
    "digest": "sha256:5b0bcabd1ed22e9fb1310cf6c2dec7cdef19f0ad69efa1f392e94a4333501270",
}


def test_the_example_of_the_specification_is_read_and_written_back():
    found = Descriptor.from_json(EXAMPLE)
    assert found == Descriptor(EXAMPLE["mediaType"], Digest(EXAMPLE["digest"]), 7682)
    assert found.to_json() == EXAMPLE


def test_platform_annotations_and_urls_survive():
    full = {
        **EXAMPLE,
        "platform": {"os": "linux", "architecture": "arm", "variant": "v7"},
        "annotations": {"org.opencontainers.image.ref.name": "1.0"},
        "urls": ["https://example.com/x"],
    }
    found = Descriptor.from_json(full)
    assert str(found.platform) == "linux/arm/v7"
    assert found.platform == Platform("linux", "arm", "v7")
    assert found.to_json() == full
    assert hash(found) == hash(Descriptor.from_json(full))


@pytest.mark.parametrize(
    "change",
    [
        {"mediaType": None},
        {"mediaType": ""},
        {"digest": 5},
        {"digest": "sha256:abc"},
        {"size": -1},
        {"size": True},
        {"size": "7682"},
        {"size": 1.5},
        {"size": None},
        {"platform": "linux/amd64"},
        {"platform": {"os": "linux"}},
        {"platform": {"os": "linux", "architecture": "arm", "variant": 7}},
        {"annotations": ["a"]},
        {"annotations": {"a": 1}},
        {"urls": "https://example.com"},
        {"urls": [1]},
    ],
)
def test_a_damaged_descriptor_is_refused(change):
    with pytest.raises(ValueError):  # noqa: PT011  # the texts are for the manifest's message
        Descriptor.from_json({**EXAMPLE, **change})


@pytest.mark.parametrize("value", [None, [], "sha256", 5])
def test_what_is_no_object_is_refused(value):
    with pytest.raises(ValueError, match="is an object"):
        Descriptor.from_json(value)
