from __future__ import annotations

import pytest

from bootstrap.errors import ConfigError
from bootstrap.imageset.read import read_text
from bootstrap.mirror.engines.choose import EngineName, choose, make
from tests.mirror.world import HEAD

IMAGE_SET = read_text(HEAD + "mirror: {platform: {channels: [{name: stable-4.20}]}}")


def test_auto_takes_native_and_says_why():
    chosen = choose("auto", IMAGE_SET)
    assert (chosen.engine.name, chosen.reason) == ("native", "it can mirror all of the image set")
    assert choose("native", IMAGE_SET).reason == "the setting names it"


def test_every_engine_that_has_a_name_can_be_made():
    assert [make(name).name for name in EngineName] == [name.value for name in EngineName]


def test_an_engine_that_is_none_is_refused():
    with pytest.raises(ConfigError, match="there is no engine 'skopeo'"):
        choose("skopeo", IMAGE_SET)


def test_what_no_engine_can_mirror_is_named_with_who_can():
    image_set = read_text(
        HEAD + "mirror: {operators: [{catalog: 'quay.io/a/b:1'}], helm: {local: [{path: /srv/chart}]}}"
    )
    with pytest.raises(
        ConfigError, match="native: it does not mirror operators, helm, and oc-mirror v2 does"
    ):
        choose("auto", image_set)
