import pytest
import yaml

from bootstrap.cluster.read import parse_objects
from bootstrap.errors import ConfigError
from bootstrap.precache.talm.check import check
from bootstrap.precache.talm.objects import policy, subscription
from bootstrap.precache.talm.software import software_of

IMAGE = f"quay.io/openshift-release-dev/ocp-release@sha256:{'a' * 64}"
INDEX = {"kind": "CatalogSource", "metadata": {"name": "c"}, "spec": {"image": "m:5000/index:v4.20"}}
PTP = subscription("ptp", "openshift-ptp", "ptp-operator", "stable", "c")


def cluster_version(**spec):
    update = {key: spec.pop(key) for key in ("image", "version") if key in spec}
    return {
        "kind": "ClusterVersion",
        "metadata": {"name": "version"},
        "spec": {**spec, "desiredUpdate": update},
    }


def config(**spec):
    metadata = {"name": "c", "namespace": "ztp"}
    return {"kind": "PreCachingConfig", "metadata": metadata, "spec": spec}


def group(*policies, **spec):
    usual = {"preCaching": True, "enable": False, "clusters": ["a", "b"], "managedPolicies": list(policies)}
    return {
        "kind": "ClusterGroupUpgrade",
        "metadata": {"name": "g", "namespace": "ztp"},
        "spec": {**usual, **spec},
    }


def told(*objects):
    """What is found: E or W, where, why."""
    found = check(objects).findings
    return [f"{'E' if each.is_error else 'W'} {each.where}: {each.why}; {each.fix}" for each in found]


def test_row_j4_deprecated_overrides_are_warned_about_and_nothing_is_made_of_them():
    spec = {"platformImage": IMAGE, "operatorsIndexes": ["x"], "preCacheImage": "y"}
    found = told(config(overrides=spec))
    assert [
        each.partition(": TALM has ignored it since July 2026; take it out; it comes from ")[::2]
        for each in found
    ] == [
        (
            "W PreCachingConfig ztp/c: spec.overrides.platformImage",
            "desiredUpdate.image of the ClusterVersion in a policy",
        ),
        ("W PreCachingConfig ztp/c: spec.overrides.operatorsIndexes", "the CatalogSources in the policies"),
        ("W PreCachingConfig ztp/c: spec.overrides.preCacheImage", "TALM's own installation (PRECACHE_IMG)"),
    ]


def test_row_j4_the_deprecated_config_map_is_warned_about_key_by_key():
    data = {"platform.image": IMAGE, "excludePrecachePatterns": "aws\n[a\n", "precache.spaceRequired": "30Gi"}
    item = {"kind": "ConfigMap", "metadata": {"name": "cluster-group-upgrade-overrides"}, "data": data}
    found = told(item, {**item, "metadata": {"name": "other"}})
    assert [each[0] for each in found] == ["E", "E", "W", "W", "W"]
    assert "grep refuses it" in found[0]
    assert "TALM refuses 30Gi: its unit has no B; write 30 GiB" in found[1]
    assert "TALM has ignored it" in found[2]
    assert "write excludePrecachePatterns of a PreCachingConfig" in found[3]


def test_row_j4_two_cluster_versions_that_contradict_each_other_are_refused():
    one = policy("one", "ztp", [cluster_version(image=IMAGE, version="4.20.9", channel="stable-4.20")])
    two = policy("two", "ztp", [cluster_version(image=IMAGE, version="4.20.8", channel="stable-4.20")])
    (found,) = told(group("one", "two"), one, two)
    why = "Policy two: version of the ClusterVersion is 4.20.8, and 4.20.9 in another one"
    assert found.startswith(f"E ClusterGroupUpgrade ztp/g: {why}")
    assert told(group("one"), one, two) == []
    assert told(group("one", "one-too"), one, policy("one-too", "ztp", [cluster_version(image=IMAGE)])) == []


@pytest.mark.parametrize(
    ("objects", "why"),
    [
        ([cluster_version(image="image.example.io")], "is image.example.io, which is not by digest"),
        ([cluster_version(image="quay.io/a/b:4.20.9")], "which is not by digest"),
        (
            [cluster_version(version="4.20.9", channel="stable-4.20")],
            "no desiredUpdate.image, and no upstream to",
        ),
        (
            [cluster_version(version="4.20.9", channel="c", upstream="https://api.openshift.com/g")],
            "looked for at api.openshift.com",
        ),
        ([cluster_version(version="{{ x }}", channel="c", upstream="https://h/g")], "is a template"),
        ([INDEX], "there is a CatalogSource, and no operator"),
        ([PTP], "there are operators and no CatalogSource"),
        ([{"kind": "ConfigMap", "metadata": {"name": "x"}, "spec": {}}], "neither a ClusterVersion nor"),
    ],
)
def test_row_j4_policies_that_do_not_say_what_to_cache_are_refused(objects, why):
    found = told(group("p"), policy("p", "ztp", objects))
    assert found[0].startswith("E ClusterGroupUpgrade ztp/g: ")
    assert why in found[0]


def test_row_j4_what_is_whole_has_no_findings():
    image = cluster_version(image=IMAGE, channel="{{ fromConfigMap }}")
    reference = {"name": "c"}
    own = config(
        spaceRequired="45 GiB",
        excludePrecachePatterns=["aws", ""],
        additionalImages=["a", "b", "b"],
        overrides={"operatorsPackagesAndChannels": ["ptp-operator:stable"]},
    )
    items = group("p", preCachingConfigRef=reference), own, policy("p", "ztp", [image, INDEX])
    assert told(*items) == []
    assert len(check(items).objects) == 3


def test_row_j4_packages_that_are_mappings_are_refused_with_what_to_write():
    # As the samples of TALM's own have it.
    text = (
        "kind: PreCachingConfig\nmetadata: {name: c}\nspec:\n overrides:\n  operatorsPackagesAndChannels:\n"
    )
    text += "   - local-storage-operator: stable\n   - ptp:a\n   - ptp:b\n   - x\n"
    found = told(*parse_objects(text, "a file"))
    assert (
        "'local-storage-operator: stable' is no text PACKAGE:CHANNEL; write \"PACKAGE:CHANNEL\"" in found[0]
    )
    assert "ptp is there with a and b; a job takes the last" in found[1]
    assert "'x' is no text" in found[2]


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (config(spaceRequired="much"), "E PreCachingConfig ztp/c: spec.spaceRequired: 'much' is no size"),
        (config(spaceRequired="0"), "W PreCachingConfig ztp/c: spec.spaceRequired: it is nothing"),
        (
            config(excludePrecachePatterns=["\\("]),
            "E PreCachingConfig ztp/c: spec.excludePrecachePatterns: grep",
        ),
        (
            config(additionalImages=["a", "b"]),
            "W PreCachingConfig ztp/c: spec.additionalImages: current TALM",
        ),
        (group(preCaching=False), "W ClusterGroupUpgrade ztp/g: spec.preCaching: it is not true"),
        (group("p", enable=True), "W ClusterGroupUpgrade ztp/g: spec.enable: it is true, or left out"),
        (group("p"), "W ClusterGroupUpgrade ztp/g: spec.managedPolicies: not among what was given: p"),
        (
            group("p", preCachingConfigRef={"name": "c"}),
            "W ClusterGroupUpgrade ztp/g: spec.preCachingConfigRef: c is not among",
        ),
        (
            group("p", remediationStrategy={"canaries": ["z"]}),
            "E ClusterGroupUpgrade ztp/g: spec.remediationStrategy.canaries: z is not among the clusters",
        ),
    ],
)
def test_each_defect_is_told_where_it_is(item, text):
    assert told(item)[0].startswith(text)


def test_objects_that_are_to_be_absent_and_raw_templates_count_as_the_operator_counts_them():
    gone = policy("p", "ztp", [PTP])
    spec = gone["spec"]["policy-templates"][0]["objectDefinition"]["spec"]
    spec["object-templates"][0]["complianceType"] = "mustnothave"
    assert software_of([gone])[0].packages == ()
    spec["object-templates-raw"] = yaml.safe_dump([{"complianceType": "musthave", "objectDefinition": PTP}])
    assert software_of([gone])[1] == ("Policy p: its object-templates cannot be read (ValueError)",)
    del spec["object-templates"]
    assert software_of([gone])[0].packages == ("ptp-operator:stable",)


def test_a_file_without_anything_of_talm_is_no_success():
    with pytest.raises(ConfigError, match="nothing of TALM's to check"):
        check([PTP])


@pytest.mark.parametrize(
    ("item", "where", "why"),
    [
        (config(additionalImages="quay.io/x/y:v1"), "spec.additionalImages", '"quay.io/x/y:v1", and'),
        (config(excludePrecachePatterns=[5]), "spec.excludePrecachePatterns", "[5], and has to be a list of"),
        (config(overrides=["a:b"]), "spec.overrides", "has to be an object"),
        (group(clusters="edge1"), "spec.clusters", "has to be a list of texts"),
        (group(remediationStrategy=[1]), "spec.remediationStrategy", "has to be an object"),
        ({"kind": "Policy", "metadata": {"name": "p"}, "spec": []}, "spec", "has to be an object"),
    ],
)
def test_a_field_of_another_kind_than_the_crds_have_is_named(item, where, why):
    (found,) = [each for each in check([item]).findings if each.is_error and "has to be" in each.why]
    assert found.where.endswith(f": {where}")
    assert why in found.why
