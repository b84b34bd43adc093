"""From the mirror to a node that reaches no registry: a disk with a partition, Ignition, services at boot."""

import json
import os
import subprocess

import pytest
import yaml

from bootstrap.precache.ignition.overrides import overrides
from bootstrap.precache.partition.make import filled
from bootstrap.precache.partition.plan import Wanted
from bootstrap.sandbox.release import ReleaseSpec
from tests.e2e.edge import SERVICES, Node, plugged_in
from tests.e2e.lab import PROGRAM
from tests.precache.edge_site import document, written

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def site(lab, up):
    return str(written(lab.directory, document()))


@pytest.fixture(scope="module")
def built(lab, site):
    """The disk, by the command that a user types; what that said, and the lists that are on it."""
    image = lab.directory / "edge.img"
    image.touch()
    os.truncate(image, 1024**3)
    partition = ("--partition", "--size", "all", "--yes")
    told = lab.run("precache", "disk", "--site", site, "--to", str(image), *partition, "--json")
    assert told.code == 0, told.err
    with filled(image, Wanted()) as place:
        lists = {name: (place / f"{name}-images.txt").read_text().splitlines() for name in SERVICES}
    yield image, told.result, lists
    image.unlink()


@pytest.fixture(scope="module")
def lists(built):
    return built[2]


@pytest.fixture(scope="module")
def broken(built, tmp_path_factory):
    """A copy of the disk with a bit flipped in a layer; and of which images."""
    image = tmp_path_factory.mktemp("broken") / "edge.img"
    subprocess.run(["cp", "--sparse=always", str(built[0]), str(image)], check=True)
    with filled(image, Wanted()) as place:
        layers = {
            spec: {
                each["digest"] for each in json.loads((place / path / "manifest.json").read_text())["layers"]
            }
            for spec, _, path in map(str.split, (place / "images.txt").read_text().splitlines())
        }
        spec = next(spec for spec in built[2]["ai"] if own(layers, spec))
        layer = place / "blobs/sha256" / min(own(layers, spec)).partition(":")[2]
        content = bytearray(layer.read_bytes())
        content[len(content) // 2] ^= 1
        layer.write_bytes(content)
    return image, spec


def own(layers, spec):
    """The layers of an image that no other has."""
    return layers[spec].difference(*(each for other, each in layers.items() if other != spec))


@pytest.fixture(scope="module")
def node(lab, site, built, broken):
    """A node with its disk, after its first boot."""
    made = Node(lab.sandbox.host("visitor"))
    directory = lab.directory / "overrides"
    words = [PROGRAM, "precache", "ignition", "--site", site, "--out", str(directory)]
    subprocess.run(words, check=True, stdout=subprocess.PIPE)
    registry, upstream = lab.sandbox.host("registry1"), lab.sandbox.host("upstream")
    second = [registry.second_address4, registry.second_address6]
    second += [upstream.second_address4, upstream.second_address6]
    with plugged_in(built[0]) as good, plugged_in(broken[0]) as bad:
        made.host.poweroff()
        try:
            for file in sorted(directory.glob("*.ign")):
                made.ignite(file.read_text())
            made.insert({"vdb1": good, "vdc1": bad})
            made.cut_off([*registry.own_addresses, *upstream.own_addresses, *second])
            made.boot()
            yield made
        finally:
            made.leave()


def missing(node, specs):
    """Which of these images podman does not find by their digests."""
    script = 'for each; do podman image exists "$each" || echo "$each"; done'
    return node.host.run(["bash", "-c", script, "_", *specs]).stdout.split()


def test_the_disk_has_the_release_and_says_at_which_stage_an_image_is_needed(built, lists):
    _, told, _ = built
    assert told["images"] == len(set(lists["ai"]) | set(lists["ocp"])) == ReleaseSpec().components + 1
    assert 1 < len(lists["ai"]) < len(lists["ocp"])
    assert all(
        spec.startswith("quay.io/openshift-release-dev/") and "@sha256:" in spec for spec in lists["ocp"]
    )


def test_what_installs_the_node_is_of_the_release_on_its_disk_and_keeps_the_partition(lab, site, lists):
    told = lab.run("precache", "instance", "--site", site, "--json", "--show-secrets")
    assert told.code == 0, told.err
    files = {name: yaml.safe_load(text) for name, text in told.result["files"].items()}
    (image_set,) = [each for each in files.values() if each["kind"] == "ClusterImageSet"]
    assert image_set["spec"]["releaseImage"] in lists["ocp"]
    spec = files["06-cluster-instance.yaml"]["spec"]
    ours = overrides()
    assert spec["ignitionConfigOverride"] == ours.discovery
    assert [each["ignitionConfigOverride"] for each in spec["nodes"]] == [ours.install]
    assert all(set(ours.installer_args) <= set(json.loads(each["installerArgs"])) for each in spec["nodes"])


def test_the_node_reaches_neither_the_mirror_nor_the_source(lab, node):
    hosts = ((lab.sandbox.host("registry1"), 5000), (lab.sandbox.host("upstream"), 443))
    assert node.reached([(address, port) for host, port in hosts for address in host.own_addresses]) == []


def test_systemd_has_loaded_every_image_at_boot_by_the_digest_that_its_source_has(node, lists):
    for name in SERVICES.values():
        unit = node.unit(name)
        assert (unit["ActiveState"], unit["Result"]) == ("active", "success"), "\n".join(node.journal(name))
    assert missing(node, sorted({*lists["ai"], *lists["ocp"]})) == []


def test_the_journal_tells_how_far_it_was_and_how_it_ended(node, lists):
    for name, specs in lists.items():
        said, count = node.journal(SERVICES[name]), len(specs)
        for spec in specs:
            assert any(
                line.startswith("[") and f"/{count}] " in line and line.endswith(spec) for line in said
            )
        ends = f"{name}: {count} images: "
        assert any(line.startswith(ends) and " 0 failed; 0 problems" in line for line in said)


def test_an_image_has_the_name_and_the_digest_that_nodes_ask_for(node, lists):
    spec = lists["ocp"][0]
    done = node.host.run(["podman", "image", "inspect", "--format", "{{.Digest}}", spec])
    assert done.stdout.strip() == spec.partition("@")[2]


def test_nothing_stays_mounted_and_nothing_is_left_behind(node):
    assert "vdb1" not in node.host.run(["cat", "/proc/self/mountinfo"]).stdout
    assert (
        node.host.run(["find", "/run/precache-images", "/var/tmp", "-name", "precache*"], check=False).stdout
        == ""
    )


def test_the_second_boot_does_nothing(node, lists):
    node.boot()
    for name in SERVICES:
        unit = node.unit(SERVICES[name])
        assert (unit["ActiveState"], unit["ConditionResult"]) == ("inactive", "no")
        assert unit["ExecMainStartTimestampMonotonic"] == "0"
    assert missing(node, lists["ocp"]) == []


def test_of_a_damaged_disk_the_unit_fails_and_names_the_image_and_all_others_are_loaded(node, lists, broken):
    node.forget()
    node.host.run(["ln", "-sfn", "../../vdc1", "/dev/disk/by-partlabel/data"])
    assert node.host.run(["systemctl", "start", SERVICES["ocp"]], check=False).returncode != 0
    unit = node.unit(SERVICES["ocp"])
    assert (unit["ActiveState"], unit["Result"]) == ("failed", "exit-code")
    assert any("FAILED" in line and broken[1] in line for line in node.journal(SERVICES["ocp"]))
    assert missing(node, lists["ocp"]) == [broken[1]]


def test_with_the_disk_in_order_again_only_what_was_missing_is_loaded(node, lists):
    node.host.run(["ln", "-sfn", "../../vdb1", "/dev/disk/by-partlabel/data"])
    node.host.run(["systemctl", "start", SERVICES["ocp"]])
    count = len(lists["ocp"])
    assert any(
        line.startswith(f"ocp: {count} images: 1 loaded, {count - 1} present before, 0 failed")
        for line in node.journal(SERVICES["ocp"])
    )
