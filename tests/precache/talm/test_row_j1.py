import pytest

from bootstrap.precache.talm.space import gib_of
from tests.cluster.crds import needs_crds, problems
from tests.cluster.strict_yaml import documents

CLUSTER_ID = (
    "8a4f1b1e-8d3c-4a55-9d5b-5b1b9c6a4c55"  # each cluster has its own; a policy adds to what is there
)
USUAL = {"before": "4.20.8", "version": "4.20.9", "operators": ["ptp-operator"]}


def objects_of(made):
    return [item for name, text in made.files.items() if name.endswith(".yaml") for item in documents(text)]


def templates_of(items):
    """The objects that policies make of clusters, without what they only wait for."""
    for item in items:
        for each in item["spec"]["policy-templates"] if item["kind"] == "Policy" else ():
            yield each["objectDefinition"]
            for template in each["objectDefinition"]["spec"]["object-templates"]:
                definition = template["objectDefinition"]
                made = {key: value for key, value in definition.items() if key != "status"}
                if made["kind"] == "ClusterVersion":
                    made["spec"] = {**made["spec"], "clusterID": CLUSTER_ID}
                yield made


@needs_crds
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"clusters": (), "selectors": ["group=du,site=north", "canary=yes"], "operators": ()},
        {"version": None, "before": None},
        {"canaries": ["cnfdb1"], "exclude": ["aws", " "], "space": "30Gi", "upstream": "https://h/api/g"},
    ],
    ids=["usual", "selectors", "operators", "more"],
)
def test_row_j1_everything_is_what_the_crds_take(filled, more):
    made = filled.files(**{**USUAL, **more})
    found = objects_of(made)
    assert {name: problems(item) for item in found for name in [item["kind"]] if problems(item)} == {}
    inside = list(templates_of(found))
    assert {item["kind"]: problems(item) for item in inside if problems(item)} == {}
    assert "ConfigurationPolicy" in {item["kind"] for item in inside}


def test_row_j1_packages_and_channels_are_texts_and_space_is_as_every_version_reads_it(filled):
    text = filled.files(**USUAL, space="30Gi").files["4-pre-caching-config.yaml"]
    (config,) = documents(text)
    assert config["spec"] == {
        "spaceRequired": "30 GiB",
        "overrides": {"operatorsPackagesAndChannels": ["ptp-operator:stable"]},
    }
    assert gib_of(config["spec"]["spaceRequired"]) == 30


def test_row_j1_no_upgrade_begins_before_it_is_enabled_and_the_policies_are_in_order(filled):
    made = filled.files(**USUAL, canaries=["cnfdb2"], max_concurrency=2, timeout_minutes=60)
    (group,) = documents(made.files["5-cluster-group-upgrade.yaml"])
    names = [each["metadata"]["name"] for each in documents(made.files["2-policies.yaml"])]
    assert names == [f"upgrade-4-20-9-{each}" for each in ("platform", "catalogs", "operators")]
    assert group["spec"] == {
        "clusters": ["cnfdb1", "cnfdb2"],
        "enable": False,
        "preCaching": True,
        "preCachingConfigRef": {"name": "upgrade-4-20-9", "namespace": "ztp-upgrade"},
        "managedPolicies": names,
        "remediationStrategy": {"maxConcurrency": 2, "timeout": 60, "canaries": ["cnfdb2"]},
    }
    assert made.notes[-1].startswith("oc get clustergroupupgrade upgrade-4-20-9 -n ztp-upgrade -o json |")


def test_row_j1_policies_name_the_release_by_digest_at_its_source_and_only_look(filled):
    made = filled.files(**USUAL, upstream="https://updates.example.com/api/upgrades_info/v1/graph")
    policies = list(documents(made.files["2-policies.yaml"]))
    assert {each["spec"]["remediationAction"] for each in policies} == {"inform"}
    by_kind = {each["kind"]: each for each in templates_of(policies)}
    assert by_kind["ClusterVersion"]["spec"] == {
        "clusterID": CLUSTER_ID,
        "channel": "stable-4.20",
        "upstream": "https://updates.example.com/api/upgrades_info/v1/graph",
        "desiredUpdate": {"version": "4.20.9", "image": filled.images["4.20.9"]},
    }
    assert "@sha256:" in filled.images["4.20.9"]
    assert filled.images["4.20.9"].startswith("quay.io/openshift-release-dev/ocp-release@")
    assert by_kind["CatalogSource"]["spec"]["image"].startswith(f"{filled.registry.location}/redhat/")
    assert by_kind["Subscription"]["metadata"] == {"name": "ptp-operator", "namespace": "openshift-ptp"}
    assert by_kind["Subscription"]["spec"]["source"] == by_kind["CatalogSource"]["metadata"]["name"]
    assert len(by_kind["ConfigMap"]["binaryData"]) == 1


def test_row_j1_the_placement_binds_every_policy_to_the_clusters(filled):
    made = filled.files(**USUAL, selectors=["group=du"], cluster_set="north")
    placement, binding = documents(made.files["3-placement.yaml"])
    asked = [each["requiredClusterSelector"]["labelSelector"] for each in placement["spec"]["predicates"]]
    assert placement["spec"]["clusterSets"] == ["north"]
    (_, bound) = documents(made.files["1-namespace.yaml"])
    assert bound["spec"] == {"clusterSet": "north"}
    names = {"key": "name", "operator": "In", "values": ["cnfdb1", "cnfdb2"]}
    assert asked == [{"matchExpressions": [names]}, {"matchLabels": {"group": "du"}}]
    assert [each["name"] for each in binding["subjects"]] == [
        each["metadata"]["name"] for each in documents(made.files["2-policies.yaml"])
    ]


def test_row_j1_the_same_gives_the_same_bytes(filled):
    assert filled.files(**USUAL) == filled.files(**USUAL)
