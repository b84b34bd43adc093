"""What nodes make of mirror sets. The cases are those of runtime-utils' registries_test.go, in our words."""

import re
import shutil

import pytest

from bootstrap import process
from bootstrap.cluster.mirror_forms import registries_conf_text
from bootstrap.cluster.mirror_sets import image_digest_mirror_sets, image_tag_mirror_sets
from bootstrap.cluster.registries_conf import Endpoint, Entry, places, registries_conf
from bootstrap.mirror.mirror_sets import mirrors_of, places_of
from bootstrap.oci.reference import Reference
from tests.cluster.meaning import differences

DIGEST = "sha256:" + "a" * 64


def idms(*entries, kind="ImageDigestMirrorSet", field="imageDigestMirrors"):
    return {"kind": kind, "spec": {field: [{"source": s, "mirrors": m} for s, m in entries]}}


def itms(*entries):
    return idms(*entries, kind="ImageTagMirrorSet", field="imageTagMirrors")


def icsp(*entries):
    return idms(*entries, kind="ImageContentSourcePolicy", field="repositoryDigestMirrors")


def test_sets_for_one_source_are_merged_in_the_order_that_all_of_them_keep():
    conf = registries_conf([idms(("a", ["y", "z"])), icsp(("a", ["x", "y"])), itms(("a", ["t"]))])
    assert [mirror.location for mirror in conf["a"].mirrors] == ["x", "y", "z", "t"]
    assert [mirror.by for mirror in conf["a"].mirrors] == ["digest"] * 3 + ["tag"]


# runtime-utils, registries_test.go ("Example") and topo.go: those that come at the same time, by name
@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        ([["r1", "r2"], ["local", "r2", "r1"]], ["local", "r1", "r2"]),
        ([["r1/a", "r2/a"], ["r1/b", "r2/b"]], ["r1/a", "r1/b", "r2/a", "r2/b"]),
        ([["z", "m"], ["a", "m"]], ["a", "z", "m"]),
        ([["x", "y"], ["y", "x"]], ["s", "x", "y"]),  # they contradict each other: even the source by name
        ([["z", "s", "y"], ["s", "y", "x"]], ["z", "s", "y", "x"]),
    ],
)
def test_sets_for_one_source_are_ordered_as_the_machine_config_operator_does(lists, expected):
    conf = registries_conf([idms(("s", each)) for each in lists])
    assert [mirror.location for mirror in conf["s"].mirrors] == expected


def test_a_source_that_mirrors_itself_is_no_entry():
    assert registries_conf([idms(("a", ["a"]))]) == {}


def test_a_source_never_to_be_contacted_is_blocked_for_tags_too():
    item = idms(("a.io/b", ["m.io/b"]))
    item["spec"]["imageDigestMirrors"][0]["mirrorSourcePolicy"] = "NeverContactSource"
    conf = registries_conf([item])
    assert conf == {"a.io/b": Entry("a.io/b", True, (Endpoint("m.io/b", "digest"),))}
    assert places(conf, Reference.parse("a.io/b:1")) == ()


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (f"a.io/b/c@{DIGEST}", ("m.io/b/c", "a.io/b/c")),
        ("a.io/b/c:1", ("a.io/b/c",)),
        (f"a.io/b/special@{DIGEST}", ("a.io/b/special",)),  # the longest entry alone counts: it is for tags
        ("a.io/b/special:1", ("m.io/elsewhere", "a.io/b/special")),
        (f"a.io/bc/d@{DIGEST}", ("a.io/bc/d",)),  # a prefix ends where a part of the path does
    ],
)
def test_the_longest_entry_alone_decides(spec, expected):
    conf = registries_conf([idms(("a.io/b", ["m.io/b"])), itms(("a.io/b/special", ["m.io/elsewhere"]))])
    assert places(conf, Reference.parse(spec)) == expected


RELEASE, CONTENT = (
    "quay.io/openshift-release-dev/ocp-release",
    "quay.io/openshift-release-dev/ocp-v4.0-art-dev",
)
HARD = [
    ("release", f"{RELEASE}@{DIGEST}", "openshift/release-images"),
    ("component", f"{CONTENT}@{DIGEST}", "openshift/release"),
    ("signature", f"{RELEASE}:sha256-aa.sig", "openshift/release-images"),
    # beside release content, in the same namespace, and in the very repository
    ("additional", "quay.io/openshift-release-dev/tool:1", "openshift-release-dev/tool"),
    ("additional", f"{RELEASE}:4.1.0-x86_64", "openshift-release-dev/ocp-release"),
    # renamed by tag, and as it is by digest
    ("additional", "quay.io/team/tool:1", "elsewhere/renamed"),
    ("additional", f"quay.io/team/tool@{DIGEST}", "team/tool"),
    ("additional", f"quay.io/team/other@{DIGEST}", "team/other"),
    # a repository that is a namespace as well
    ("additional", f"quay.io/a/b/c@{DIGEST}", "a/b/c"),
    ("additional", "quay.io/a/b:1", "a/b"),
    # one image for two groups
    ("operator", f"registry.redhat.io/ubi9/ubi@{DIGEST}", "ubi9/ubi"),
    ("additional", "registry.redhat.io/ubi9/ubi:9", "ubi9/ubi"),
    ("helm", "quay.io/single:1", "single"),
]


@pytest.mark.parametrize("order", [1, -1])
def test_every_image_is_found_however_the_entries_overlap(order):
    images = [{"kind": k, "source": s, "destination": d} for k, s, d in HARD[::order]]
    mirrors = mirrors_of({"images": images}, ["r1.example.com:5000", "r2.example.com:5000"])
    objects = [*image_digest_mirror_sets(mirrors), *image_tag_mirror_sets(mirrors)]
    conf = registries_conf(objects)
    for kind, source, destination in HARD:
        reference = Reference.parse(source)
        if kind == "signature":  # is looked for where the image was found
            reference = Reference.parse(f"{reference.name}@{DIGEST}")
        found = places(conf, reference)
        assert f"r1.example.com:5000/{destination}" in found, (source, found)
        assert f"r2.example.com:5000/{destination}" in found, (source, found)
        assert set(found[:-1]) == set(places_of(reference, mirrors))
        assert found[-1] == reference.name


def test_an_image_more_never_takes_an_entry_or_a_mirror_away():
    images = [{"kind": k, "source": s, "destination": d} for k, s, d in HARD]
    for start in range(len(images)):  # each of them once the last to come
        turned = images[start:] + images[:start]
        for count in range(1, len(turned)):
            before = mirrors_of({"images": turned[:count]}, ["r1.example.com:5000"])
            after = mirrors_of({"images": turned[: count + 1]}, ["r1.example.com:5000"])
            now = {(each.source, each.by, each.group): set(each.mirrors) for each in after}
            for each in before:
                assert set(each.mirrors) <= now[each.source, each.by, each.group]


def toml(conf):
    """Return ``conf`` as the Machine Config Operator writes it."""
    lines = []
    for entry in conf.values():
        lines += ["[[registry]]", f'location = "{entry.scope}"', f"blocked = {str(entry.is_blocked).lower()}"]
        for mirror in entry.mirrors:
            pull = f'pull-from-mirror = "{mirror.by}-only"'
            lines += ["[[registry.mirror]]", f'location = "{mirror.location}"', pull]
    return "\n".join(lines)


def asked_by_skopeo(text, file, spec):
    """Return where the real containers library goes for ``spec``; nobody listens at any of these ports."""
    file.write_text(text)
    argv = ["skopeo", "--debug", "--registries-conf", str(file), "inspect", "--raw", f"docker://{spec}"]
    done = process.run(argv, check=False)
    names = re.findall(r'Trying to access \\"([^"\\]+)', done.stderr)
    return tuple(Reference.parse(name).name for name in names)


@pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not installed")
@pytest.mark.parametrize("is_ours", [False, True], ids=["a node's", "ours for hosts"])
def test_the_real_containers_library_looks_in_the_same_places(tmp_path, is_ours):
    images = [
        (kind, source.replace("quay.io", "127.0.0.1:2").replace("registry.redhat.io", "127.0.0.1:3"), place)
        for kind, source, place in HARD
    ]
    ledger = {"images": [{"kind": k, "source": s, "destination": d} for k, s, d in images]}
    mirrors = mirrors_of(ledger, ["127.0.0.1:4", "127.0.0.1:5"])
    conf = registries_conf([*image_digest_mirror_sets(mirrors), *image_tag_mirror_sets(mirrors)])
    text = registries_conf_text(mirrors) if is_ours else toml(conf)
    for kind, source, _ in images:
        if kind != "signature":
            found = asked_by_skopeo(text, tmp_path / "registries.conf", source)
            assert found == places(conf, Reference.parse(source))


# What oc-mirror v2 at 855b64a makes of images: clusterresources.go, generateImageMirrors and
# attemptNamespaceScope, read; the names of its cases are those of clusterresources_test.go where it has them.
OC_MIRROR = [
    (
        "release use case",
        HARD[:2],
        [
            idms(
                (RELEASE, ["r.example.com/openshift/release-images"]),
                (CONTENT, ["r.example.com/openshift/release"]),
            ),
            itms((RELEASE, ["r.example.com/openshift/release-images"])),
        ],
        (f"{RELEASE}:4.20.1-x86_64",),
    ),
    (
        "digests only",
        [("operator", f"registry.redhat.io/op/a@{DIGEST}", "op/a")],
        [idms(("registry.redhat.io/op", ["r.example.com/op"]))],
        (),
    ),
    (
        "a tag",
        [("additional", "registry.redhat.io/ubi9/ubi:1", "ubi9/ubi")],
        [itms(("registry.redhat.io/ubi9", ["r.example.com/ubi9"]))],
        ("registry.redhat.io/ubi9/ubi:other",),
    ),
    (
        "a repository without a namespace",
        [("additional", "quay.io/tool:1", "tool")],
        [itms(("quay.io", ["r.example.com"]))],
        (),
    ),
    (
        "targetRepo",
        [("additional", f"quay.io/team/tool@{DIGEST}", "elsewhere/renamed")],
        [idms(("quay.io/team/tool", ["r.example.com/elsewhere/renamed"]))],
        (),
    ),
    (
        "tag and digest",
        [("helm", f"quay.io/team/tool:1@{DIGEST}", "team/tool")],
        [idms(("quay.io/team", ["r.example.com/team"])), itms(("quay.io/team", ["r.example.com/team"]))],
        ("quay.io/team/tool:1",),
    ),
]


@pytest.mark.parametrize(
    ("images", "theirs", "also"), [pytest.param(*case[1:], id=case[0]) for case in OC_MIRROR]
)
def test_ours_mean_what_oc_mirrors_mean(images, theirs, also):
    ledger = {"images": [{"kind": k, "source": s, "destination": d} for k, s, d in images]}
    mirrors = mirrors_of(ledger, ["r.example.com"])
    ours = [*image_digest_mirror_sets(mirrors), *image_tag_mirror_sets(mirrors)]
    assert differences(ours, theirs, [*(source for _, source, _ in images), *also]) == {}


def test_meaning_is_compared_by_where_images_are_looked_for():
    ours = [idms(("a.io/b", ["m.io/b"]))]
    theirs = [icsp(("a.io/b/c", ["m.io/b/c"]))]
    assert differences(ours, theirs, [f"a.io/b/c@{DIGEST}"]) == {}
    moved = [icsp(("a.io/b/c", ["m.io/x/c"]))]
    assert list(differences(ours, moved, [f"a.io/b/c@{DIGEST}"])) == [f"a.io/b/c@{DIGEST}"]
    with pytest.raises(AssertionError, match="nothing stands in"):
        differences(ours, theirs, [f"other.io/b@{DIGEST}"])
