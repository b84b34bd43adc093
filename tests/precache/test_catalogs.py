from dataclasses import replace

import pytest

from bootstrap.catalog.model import related_images
from bootstrap.cluster.installer.images import MirroredImages
from bootstrap.errors import ConfigError, NotFound
from bootstrap.mirror.ledger import Ledger
from bootstrap.precache.catalogs import catalog_named, mirrored_catalogs, open_catalog
from bootstrap.store.remote import RemoteStore
from tests.cluster.installer.world import World
from tests.cluster.ledgers import catalog_source, entry, given
from tests.fakes.catalogs import as_json, catalog_image, operator
from tests.fakes.images import make_index, push
from tests.fakes.registry import FakeRegistry

INDEX = "registry.redhat.io/redhat/redhat-operator-index"
X = f"registry.redhat.io/op/x@sha256:{'a' * 64}"


def ledger(*tags):
    images = [
        replace(entry("catalog", f"{INDEX}:{tag}", "redhat/redhat-operator-index", tag=tag), size=7)
        for tag in tags
    ]
    return Ledger().with_images(images).with_resources([catalog_source("cs-redhat-operator-index-v4-20")])


@pytest.mark.parametrize("name", [f"{INDEX}:v4.20", "cs-redhat-operator-index-v4-20"])
def test_a_catalog_is_found_by_its_pull_spec_and_by_its_catalog_source(name):
    found = catalog_named(given(ledger("v4.19", "v4.20")), name)
    assert (found.source, found.reference, found.tag) == (f"{INDEX}:v4.20", "v4.20", "v4.20")
    assert found.source_name == "cs-redhat-operator-index-v4-20"


def test_a_catalog_that_is_alone_needs_no_tag():
    assert catalog_named(given(ledger("v4.20")), INDEX).source == f"{INDEX}:v4.20"


@pytest.mark.parametrize(
    ("tags", "name", "text"),
    [
        (("v4.19", "v4.20"), INDEX, f"several are mirrored of it: {INDEX}:v4.19, {INDEX}:v4.20"),
        (("v4.20",), f"{INDEX}:v4.21", f"did you mean {INDEX}:v4.20?"),
        ((), f"{INDEX}:v4.21", "the mirrored catalogs are: none at all"),
    ],
)
def test_a_catalog_that_is_not_there_is_told_with_those_that_are(tags, name, text):
    with pytest.raises(ConfigError) as error:
        catalog_named(given(ledger(*tags)), name)
    assert text in str(error.value)


def test_a_catalog_is_read_from_the_first_registry_that_has_it():
    image = catalog_image({"configs/x.json": as_json(operator("ptp", {"1": [X]}))})
    with FakeRegistry() as empty, FakeRegistry() as full, full.client() as client:
        push(RemoteStore(client), "redhat/redhat-operator-index", make_index([image]), tag="v4.20")
        known = World(full, client).given(empty.location)
        known = replace(
            known,
            ledger=ledger("v4.20").to_json(),
            registries=(empty.location, full.location),
            trust=dict.fromkeys((empty.location, full.location), full.ca_pem),
        )
        with MirroredImages(known) as images:
            found = open_catalog(images, mirrored_catalogs(known)[0], ["ptp"], "amd64")
            assert X in related_images(found, "ptp")
            with pytest.raises(NotFound, match="for arm64"):
                open_catalog(images, mirrored_catalogs(known)[0], ["ptp"], "arm64")
            assert open_catalog(images, mirrored_catalogs(known)[0], [], "multi").names == ("ptp",)
