from __future__ import annotations

from dataclasses import replace

import pytest

from bootstrap.errors import ConfigError
from bootstrap.imageset.read import read_text
from bootstrap.mirror.engines.choose import choose, filled_by, make, refuse_impossible
from bootstrap.mirror.engines.names import EngineName
from bootstrap.mirror.ledger import Ledger, Run
from bootstrap.registry.redirects import Redirect
from tests.fakes.tools import FakeTool
from tests.mirror.world import HEAD

RELEASES = read_text(HEAD + "mirror: {platform: {channels: [{name: stable-4.20}]}}")
OPERATORS = read_text(HEAD + "mirror: {operators: [{catalog: 'quay.io/a/b:1'}]}")
IMAGES = read_text(HEAD + "mirror: {additionalImages: [{name: 'quay.io/a/b:1'}]}")


@pytest.fixture
def bare(surroundings):
    """A host without tools, whatever this one has."""
    return replace(surroundings, tools={"oc": "/nowhere/oc", "oc-mirror": "/nowhere/oc-mirror"})


@pytest.fixture
def equipped(surroundings, tmp_path):
    surroundings.workspace.mkdir()
    tools = {name: str(FakeTool(tmp_path, name, version=f"v-{name}").path) for name in ("oc", "oc-mirror")}
    return replace(surroundings, tools=tools)


def test_auto_takes_native_and_says_why(bare):
    chosen = choose("auto", RELEASES, bare)
    assert (chosen.engine.name, chosen.engine.version) == ("native", "")
    assert chosen.reason == "it can mirror all of the image set"
    assert choose("native", RELEASES, bare).reason == "the setting names it"


def test_every_engine_that_has_a_name_can_be_made_and_knows_its_version(equipped):
    made = [make(name, equipped) for name in EngineName]
    assert [(each.name, each.version) for each in made] == [
        ("native", ""),
        ("oc-mirror", "v-oc-mirror"),
        ("oc", "v-oc"),
    ]


def test_an_engine_that_is_none_is_refused(bare):
    with pytest.raises(ConfigError, match="there is no engine 'skopeo'"):
        choose("skopeo", RELEASES, bare)


def test_auto_takes_oc_mirror_for_what_native_cannot_and_says_why(equipped):
    chosen = choose("auto", OPERATORS, equipped)
    assert chosen.engine.name == "oc-mirror"
    assert "native: it does not mirror operators" in chosen.reason


def test_what_needs_a_tool_that_is_not_there_is_refused_with_what_to_install(bare):
    with pytest.raises(ConfigError, match="no engine can mirror this image set") as caught:
        choose("auto", OPERATORS, bare)
    assert "native: it does not mirror operators" in caught.value.why
    assert "oc-mirror is not installed on the mirror host" in caught.value.why
    assert "install oc-mirror v2" in caught.value.fix


def test_auto_stays_with_the_engine_that_filled_the_registries(equipped):
    chosen = choose("auto", RELEASES, equipped, before="oc-mirror")
    assert chosen.engine.name == "oc-mirror"
    assert chosen.reason == "it filled the registries before, and an engine never changes by itself"


def test_an_engine_that_cannot_go_on_is_not_replaced_by_itself(equipped):
    with pytest.raises(ConfigError, match="native: it does not mirror operators") as caught:
        choose("auto", OPERATORS, equipped, before="native")
    assert "set mirror_content_engine" in caught.value.fix


def test_a_setting_that_names_another_engine_is_obeyed_and_the_change_is_said(equipped):
    chosen = choose("native", RELEASES, equipped, before="oc-mirror")
    assert chosen.engine.name == "native"
    assert chosen.reason.startswith("the setting names it; oc-mirror filled the registries before")


@pytest.mark.parametrize(
    ("image_set", "redirects", "why"),
    [
        (IMAGES, (), "there is none in it"),
        (OPERATORS, (), "there is none in it"),
        (RELEASES, (Redirect("quay.io", "r.example:5000"),), "does not know redirects"),
    ],
    ids=["images", "operators", "redirects"],
)
def test_oc_refuses_what_it_cannot(equipped, image_set, redirects, why):
    with pytest.raises(ConfigError, match=f"oc: .*{why}"):
        choose("oc", image_set, replace(equipped, redirects=redirects))


@pytest.mark.parametrize(
    ("setting", "image_set", "is_possible"),
    [
        ("auto", OPERATORS, True),
        ("oc-mirror", OPERATORS, True),
        ("native", OPERATORS, False),
        ("oc", OPERATORS, False),
        ("oc", IMAGES, False),
        ("oc", RELEASES, True),
        ("native", RELEASES, True),
    ],
)
def test_what_a_setting_can_never_mirror_is_known_without_looking_at_a_host(setting, image_set, is_possible):
    if is_possible:
        refuse_impossible(setting, image_set)
        return
    with pytest.raises(ConfigError, match="cannot mirror this image set"):
        refuse_impossible(setting, image_set)


def test_the_last_run_that_mirrored_everything_tells_who_filled_the_registries():
    def run(engine, outcome="ok", operation="mirror"):
        return Run("r", operation, "", "", outcome, engine, "", 0, 0, 0, 0.0, "")

    runs = [run("oc-mirror"), run("native", "failed"), run("", "ok", "verify")]
    assert filled_by(Ledger(runs=tuple(runs))) == "oc-mirror"
    assert filled_by(Ledger(runs=tuple(runs[1:]))) == ""
