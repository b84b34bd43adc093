"""Damaged disks: never a wrong image, every one that is not loaded has its name said, and the rest is loaded.

Everything that can be wrong with one image is wrong on one disk, which is loaded once.
"""

import shutil
from types import SimpleNamespace

import pytest

from tests.fakes.images import make_image, multi_arch
from tests.precache.ignition.disks import Disk, flip, flipped
from tests.precache.ignition.node import Node, needs_node

pytestmark = needs_node
HOST = "mirror.example.com:5000/ocp"
GOOD = ("good", "good-too")
# What is done to the image of that name on a disk of each format, and what the node then says of it.
BOTH = {
    "not-there": "",
    "listed-as-another": "images.txt gives it another digest",
    "listed-elsewhere": "holds another image",
    "listed-outside": "which is no place for images",
    "config-bit": "skopeo: ",
    "layer-bit": "skopeo: ",
    "layer-short": "skopeo: ",
    "layer-missing": "skopeo: ",
    "other-config": "skopeo: ",
    "manifest-bit": "holds another image",
    "swapped-a": "holds another image",
    "swapped-b": "holds another image",
    "swapped-tag:v1": "holds another image",
}
LAYOUT = {
    **BOTH,
    "missing": "manifest.json is missing",
    "index-bit": "holds another image",
    "child-bit": "skopeo: ",
}
ARCHIVES = {
    **BOTH,
    "missing": "is not on the disk",
    "short": "cannot be unpacked",
    "bit": "cannot be unpacked",
    "no-archive": "cannot be unpacked",
    "empty": "has no manifest.json",
    "with-link": "something other than files",
}


def _source(name, image):
    return f"{HOST}/{name}" if ":" in name else f"{HOST}/{name}@{image.digest}"


@pytest.fixture(scope="module", params=["layout", "archives"])
def ran(request, tmp_path_factory):
    """A disk on which everything is damaged that can be, and how loading it went."""
    archives = request.param == "archives"
    expected = ARCHIVES if archives else LAYOUT
    images = {
        name: (multi_arch if name in ("index-bit", "child-bit") else make_image)(name, size=200)
        for name in (*GOOD, *expected)
    }
    sources = {name: _source(name, image) for name, image in images.items()}
    root = tmp_path_factory.mktemp("damage")
    disk = Disk(root / "disk", {sources[name]: image for name, image in images.items()}, archives=archives)
    for name in expected:
        (_damage_archive if archives else _damage_layout)(disk, name, images, sources)
    _damage_index(disk, images, sources)
    before, node = disk.state(), Node(root / "node")
    run = node.run(frm=disk.root)
    return SimpleNamespace(
        disk=disk, before=before, node=node, run=run, images=images, sources=sources, expected=expected
    )


def _damage_index(disk, images, sources):
    """Write an ``images.txt`` that is wrong, and checksums as whoever wrote it would have them."""
    disk.write_index()
    file = disk.root / "images.txt"
    wrong = str(images["good"].digest)
    lines = []
    for line in file.read_text().splitlines():
        source, digest, path = line.split(" ")
        if source == sources["listed-as-another"]:
            digest = wrong
        if source == sources["listed-elsewhere"]:
            path = disk.path(sources["good"])
        if source == sources["listed-outside"]:
            path = "../" + path
        lines.append(f"{source} {digest} {path}\n")
    file.write_text("".join(lines))
    with disk.list.open("a") as listed:
        listed.write(f"{HOST}/listed-with-md5@md5:{'0' * 32}\n")
    disk.write_sums()


def _swap(one, other):
    away = one.with_name("away")
    one.rename(away)
    other.rename(one)
    away.rename(other)


def _parts(image):
    config, *layers = image.blobs
    return config, layers[-1]


def _damage_layout(disk, name, images, sources):
    image = images[name]
    directory = disk.directory(image)
    if name == "index-bit":
        flip(disk.blob(image.digest))
    elif name == "child-bit":
        flip(disk.blob(image.images[0].digest))
    elif name in ("missing", "not-there"):
        shutil.rmtree(directory)
    elif name == "manifest-bit":
        flip(disk.blob(image.digest))
    elif name == "swapped-a":
        _swap(directory, disk.directory(images["swapped-b"]))
    elif name == "swapped-tag:v1":
        shutil.rmtree(directory)
        shutil.copytree(disk.directory(images["good"]), directory, symlinks=True)
    elif name.startswith(("config", "layer", "other")):
        config, layer = _parts(image)
        if name == "config-bit":
            flip(disk.blob(config))
        elif name == "layer-bit":
            flip(disk.blob(layer))
        elif name == "layer-short":
            disk.blob(layer).write_bytes(image.blobs[layer][:-1])
        elif name == "layer-missing":
            disk.blob(layer).unlink()
        elif name == "other-config":
            disk.blob(config).write_bytes(images["good"].blobs[_parts(images["good"])[0]])


def _damage_archive(disk, name, images, sources):
    image, source = images[name], sources[name]
    archive = disk.archive(source)
    content = archive.read_bytes()
    if name in ("missing", "not-there"):
        archive.unlink()
    elif name == "short":
        archive.write_bytes(content[: len(content) // 2])
    elif name == "bit":
        flip(archive)
    elif name == "no-archive":
        archive.write_bytes(b"\0" * 512)
    elif name == "empty":
        disk.repack(source, dict.clear)
    elif name == "with-link":
        disk.repack(source, lambda files: None, links=[("x/manifest.json", "/etc/hostname")])
    elif name == "swapped-a":
        _swap(archive, disk.archive(sources["swapped-b"]))
    elif name == "swapped-tag:v1":
        archive.write_bytes(disk.archive(sources["good"]).read_bytes())
    elif name.startswith(("config", "layer", "other", "manifest")):
        config, layer = _parts(image)

        def change(files):
            (at_config,) = (each for each in files if each.endswith(config.hex))
            (at_layer,) = (each for each in files if each.endswith(layer.hex))
            (at_manifest,) = (each for each in files if each.endswith("manifest.json"))
            if name == "config-bit":
                files[at_config] = flipped(files[at_config])
            elif name == "layer-bit":
                files[at_layer] = flipped(files[at_layer])
            elif name == "layer-short":
                files[at_layer] = files[at_layer][:-1]
            elif name == "layer-missing":
                del files[at_layer]
            elif name == "other-config":
                files[at_config] = images["good"].blobs[_parts(images["good"])[0]]
            elif name == "manifest-bit":
                files[at_manifest] = flipped(files[at_manifest])

        disk.repack(source, change)


def test_row_b3_a_damaged_disk_fails_and_names_every_image_that_is_not_loaded(ran):
    assert ran.run.code == 1
    named = {ran.sources[name] for name in ran.expected} | {f"{HOST}/listed-with-md5@md5:{'0' * 32}"}
    assert ran.run.not_loaded == named
    assert ran.run.counts == (len(GOOD), 0, len(named), 0)


def test_row_b3_each_has_its_reason(ran):
    reasons = {name: ran.run.why(ran.sources[name]) for name in ran.expected}
    assert all(reasons.values())
    assert {name: why for name, why in reasons.items() if ran.expected[name] not in why} == {}


def test_row_b3_the_rest_is_loaded_and_nothing_else(ran):
    assert [name for name in GOOD if not ran.node.has(ran.sources[name])] == []
    assert ran.node.digests() == {str(ran.images[name].digest) for name in GOOD}


def test_row_b3_the_disk_stays_as_it_is_and_nothing_is_left_over(ran):
    assert ran.disk.state() == ran.before
    assert ran.node.leftovers == []
