"""A user's own file gets overrides and installerArgs: nothing else changes, and twice is as once."""

import json

import pytest
import yaml

from bootstrap.errors import ConfigError, Problems
from bootstrap.precache.ignition.overrides import overrides
from bootstrap.precache.instance.patch import patched, put
from tests.precache.instance.samples import OURS, instance

FOREIGN = {
    "ignition": {"version": "3.1.0"},
    "systemd": {"units": [{"name": "mine.service", "enabled": False}]},
    "storage": {"files": [{"path": "/etc/mine", "mode": 420, "contents": {"source": "data:,it%27s"}}]},
}
MINE = """\
# In Git, and looked after.
---
apiVersion: v1
kind: Namespace
metadata: {name: edge}
---
apiVersion: siteconfig.open-cluster-management.io/v1alpha1
kind: ClusterInstance # of site 7
metadata: {name: edge, namespace: edge}
spec:
  nodes:
    # the first
    - hostName: "node0"   # a comment that stays
      role: master
    - {hostName: node1, role: master}
    - hostName: node2
      ignitionConfigOverride: |
        {"ignition": {"version": "3.2.0"}}

      # before installerArgs
      installerArgs: '["--copy-network"]' # mine
  clusterName: edge
  baseDomain:   example.com

  # the end
"""


def without_ours(text):
    """The file without what we set."""
    found = list(yaml.safe_load_all(text))
    for item in found:
        clusters = [item.get("spec") or {}]
        for place in [*clusters, *(node for each in clusters for node in each.get("nodes", ()))]:
            place.pop("ignitionConfigOverride", None)
            place.pop("installerArgs", None)
    return found


def test_everything_is_set_and_nothing_else_changes():
    made = patched(MINE, OURS, "mine.yaml")
    _, item = made.items
    assert item["spec"]["ignitionConfigOverride"] == OURS.discovery
    assert [each["installerArgs"] for each in item["spec"]["nodes"]] == [
        *('["--save-partlabel","data"]',) * 2,
        '["--copy-network","--save-partlabel","data"]',
    ]
    assert [json.loads(each["ignitionConfigOverride"]) for each in item["spec"]["nodes"]] == [
        json.loads(OURS.install)
    ] * 3
    assert without_ours(made.text) == without_ours(MINE)
    lines = made.text.splitlines()
    ours = ("ignitionConfigOverride:", "installerArgs:", "{")
    theirs = [line for line in MINE.splitlines() if not line.strip().startswith((*ours, "- {"))]
    assert [line for line in lines if line in theirs] == theirs, "lines of the user are gone"
    assert any("# mine" in line for line in lines)


def test_an_empty_document_is_nothing():
    made = patched(f"---\n---\n{MINE}---\n", OURS, "mine.yaml")
    assert made.text.startswith("---\n---\n")
    assert made.text.endswith("\n---\n")
    assert patched(made.text, OURS, "mine.yaml").changes == ()


def test_twice_is_as_once():
    once = patched(MINE, OURS, "mine.yaml")
    assert patched(once.text, OURS, "mine.yaml").changes == ()
    assert patched(once.text, OURS, "mine.yaml").text == once.text


def test_foreign_units_files_and_arguments_stay(tmp_path):
    item = instance(tmp_path)
    item["spec"]["ignitionConfigOverride"] = json.dumps(FOREIGN, indent=2)
    item["spec"]["nodes"][0]["installerArgs"] = '["--append-karg", "a=\'b\'"]'
    (after,) = patched(yaml.safe_dump(item), OURS, "mine.yaml").items
    config = json.loads(after["spec"]["ignitionConfigOverride"])
    assert config["ignition"] == {"version": "3.1.0"}
    assert config["systemd"]["units"][0] == FOREIGN["systemd"]["units"][0]
    assert config["storage"]["files"][0] == FOREIGN["storage"]["files"][0]
    assert len(config["systemd"]["units"]) == len(config["storage"]["files"]) == 2
    assert "'" not in after["spec"]["ignitionConfigOverride"]
    args = after["spec"]["nodes"][0]["installerArgs"]
    assert json.loads(args) == ["--append-karg", "a='b'", "--save-partlabel", "data"]
    assert "'" not in args


def test_arguments_that_keep_the_partition_already_stay_as_they_are_written(tmp_path):
    item = instance(tmp_path)
    item["spec"]["nodes"][0]["installerArgs"] = '[ "--save-partlabel",  "data" ]'
    assert patched(yaml.safe_dump(item), OURS, "mine.yaml").changes == ()


def test_another_partition_is_kept_beside_ours(tmp_path):
    item = instance(tmp_path)
    made, _ = put(item, overrides("images"), "mine.yaml")
    args = json.loads(made["spec"]["nodes"][0]["installerArgs"])
    assert args == ["--save-partlabel", "data", "--save-partlabel", "images"]
    assert item["spec"]["nodes"][0]["installerArgs"] == '["--save-partlabel","data"]', "it was changed"


def test_a_mapping_in_braces_gets_what_is_new_in_braces():
    text = "kind: ClusterInstance\nspec: {nodes: [{}, {role: master}], clusterName: a}\n"
    (item,) = patched(text, OURS, "mine.yaml").items
    assert [each["installerArgs"] for each in item["spec"]["nodes"]] == ['["--save-partlabel","data"]'] * 2


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "\n"])
def test_the_last_line_and_line_ends_of_the_file_are_its_own(newline, last):
    text = MINE.rstrip("\n").removesuffix("\n\n  # the end").replace("\n", newline) + last.replace(
        "\n", newline
    )
    made = patched(text, OURS, "mine.yaml")
    assert made.text.count("\r\n") == (made.text.count("\n") if newline == "\r\n" else 0)
    assert patched(made.text, OURS, "mine.yaml").text == made.text


def test_a_mapping_in_place_of_json_becomes_json(tmp_path):
    item = instance(tmp_path)
    item["spec"]["ignitionConfigOverride"] = FOREIGN
    item["spec"]["nodes"][0]["installerArgs"] = ["--copy-network"]
    (after,) = patched(yaml.safe_dump(item), OURS, "mine.yaml").items
    assert json.loads(after["spec"]["ignitionConfigOverride"])["ignition"] == {"version": "3.1.0"}
    assert json.loads(after["spec"]["nodes"][0]["installerArgs"])[0] == "--copy-network"


def anchored(item):
    text = yaml.safe_dump(item)
    return text.replace("  ignitionConfigOverride: ", "  ignitionConfigOverride: &one ", 1) + "  mine: *one\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "it is not valid YAML"),
        ("", "it is empty"),
        ("kind: Namespace\n", "no ClusterInstance is in it"),
        (
            "kind: ClusterInstance\nspec: {nodes: [], nodes: []}\n",
            "it has a key twice in one place: nodes (line 2)",
        ),
        ("kind: ClusterInstance\n", "spec is no mapping"),
        ("kind: ClusterInstance\nspec: {}\n", "spec.nodes is no list"),
        ("kind: ClusterInstance\nspec: {nodes: [1]}\n", "spec.nodes[0] is no mapping"),
        ("kind: SiteConfig\nspec: {clusters: {}}\n", "spec.clusters is no list"),
        ("kind: ClusterInstance\nspec: {nodes: [], ignitionConfigOverride: '{'}\n", "it is not JSON"),
        (
            "kind: ClusterInstance\nspec: {nodes: [], ignitionConfigOverride: {ignition: {version: 3.4.}}}\n",
            "its version is '3.4.'",
        ),
        ("kind: ClusterInstance\nspec: {nodes: [{installerArgs: --copy-network}]}\n", "it is no JSON"),
        (
            "kind: ClusterInstance\nspec:\n  nodes: []\n  ignitionConfigOverride: &one ''\n  mine: *one\n",
            "an anchor or alias connects them",
        ),
    ],
)
def test_what_cannot_be_patched_is_refused_with_the_reason(text, said):
    with pytest.raises(ConfigError) as refused:
        patched(text, OURS, "mine.yaml")
    assert said in refused.value.why


def test_everything_that_cannot_be_merged_is_said_at_once():
    text = MINE.replace('{"ignition": {"version": "3.2.0"}}', "no").replace('["--copy-network"]', "no")
    with pytest.raises(Problems) as refused:
        patched(text, OURS, "mine.yaml")
    assert [each.what.partition(": it")[0] for each in refused.value.problems] == [
        "mine.yaml: spec.nodes[2].ignitionConfigOverride: cannot use the existing Ignition config",
        "mine.yaml: spec.nodes[2].installerArgs",
    ]
