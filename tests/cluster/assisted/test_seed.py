"""H5 and H7: what the document that people follow leaves out is seen, and is there in what we write."""

import re

import pytest
import yaml

from bootstrap.cluster.assisted.render import assisted
from tests.cluster.assisted.references import MAP, unresolved
from tests.cluster.assisted.test_render import IMAGES
from tests.cluster.ledgers import given
from tests.cluster.readers import of_assisted
from tests.cluster.seed_blocks import block, needs_seeds
from tests.cluster.strict_yaml import documents

pytestmark = needs_seeds


def ours():
    files = assisted(given(), IMAGES).files.values()
    return [item for text in files for item in yaml.safe_load_all(text)]


def test_h5_the_annotation_names_a_config_map_that_nobody_makes():
    text = re.sub(r"^   (?=\w)", " " * 4, block("kind: AgentServiceConfig"), flags=re.MULTILINE)  # H4
    seed = documents(text) + documents(block("name: custom-registries", 2))
    assert unresolved(seed) == [f"metadata.annotations[{MAP}]: assisted-service-config"]
    assert unresolved(ours()) == []


@pytest.mark.parametrize("nth", [1, 2])
def test_h7_a_source_without_a_mirror_would_be_dropped(nth):
    (seed,) = documents(block("name: custom-registries", nth))
    with pytest.raises(AssertionError, match="it would drop some"):
        of_assisted(seed["data"]["registries.conf"])
    (mine,) = [item for item in ours() if item["metadata"]["name"] == "custom-registries"]
    of_assisted(mine["data"]["registries.conf"])
