import tracemalloc

import pytest

from bootstrap.catalog.model import related_images
from bootstrap.catalog.read import DATABASE_LABEL, read_catalog
from bootstrap.errors import ConfigError, DigestMismatch, RegistryError
from bootstrap.oci.manifest import parse_manifest
from bootstrap.store.memory import MemoryStore
from tests.fakes.catalogs import as_json, as_yaml, bundle, catalog_image, channel, operator, package
from tests.fakes.images import noise, push

X, Y = (f"registry.redhat.io/op/{name}@sha256:{name * 64}" for name in "ab")
SUGGESTED = "operatorframework.io/suggested-namespace"
OWN = f"registry.redhat.io/ptp/bundle@sha256:{'b' * 64}"
PTP = operator("ptp", {"1.0.0": [X], "1.1.0": [X, Y]})
SRIOV = operator("sriov", {"4.20.1": [Y]})


def read(*layers, wanted=("ptp", "sriov"), **more):
    store = MemoryStore()
    image = catalog_image(*layers, **more)
    push(store, "index", image)
    return read_catalog(store, "index", parse_manifest(image.raw, image.media_type), wanted, name="the index")


def one(*objects, **more):
    return read({"configs/all/catalog.json": as_json(objects)}, **more)


@pytest.mark.parametrize(
    "files",
    [
        {"configs/index.json": as_json([*SRIOV, *PTP])},
        {"configs/ptp/catalog.yaml": as_yaml(PTP), "configs/sriov/catalog.json": as_json(SRIOV)},
        {"configs/ptp/a.json": as_json(PTP[:1]), "configs/ptp/b/c.yml": as_yaml(PTP[1:])},
        {"configs/p.json": as_json(PTP), "configs/README.md": b"# no catalog", "other/x.json": b"neither"},
    ],
    ids=["oc-mirror", "two", "apart", "others"],
)
def test_the_head_and_its_images_are_found_in_every_layout(files):
    catalog = read({"bin/opm": noise(1, 9000)}, files, wanted=["ptp"])
    assert catalog.head("ptp").name == "ptp.v1.1.0"
    assert (
        related_images(catalog, "ptp")
        == related_images(catalog, "ptp", "stable")
        == tuple(sorted([OWN, X, Y]))
    )
    assert list(catalog.packages) == ["ptp"]


def test_names_of_packages_are_known_and_nothing_else_of_them():
    catalog = one(*PTP, *SRIOV, wanted=["sriov"])
    assert catalog.names == ("ptp", "sriov")
    assert list(catalog.packages) == ["sriov"]


def test_the_label_says_where():
    catalog = read({"a/b/x.json": as_json(PTP), "configs/x.json": b"not that"}, directory="/a/b")
    assert catalog.head("ptp").name == "ptp.v1.1.0"
    assert catalog.directory == "/a/b"


OLD = {
    "configs/ptp/catalog.json": as_json(operator("ptp", {"0.9.0": []})),
    "configs/old/c.json": as_json(SRIOV),
}


@pytest.mark.parametrize(
    ("upper", "names"),
    [
        ([{"configs/ptp/catalog.json": as_json(PTP)}], ("ptp", "sriov")),
        ([{"configs/.wh.ptp": b"", "configs/x.json": as_json(PTP)}], ("ptp", "sriov")),
        ([{"configs/.wh..wh..opq": b"", "configs/x.json": as_json(PTP)}], ("ptp",)),
        ([{".wh.configs": b""}, {"configs/index.json": as_json(PTP)}], ("ptp",)),
        ([{".wh..wh..opq": b"", "configs/index.json": as_json(PTP)}], ("ptp",)),
        ([{"configs/ptp": b"a file now", "configs/x.json": as_json(PTP)}], ("ptp", "sriov")),
        ([{"configs/old/.wh.c.json": b"", "configs/ptp/catalog.json": as_json(PTP)}], ("ptp",)),
        ([{"configs": b"none"}, {".wh.configs": b"", "configs/y.json": as_json(PTP)}], ("ptp",)),
    ],
    ids=["file", "whiteout", "opaque", "oc-mirror", "root", "file for directory", "one", "twice"],
)
def test_upper_layers_go_before_lower_ones(upper, names):
    catalog = read(OLD, *upper)
    assert catalog.head("ptp").name == "ptp.v1.1.0"
    assert catalog.names == names


def test_layers_below_one_that_hides_everything_are_not_read():
    image = catalog_image(OLD, {".wh.configs": b"", "configs/x.json": as_json(PTP)})
    store = MemoryStore()
    push(store, "index", image)
    manifest = parse_manifest(image.raw, image.media_type)
    del store._blobs["index", manifest.layers[0].digest]
    assert read_catalog(store, "index", manifest, ["ptp"], name="x").names == ("ptp",)


def test_ignored_files_are_none():
    files = {
        "configs/.indexignore": b"# these\n*.txt\nold/\nptp/x*.json\n",
        "configs/ptp/catalog.json": as_json(PTP),
        "configs/ptp/x1.json": b"broken",
        "configs/old/ptp.json": as_json(PTP),
    }
    assert read(files).names == ("ptp",)


def test_several_unreplaced_are_one_head_and_the_job_takes_the_last():
    entries = [
        {
            "name": "ptp.v1.2.0",
            "replaces": "ptp.v1.0.0",
            "skips": ["ptp.v1.1.0"],
            "skipRange": ">=1.0.0 <1.2.0",
        },
        {"name": "ptp.v1.1.0", "replaces": "ptp.v1.0.0"},
        {"name": "ptp.v1.0.0"},
    ]
    catalog = one(package("ptp"), channel("ptp", "stable", entries), bundle("ptp", "1.2.0"), wanted=["ptp"])
    found = catalog.channel("ptp")
    assert found.heads == ("ptp.v1.2.0",)
    assert found.unreplaced == ("ptp.v1.2.0", "ptp.v1.1.0")
    assert found.precached == "ptp.v1.1.0"
    assert found.entries[0].skip_range == ">=1.0.0 <1.2.0"
    assert catalog.head("ptp").name == "ptp.v1.2.0"


def test_empty_related_images_are_none_and_the_bundle_is_one_where_it_is_not_listed():
    lone = {**bundle("ptp", "1.0.0"), "relatedImages": [{"name": "", "image": ""}, {"name": "x", "image": X}]}
    catalog = one(package("ptp"), channel("ptp", "stable", ["1.0.0"]), lone)
    assert catalog.head("ptp").related == (X,)
    assert related_images(catalog, "ptp") == tuple(sorted([OWN, X]))


def test_a_bundle_says_where_it_is_to_be_installed():
    told = {"type": "olm.csv.metadata", "value": {"annotations": {SUGGESTED: "openshift-ptp"}}}
    found = [PTP[0], PTP[1], bundle("ptp", "1.1.0", properties=[{"type": "olm.package", "value": {}}, told])]
    assert one(*found).head("ptp").namespace == "openshift-ptp"
    assert one(*PTP).head("ptp").namespace == ""


@pytest.mark.parametrize(
    ("ask", "why", "fix"),
    [
        (("ptpp", None), "the catalog does not have it; it has ptp, sriov", "did you mean ptp?"),
        (
            ("ptp", "stabel"),
            "the catalog does not have a channel stabel; it has stable",
            "did you mean stable?",
        ),
        (("sriov", None), "the catalog does not have a default channel; it has other", "What is missing"),
    ],
)
def test_what_is_not_there_is_told_with_what_is_near(ask, why, fix):
    found = [package("sriov", ""), channel("sriov", "other", ["1"]), *PTP]
    with pytest.raises(ConfigError) as error:
        related_images(one(*found), *ask)
    assert f"package {ask[0]} from the catalog the index" in error.value.what
    assert why in error.value.why
    assert fix in error.value.fix


def test_many_packages_are_not_all_listed():
    found = [each for number in range(40) for each in operator(f"op-{number:02}", {"1": []})]
    with pytest.raises(ConfigError, match="op-07 and 32 more"):
        one(*found).head("zzz")


@pytest.mark.parametrize(
    ("objects", "why"),
    [
        ([channel("ptp", "stable", [])], "ptp:stable .* has nothing at its head"),
        ([channel("ptp", "stable", [{"name": "a"}, {"name": "b"}])], "has a, b at its head"),
        ([channel("ptp", "stable", ["1"])], "ptp.v1 .* has no such bundle"),
    ],
)
def test_a_channel_that_nothing_can_be_taken_from_is_told(objects, why):
    with pytest.raises(RegistryError, match=f"(?s){why}"):
        one(package("ptp"), *objects).head("ptp")


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"configs/a/x.json": b"{"}, "configs/a/x.json: Expecting"),
        ({"configs/a/x.yaml": b"schema: olm.package\nname: ptp\nx: ["}, "configs/a/x.yaml: while parsing"),
        ({"configs/a/x.json": as_json([*PTP, PTP[0]])}, "it has the package ptp 2 times"),
        ({"configs/a/x.json": as_json([*PTP, PTP[1]])}, "it has olm.channel stable of ptp twice"),
        (
            {"configs/a/x.json": as_json([PTP[0], {**PTP[1], "entries": [{}]}])},
            "an entry of ptp:stable has no name",
        ),
        ({"configs/a/x.json": as_json([PTP[0], {**PTP[1], "entries": [7]}])}, "attribute"),
        (
            {"configs/a/x.json": as_json([PTP[0], {**PTP[2], "image": 7}])},
            "image of the bundle .* is no text: 7",
        ),
        ({"other/x.json": as_json(PTP)}, "there is no package below /configs"),
    ],
)
def test_a_broken_catalog_is_refused(files, why):
    with pytest.raises(RegistryError, match="cannot read the catalog the index") as error:
        read(files)
    assert error.match(why)


@pytest.mark.parametrize(
    ("labels", "kind", "why"),
    [
        ({DATABASE_LABEL: "/database/index.db"}, ConfigError, "it is an sqlite database"),
        ({}, RegistryError, "its image has no label operators"),
    ],
)
def test_what_is_no_file_based_catalog_is_refused_by_name(labels, kind, why):
    with pytest.raises(kind, match="cannot read the catalog the index") as error:
        read({"database/index.db": b"SQLite"}, labels=labels)
    assert why in error.value.why


def test_a_damaged_layer_is_told_as_that_whatever_it_does_to_the_catalog():
    for place in (0.1, 0.5, 0.95):
        image = catalog_image(
            {"configs/x.json": as_json([*PTP, bundle("sriov", "1", noise=noise(1, 9000).hex())])}
        )
        store = MemoryStore()
        push(store, "index", image)
        manifest = parse_manifest(image.raw, image.media_type)
        key = ("index", manifest.layers[0].digest)
        bad = bytearray(store._blobs[key])
        bad[int(place * len(bad))] ^= 0x55
        store._blobs[key] = bytes(bad)
        with pytest.raises(DigestMismatch):
            read_catalog(store, "index", manifest, ["ptp"], name="x")


@pytest.mark.parametrize("write", [as_json, as_yaml], ids=["json", "yaml"])
def test_memory_is_that_of_a_piece_and_not_of_the_catalog(write):
    text = [{"type": "olm.bundle.object", "value": "x" * 100_000}]
    others = write([bundle("other", "1", properties=text)]) * 300
    image = catalog_image({"configs/x": b"", "configs/all.json": others + write(PTP)})
    store = MemoryStore()
    push(store, "index", image)
    manifest = parse_manifest(image.raw, image.media_type)
    tracemalloc.start()
    try:
        catalog = read_catalog(store, "index", manifest, ["ptp"], name="x")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert catalog.head("ptp").name == "ptp.v1.1.0"
    assert peak < 12_000_000 < len(others) / 2
