"""What ``oc`` prints is read strictly, in each of its forms."""

import json

import pytest
import yaml

from bootstrap.errors import ConfigError
from bootstrap.precache.talm.status.group import parse_groups, read_groups
from bootstrap.precache.talm.status.states import State
from tests.cluster.crds import needs_crds, problems
from tests.precache.talm.status.fixtures import GENERATIONS, IMAGE, cgu, newer

STATES = {"a": "Succeeded", "b": "Active"}


@needs_crds
@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_real_crd_accepts_what_the_tests_are_made_of(generation):
    assert problems(cgu(STATES, GENERATIONS[generation](STATES), plan=[["a"], ["b"]])) == []


@pytest.mark.parametrize("written", [json.dumps, yaml.safe_dump])
@pytest.mark.parametrize("form", ["object", "List", "ClusterGroupUpgradeList", "status"])
def test_an_object_a_list_and_a_status_alone_are_read(form, written, tmp_path):
    item = cgu(STATES, plan=[["a"], ["b"]])
    shown = {
        "object": item,
        "List": {"apiVersion": "v1", "kind": "List", "items": [item]},
        "ClusterGroupUpgradeList": {"kind": "ClusterGroupUpgradeList", "items": [item]},
        "status": item["status"],
    }[form]
    path = tmp_path / "cgu"
    path.write_text(written(shown), encoding="utf-8")
    (group,) = read_groups(path)
    assert group.states == {"a": State.SUCCEEDED, "b": State.ACTIVE}
    assert group.plan == ("a", "b")
    assert group.platform_image == IMAGE
    assert group.conditions["PrecachingSuceeded"].reason == "InProgress"
    assert (group.name, group.is_enabled) == (("", None) if form == "status" else ("du", False))


def test_what_the_api_server_has_defaults_for_may_be_left_out():
    item = cgu(STATES)
    for key in ("preCaching", "enable"):
        del item["spec"][key]
    item["spec"]["remediationStrategy"] = {"maxConcurrency": 1}
    (group,) = parse_groups(json.dumps(item), "it")
    assert (group.is_asked, group.is_enabled, group.timeout_minutes) == (False, True, 240)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("status.precaching", [], "status.precaching is [], and it has to be an object"),
        ("status.precaching.status", ["a"], "status.precaching.status is "),
        ("status.precaching.status.a", "Levitating", "its state is 'Levitating'"),
        ("status.precaching.status.a", None, "status.precaching.status.a is null, and it has to be text"),
        ("status.precaching.spec.platformImage", 4, "platformImage is 4, and it has to be text"),
        ("status.conditions", {}, "status.conditions is {}, and it has to be a list"),
        ("status.conditions", ["Ready"], "status.conditions[0]"),
        ("status.conditions", [{"type": "Ready", "status": True}], '"True", "False" or "Unknown"'),
        ("status.remediationPlan", ["a"], "status.remediationPlan"),
        ("status", "Active", "status is "),
        ("spec.clusters", [1], "spec.clusters is [1], and it has to be a list of names"),
        ("spec.enable", "no", 'spec.enable is "no", and it has to be true or false'),
        ("spec.remediationStrategy.timeout", "4h", "a number of minutes"),
    ],
)
def test_row_j3_what_talm_never_writes_is_an_error_with_its_place(path, value, said):
    item = cgu(STATES)
    *above, last = path.split(".")
    place = item
    for each in above:
        place = place[each]
    place[last] = value
    with pytest.raises(ConfigError) as caught:
        parse_groups(json.dumps(item), "it")
    assert said in caught.value.why


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there is nothing in it"),
        ("{}", "no Kubernetes object"),
        ('{"conditions": [', "not YAML"),
        ('{"kind": "Pod", "metadata": {"name": "a"}}', "there is no ClusterGroupUpgrade"),
        ("error: the server doesn't have a resource type", "no Kubernetes object"),
    ],
)
def test_row_j3_what_is_nothing_of_talms_is_an_error(text, said):
    with pytest.raises(ConfigError) as caught:
        parse_groups(text, "it")
    assert said in str(caught.value)


def test_groups_come_by_namespace_and_name():
    items = [cgu(STATES, newer(STATES), name=name) for name in ("z", "a")]
    assert [group.name for group in parse_groups(json.dumps({"kind": "List", "items": items}), "it")] == [
        "a",
        "z",
    ]
