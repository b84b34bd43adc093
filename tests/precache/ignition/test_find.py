"""Overrides are found wherever they stand, and everything around a corrected one stays byte for byte."""

import json

import pytest
import yaml

from bootstrap.errors import ConfigError
from bootstrap.precache.ignition.correct import read_overrides
from bootstrap.precache.ignition.find import find
from tests.cluster.seed_blocks import needs_seeds
from tests.precache.ignition.samples import needs_ignition, seed_overrides, seed_text, validate

WRONG = json.dumps(
    {"ignition": {"version": "3.2.0"}, "storage": {"files": [{"path": "/etc/it's", "mode": 755}]}}, indent=2
)
RIGHT = '{"ignition":{"version":"3.2.0"},"storage":{"files":[{"path":"/etc/it\\u0027s","mode":493}]}}'


def block(indent, style="|"):
    return style + "\n" + "".join(f"{' ' * indent}{line}\n" for line in WRONG.splitlines())


QUOTED = "'" + WRONG.replace("\n", "").replace("'", "''") + "'\n"
FORMS = {
    "block": (block(4), f"'{RIGHT}'\n"),
    "stripped": (block(6, "|-"), f"'{RIGHT}'\n"),
    "folded": (block(4, ">"), f"'{RIGHT}'\n"),
    "single": (QUOTED, f"'{RIGHT}'\n"),
    "double": (json.dumps(WRONG) + "  # theirs\n", json.dumps(RIGHT) + "  # theirs\n"),
}


@pytest.mark.parametrize("form", FORMS)
def test_one_in_yaml_is_corrected_and_the_rest_stays(form):
    value, expected = FORMS[form]
    around = (
        "# theirs\nkind: ClusterInstance\nspec:\n  ignitionConfigOverride: {}  nodes:\n  - {{a: 1}} # b\n"
    )
    corrected = read_overrides(around.format(value), "it")
    assert corrected.text == around.format(expected)
    assert yaml.safe_load(corrected.text)["spec"]["ignitionConfigOverride"].strip() == RIGHT
    (override,) = corrected.overrides
    assert (override.place, override.line) == ("spec.ignitionConfigOverride", 4)


def test_all_in_several_documents_are_found_by_their_paths():
    key = "bmac.agent-install.openshift.io/ignition-config-overrides"
    documents = [
        {"spec": {"nodes": [{"ignitionConfigOverride": WRONG}, {"ignitionConfigOverride": ""}]}},
        {"metadata": {"annotations": {key: WRONG}}},
        {"spec": {"clusters": [{"ignitionConfigOverride": RIGHT}]}},
    ]
    corrected = read_overrides(yaml.safe_dump_all(documents), "it")
    assert [each.place for each in corrected.overrides] == [
        "spec.nodes[0].ignitionConfigOverride",
        f"metadata.annotations.{key}",
        "spec.clusters[0].ignitionConfigOverride",
    ]
    read = list(yaml.safe_load_all(corrected.text))
    assert read[0]["spec"]["nodes"] == [{"ignitionConfigOverride": RIGHT}, {"ignitionConfigOverride": ""}]
    assert read[1]["metadata"]["annotations"][key] == RIGHT
    assert corrected.overrides[2].defects == ()


def test_one_in_json_of_objects_stays_json():
    text = json.dumps({"spec": {"ignitionConfigOverride": WRONG, "theirs": True}}, indent=1)
    corrected = read_overrides(text, "it").text
    assert json.loads(corrected) == {"spec": {"ignitionConfigOverride": RIGHT, "theirs": True}}


def test_an_override_alone_is_the_whole_text():
    corrected = read_overrides(f"\n{WRONG}\n\n", "it")
    assert corrected.text == f"\n{RIGHT}\n\n"
    assert [(each.place, each.line) for each in corrected.overrides] == [("", 2)]


def test_yaml_that_is_none_and_json_that_is_none_are_named():
    (override,) = read_overrides(
        'a: [\nignitionConfigOverride: |\n  {"ignition": {,}\nb: c\n', "it"
    ).overrides
    assert [each.rule for each in override.defects] == ["not-json"]
    (override,) = read_overrides('{"ignition": {,}', "it").overrides
    assert [each.rule for each in override.defects] == ["not-json"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: b\n",
        "ignitionConfigOverride:\n",
        "ignitionConfigOverride: ~\n",
        "ignitionConfigOverride: {}\n",
        "\0",
        "a: [\n",
    ],
)
def test_a_text_without_any_is_refused(text):
    with pytest.raises(ConfigError, match="there is no Ignition override in it"):
        read_overrides(text, "it")


def test_aliases_that_turn_in_a_circle_end():
    assert find("a: &a [*a]\nb: {ignitionConfigOverride: '{}'}\n")[0].text == "{}"


def test_an_anchor_stays_for_its_aliases_and_one_override_is_corrected_once():
    text = "nodes:\n- ignitionConfigOverride: &all !!str {}- ignitionConfigOverride: *all\n"
    corrected = read_overrides(text.format(QUOTED), "it")
    assert corrected.text == text.format(f"'{RIGHT}'\n")
    assert len(corrected.overrides) == 1


def test_aliases_of_aliases_are_each_read_once():
    nested = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    assert len(find(f"a0: &a0 [x]\n{nested}b: {{ignitionConfigOverride: '{{}}'}}\n")) == 1


@needs_seeds
@needs_ignition
@pytest.mark.parametrize("kind", ["ClusterInstance", "SiteConfig"])
def test_the_documents_are_read_verbatim_and_corrected_at_once(kind, tmp_path):
    text = seed_text(kind)
    corrected = read_overrides(text, kind)
    assert [each.stages for each in corrected.overrides] == [("discovery",), ("install",)]
    expected = text
    for before, override in zip(seed_overrides(kind), corrected.overrides, strict=True):
        assert override.left == ()
        assert validate(override.text, tmp_path) == ""
        expected = expected.replace(before, override.text)
    assert corrected.text == expected
    again = read_overrides(corrected.text, kind)
    assert [each.defects for each in again.overrides] == [(), ()]
    assert again.text == corrected.text
