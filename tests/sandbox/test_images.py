"""Synthetic images, read by tools that are not ours."""

import gzip
import io
import tarfile

import pytest

from bootstrap.oci.digest import Digest
from bootstrap.sandbox.images import make_image, make_layer, noise, push_image, push_index
from bootstrap.store.memory import MemoryStore


@pytest.mark.parametrize("is_compressed", [False, True])
@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 200_000])
def test_a_layer_is_a_gzipped_tar_of_its_files(size, is_compressed):
    files = {"bin/tool": noise("a", size), "etc/config": b"text"}
    layer = make_layer(files, executable=["bin/tool"], is_compressed=is_compressed)
    content = gzip.decompress(layer.content)
    assert Digest.of(content) == layer.diff_id
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        found = {member.name: archive.extractfile(member).read() for member in archive}
        assert archive.getmember("bin/tool").mode == 0o755
        assert archive.getmember("etc/config").mode == 0o644
    assert found == files


def test_an_index_lists_its_images_with_their_platforms():
    images = [make_image([make_layer({"a": b"x"})], architecture=each) for each in ("amd64", "arm64")]
    store = MemoryStore()
    digest = push_index(store, "a/b", images, tag="latest")
    assert store.resolve("a/b", "latest").digest == digest
    assert all(store.manifest_exists("a/b", str(image.digest)) for image in images)


def test_an_image_pushed_twice_is_there_once():
    image = make_image([make_layer({"a": b"x"})], architecture="amd64", oci=True)
    store = MemoryStore()
    assert push_image(store, "a", image, tag="1") == push_image(store, "a", image, tag="2") == image.digest
