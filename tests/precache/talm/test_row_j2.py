import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from bootstrap.errors import ConfigError, ExitCode, Problems
from bootstrap.precache.spec import Content, Operators, Package
from bootstrap.precache.talm.read import Typed, read_upgrade
from bootstrap.precache.talm.render import work_out
from bootstrap.registry.client import RegistryClient
from tests.fakes.catalogs import bundle, channel, operator, package
from tests.precache.talm.world import INDEX, NAMES

PATTERNS = ["", "vsphere", " aws.*@sha256 ", "^cli", r"nothing\|none"]


def worked_out(world, **typed):
    typed = {"version": "4.20.9", "clusters": ["a"], **typed}
    return work_out(world.given(), read_upgrade(Typed(**typed)))


def listed(made):
    return made.files["images.txt"].splitlines()


def named(world, *names, version="4.20.9"):
    return sorted(world.images[version, name] for name in names)


def test_row_j2_the_list_is_the_release_without_patterns_the_heads_and_the_additional_images(fresh):
    extra = fresh.operand("extra")
    made = fresh.files(
        version="4.20.9", operators=["ptp-operator:stable"], exclude=PATTERNS, additional=[extra, extra]
    )
    of_release = named(fresh, "cli", "etcd", "machine-os-images")
    assert listed(made) == sorted([*of_release, fresh.images["ptp"], fresh.images["bundle"], extra])
    notes = "\n".join(made.notes)
    assert "left out by --exclude: aws-ebs-csi-driver, vsphere-problem-detector" in notes
    assert "--exclude ^cli leaves nothing out (a line begins with a quotation mark)" in notes
    assert "6 images for amd64" in notes


def test_row_j2_without_patterns_nothing_is_left_out(filled):
    made = filled.files(version="4.20.9", exclude=["", "  "])
    assert listed(made) == named(filled, *NAMES)
    assert "leaves nothing out" not in "\n".join(made.notes)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting images without root needs a user namespace")
@pytest.mark.skipif(
    not all(map(shutil.which, ("podman", "skopeo"))), reason="podman or skopeo is not installed"
)
def test_row_j2_the_list_is_what_the_job_makes_of_the_mounted_images(filled, tmp_path):
    conf, auth, patterns = tmp_path / "storage.conf", tmp_path / "auth.json", tmp_path / "patterns"
    conf.write_text(
        f'[storage]\ndriver = "vfs"\nrunroot = "{tmp_path}/run"\ngraphroot = "{tmp_path}/graph"\n'
    )
    given = filled.given()
    place = given.registries[0]
    auth.write_text(json.dumps({"auths": dict(given.auths)}))
    (tmp_path / "ca.crt").write_text(given.trust[place])
    patterns.write_text("".join(f"{each.strip()}\n" for each in PATTERNS if each.strip()))
    run = {"check": True, "text": True, "capture_output": True}
    run["env"] = {**os.environ, "CONTAINERS_STORAGE_CONF": str(conf)}

    def mounted(name):
        pull = ["podman", "pull", "-q", "--authfile", auth, "--cert-dir", tmp_path, name]
        found = subprocess.run(pull, **run).stdout.strip()
        return subprocess.run(["podman", "image", "mount", found], **run).stdout.strip()

    release = mounted(f"{place}/openshift/release-images@{filled.images['4.20.9'].partition('@')[2]}")
    tags = json.loads(Path(release, "release-manifests/image-references").read_text())["spec"]["tags"]
    joined = "".join(
        json.dumps(f"{each['name']}${each['from']['name']}") + "\n" for each in tags
    )  # jq's texts
    script = """grep -vG -f "$0" | cut -d "$" -f2 | sed 's/^/"/'"""  # release.sh, as it stands upstream
    lines = subprocess.run(["bash", "-c", script, patterns], input=joined, **run).stdout.splitlines()
    pulled = [each.strip('"') for each in lines]
    index = mounted(f"{place}/redhat/redhat-operator-index:v4.20")
    text, objects = Path(index, "configs/index.json").read_text(), []
    while text.strip():
        value, end = json.JSONDecoder().raw_decode(text.lstrip())
        objects.append(value)
        text = text.lstrip()[end:]
    (entries,) = (each["entries"] for each in objects if each["schema"] == "olm.channel")
    (head,) = {each["name"] for each in entries} - {each.get("replaces") for each in entries}
    (found,) = (each for each in objects if each["schema"] == "olm.bundle" and each["name"] == head)
    pulled += [each["image"] for each in found["relatedImages"]]
    subprocess.run(["podman", "image", "umount", "--all"], **run)

    assert len(pulled) == 5
    for each in pulled:
        name, _, digest = each.partition("@")
        repository = "openshift/release" if name.startswith("quay.io/") else name.partition("/")[2]
        inspect = ["skopeo", "inspect", "--raw", "--authfile", auth, "--cert-dir", tmp_path]
        subprocess.run([*inspect, f"docker://{place}/{repository}@{digest}"], **run)
    made = filled.files(version="4.20.9", operators=["ptp-operator"], exclude=PATTERNS)
    assert listed(made) == sorted(pulled)


def test_row_j2_an_image_that_is_missing_in_the_mirror_is_named_and_nothing_is_given(fresh):
    lost = fresh.operand("lost", is_mirrored=False)
    stranger = f"quay.example.com/a/b@sha256:{'0' * 64}"
    with pytest.raises(Problems) as error:
        fresh.files(version="4.20.9", additional=[lost, stranger])
    first, second = error.value.problems
    assert (first.exit_code, second.exit_code) == (ExitCode.REGISTRY, ExitCode.HOST)
    assert first.what == f"the pre-caching job would not get {lost}"
    assert second.what == f"the pre-caching job would not get {stranger}"
    assert "answered 404" in first.why
    assert "is not mirrored" in second.why
    assert "`bootstrap-registry mirror`" in first.fix


def test_row_j2_the_head_in_a_catalog_needs_its_images_in_the_mirror(fresh):
    lost = fresh.operand("lost", is_mirrored=False)
    fresh.catalog(*operator("sriov", {"1": [lost]}), tag="v4.21", name="cs-other")
    with pytest.raises(Problems) as error:
        fresh.files(version="4.20.9", operators=["sriov@sriov"])
    assert [each.what.split()[-1].partition("@")[0] for each in error.value.problems] == [
        "registry.redhat.io/sriov/bundle",
        "registry.redhat.io/op/lost",
    ]


def test_row_j2_what_a_skipped_entry_hides_from_the_job_is_given_as_additional_images(world):
    taken, head = world.operand("taken"), world.operand("head")
    own = {name: world.bundle(name) for name in ("x.v1", "x.v2", "x.v3")}
    entries = [
        {"name": "x.v3", "replaces": "x.v1", "skips": ["x.v2"]},
        {"name": "x.v2", "replaces": "x.v1"},
        {"name": "x.v1"},
    ]
    images = {"x.v1": [], "x.v2": [taken], "x.v3": [head]}
    made = [{**bundle("x", name[3:], each), "image": own[name]} for name, each in images.items()]
    for each in made:
        each["relatedImages"][0]["image"] = each["image"]
    world.catalog(package("x"), channel("x", "stable", entries), *made)
    found = world.files(operators=["x@x-system"])
    assert listed(found) == sorted([taken, own["x.v2"], head, own["x.v3"]])
    config = found.files["4-pre-caching-config.yaml"]
    assert config.count(head) == 2  # the last one twice: a job passes over a last line without an end
    assert config.count(own["x.v3"]) == 1
    assert "the job takes x.v2, which x.v3 skips" in "\n".join(found.notes)


def test_row_j2_blobs_count_once_and_what_the_release_before_has_is_not_new(filled):
    result = worked_out(filled, before="4.20.8")
    same = worked_out(filled, before="4.20.8", version="4.20.9", exclude=["etcd", "machine", "vsphere"])
    unknown = worked_out(filled, before="4.20.7")
    assert unknown.weight.new is None
    assert unknown.weight.transfer == result.weight.transfer
    # Of four layers of each component, those of "aws" and "cli" are the same in both releases.
    assert 0 < result.weight.new < result.weight.transfer
    assert same.weight.new < result.weight.new - 3 * 2000
    assert len({each["destination"] for each in filled.given().ledger["images"]}) > 3


def test_row_j2_space_is_that_of_the_unpacked_layers_once_for_each_chain(filled):
    result = worked_out(filled, version="4.20.9")
    once = 30_000 + 5 * 52_000  # the base, and what each component has of its own
    most = once + 8 * 20_480  # a tar is filled up to 10 KiB, and the release image has two
    assert once < result.weight.unpacked < most
    assert result.weight.transfer < once / 4
    assert result.space_gib == 1


def test_row_j2_a_registry_that_serves_no_parts_has_its_layers_estimated(filled, monkeypatch):
    exact = worked_out(filled).weight
    monkeypatch.setattr(RegistryClient, "end_of_blob", lambda *_: None)
    found = worked_out(filled).weight
    assert found.transfer == exact.transfer
    assert found.transfer < found.unpacked != exact.unpacked


def test_row_j2_both_architectures_of_a_multi_release_have_lists_of_their_own(world):
    world.release("4.20.9", architecture="multi")
    default, arm = worked_out(world), worked_out(world, architecture="arm64")
    assert (default.architecture, arm.architecture) == ("amd64", "arm64")
    assert sorted(default.pulled.images) == sorted(arm.pulled.images) == named(world, *NAMES)
    assert default.weight != arm.weight
    with pytest.raises(Problems, match="for s390x: it is for amd64, arm64"):
        worked_out(world, architecture="s390x")


def test_row_j2_a_pattern_that_grep_refuses_is_refused(filled):
    with pytest.raises(ConfigError, match=r"(?s)--exclude \[a.*no image of the release would be pulled"):
        filled.files(version="4.20.9", exclude=["aws", "[a"])


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ({"version": "4.20.10"}, "--to 4.20.10.*not mirrored; these are: 4.20.9 .amd64., 4.20.8"),
        ({"before": "4.20.9", "version": "4.20.8"}, "from 4.20.9 to 4.20.8.*not a later version"),
        ({"before": "4.19.3"}, "from 4.19.3 to 4.20.9.* such as 4.20.7, 4.20.8.*update to 4.20.7 first"),
        ({"operators": ["ptp-operator:stabel"]}, "does not have a channel stabel.*did you mean stable"),
        ({"operators": ["ptp"]}, f"no mirrored catalog has ptp.*{INDEX}:v4.20"),
        ({"operators": ["ptp-operator:a,ptp-operator:b"]}, "ptp-operator twice.*in a and in b"),
        ({"operators": ["ptp-operator"], "catalog": "x"}, "cannot use the catalog x"),
        ({"version": None}, "nothing to pre-cache"),
        ({"name": "a" * 50}, "cannot call the upgrade.* 70 characters"),
    ],
)
def test_row_j2_what_cannot_be_is_refused(filled, typed, text):
    with pytest.raises(ConfigError) as error:
        filled.files(**{"version": "4.20.9", **typed})
    assert error.match(f"(?s){text}")


def test_what_an_edge_site_has_is_taken_too(filled):
    site = Content(
        operators=(Operators(f"{INDEX}:v4.20", (Package("ptp-operator", "stable"),)),),
        additional=(filled.images["old ptp"],),
        exclude=("etcd",),
    )
    result = work_out(filled.given(), read_upgrade(Typed(version="4.20.9", clusters=["a"]), site))
    assert {filled.images["ptp"], filled.images["old ptp"]} < set(result.pulled.images)
    assert result.chosen.channels == {"ptp-operator": "stable"}
    assert result.pulled.excluded == ()


def test_an_operator_of_two_catalogs_is_from_that_of_the_release(fresh):
    fresh.catalog(*operator("ptp-operator", {"1": []}), tag="v4.19", name="cs-old")
    result = worked_out(fresh, operators=["ptp-operator"])
    assert [each["metadata"]["name"] for each in result.chosen.sources] == ["cs-redhat-operator-index-v4-20"]
    with pytest.raises(ConfigError, match="name one with --catalog"):
        worked_out(fresh, version=None, operators=["ptp-operator"])


def test_a_catalog_that_the_job_cannot_read_is_refused(fresh):
    fresh.catalog(*operator("x", {"1": []}), tag="v4.18", name="cs-x", directory="/catalog")
    with pytest.raises(ConfigError, match="its files are in /catalog"):
        worked_out(fresh, operators=["x@x"])


def test_an_operator_that_does_not_say_where_it_is_has_to_be_told(fresh):
    fresh.catalog(*operator("x", {"1": [fresh.images["ptp"]]}), tag="v4.18", name="cs-x")
    with pytest.raises(ConfigError, match="--operators x:stable@NAMESPACE/NAME"):
        worked_out(fresh, operators=["x"])


def test_risks_that_the_graph_data_know_are_told_and_blocked_updates_refused(fresh):
    risk = (
        b"to: 4.20.9\nfrom: 4[.]20[.]8\nname: Slow\nmessage: It is slow.\nmatchingRules: [{type: Always}]\n"
    )
    files = {
        "channels/stable-4.20.yaml": b"name: stable-4.20\nversions: [4.20.8]\n",
        "blocked-edges/a.yaml": risk,
    }
    fresh.graph(files)
    found = worked_out(fresh, before="4.20.8")
    assert found.remarks == (
        "the graph data know a risk of this update, Slow: It is slow.",
        "the channel stable-4.20 does not have 4.20.9",
    )
    assert worked_out(fresh, before="4.20.7").remarks[0].startswith("the channel")
    assert "no channel fast-4.20" in worked_out(fresh, channel="fast-4.20").remarks[0]


def test_an_update_that_the_graph_data_block_is_refused(fresh):
    fresh.graph({"blocked-edges/a.yaml": b"to: 4.20.9+amd64\nfrom: .*\n"})
    with pytest.raises(ConfigError, match="the graph data block it"):
        worked_out(fresh, before="4.20.8")
