"""What oc-mirror v2 builds: ``internal/pkg/release/graph.go`` and ``imagebuilder/builder.go`` at 855b64a."""

from __future__ import annotations

import json

import pytest

from bootstrap.errors import RegistryError
from bootstrap.oci.digest import Digest
from bootstrap.oci.manifest import parse_manifest
from bootstrap.release.graph_data import make_layer
from bootstrap.release.graph_image import build
from bootstrap.store.memory import MemoryStore
from tests.fakes.images import make_image, multi_arch, push

LAYER = make_layer({"var/lib/cincinnati-graph-data/channels/a.yaml": b"name: a\n"})
REPOSITORY = "ubi9/ubi"


def base(image):
    store = MemoryStore()
    push(store, REPOSITORY, image)
    return store


def built(image):
    store, digest = build(base(image), REPOSITORY, image.digest, LAYER, name="ubi9/ubi:latest")
    return store, parse_manifest(*store.manifest(REPOSITORY, digest))


def blob(store, descriptor):
    with store.open_blob(REPOSITORY, descriptor) as reader:
        return b"".join(reader)


@pytest.mark.parametrize("docker", [True, False])
def test_every_image_of_the_base_gets_the_layer_and_the_command(docker):
    image = multi_arch("base", docker=docker)
    store, index = built(image)
    assert index.media_type == image.media_type
    assert [each.platform.architecture for each in index.manifests] == ["amd64", "arm64"]
    for child, before in zip(index.manifests, image.images, strict=True):
        manifest = parse_manifest(*store.manifest(REPOSITORY, child.digest))
        old = parse_manifest(before.raw, before.media_type)
        assert manifest.layers[:-1] == old.layers
        assert manifest.layers[-1].digest == Digest.of(LAYER.content)
        assert manifest.layers[-1].media_type == old.layers[-1].media_type
        assert [blob(store, each) for each in manifest.layers[:-1]] == list(before.blobs.values())[1:]
        config, was = json.loads(blob(store, manifest.config)), json.loads(blob(store, old.config))
        assert config["rootfs"]["diff_ids"] == [*was["rootfs"]["diff_ids"], str(LAYER.diff_id)]
        assert len(config["history"]) == len(config["rootfs"]["diff_ids"])
        assert config["config"]["Cmd"] == [
            "/bin/bash",
            "-c",
            "exec cp -rp /var/lib/cincinnati-graph-data/* /var/lib/cincinnati/graph-data",
        ]
        assert config["config"]["Labels"] == was["config"]["Labels"]
        assert config["created"] == was["created"]


def test_the_same_base_and_data_make_the_same_image():
    image = multi_arch("base")
    assert built(image)[1].descriptor == built(image)[1].descriptor
    assert built(multi_arch("another"))[1].descriptor != built(image)[1].descriptor


def test_a_base_of_one_architecture_makes_an_image_of_one():
    _, manifest = built(make_image("base"))
    assert len(manifest.layers) == 3


def test_a_base_that_is_no_image_is_refused_by_name():
    image = make_image("base")
    raw = json.loads(image.raw)
    raw["config"]["mediaType"] = "application/vnd.example.chart"
    store = base(image)
    digest = store.push_manifest(REPOSITORY, json.dumps(raw).encode(), image.media_type, tag=None)
    with pytest.raises(RegistryError, match="cannot build the graph-data image on ubi9/ubi:latest") as caught:
        build(store, REPOSITORY, digest, LAYER, name="ubi9/ubi:latest")
    assert "application/vnd.example.chart" in caught.value.why
