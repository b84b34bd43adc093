"""Disks as ``precache disk`` writes them, loaded by the script that the overrides hold."""

import json

import pytest

from bootstrap.precache.ignition.config import content_of
from bootstrap.precache.ignition.overrides import overrides
from tests.fakes.images import make_image, multi_arch
from tests.fakes.registry import FakeRegistry
from tests.precache.disk.world import fake_mirror, fill, specs, wants
from tests.precache.ignition.node import Node, needs_node

pytestmark = needs_node
BY_TAG, BY_BOTH = "quay.io:8443/edge/tool:v1", "quay.io/edge/other:v2"


@pytest.fixture
def mirror():
    with FakeRegistry() as registry, registry.client() as client:
        yield fake_mirror(registry, client)


@pytest.mark.parametrize("form", ["layout", "tgz"])
def test_row_a4_what_is_written_is_found_and_loaded_in_both_stages(tmp_path, mirror, form):
    mirror.release(("etcd", "machine-config-operator", "installer"), is_multi=True)
    mirror.image(BY_TAG, make_image("tool", docker=True))
    both = f"{BY_BOTH}@{mirror.image(BY_BOTH, multi_arch('other'))}"
    fill(mirror.given(), tmp_path / "disk", site=wants(BY_TAG, both), form=form)
    node, loaded = Node(tmp_path / "node"), set()
    for stage, override in (("ai", overrides().discovery), ("ocp", overrides().install)):
        (file,) = json.loads(override)["storage"]["files"]
        script = tmp_path / f"extract-{stage}.sh"
        script.write_bytes(content_of(file["contents"]["source"]))
        listed = specs(tmp_path / "disk", f"{stage}-images.txt")
        run = node.run(stage=stage, frm=tmp_path / "disk", script=script)
        new = set(listed) - loaded
        assert (run.code, run.counts) == (0, (len(new), len(listed) - len(new), 0, 0)), run.text
        loaded |= new
        assert [each for each in listed if not node.has(each)] == []
    assert BY_TAG in listed
