"""What we render is what the real CRDs accept."""

from pathlib import Path

import jsonschema
import pytest
import yaml

from bootstrap.cluster.mirror_sets import image_digest_mirror_sets, image_tag_mirror_sets
from bootstrap.mirror.mirror_sets import mirrors_of
from tests.cluster.test_mirror_sets import LEDGER, REGISTRIES

CRDS = Path(__file__).parents[3] / "shared" / "crds"


def schema(name):
    crd = yaml.safe_load((CRDS / f"config.openshift.io_{name}.yaml").read_text())
    return crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]


@pytest.mark.skipif(not CRDS.is_dir(), reason="the real CRDs are not beside this clone")
@pytest.mark.parametrize(
    ("render", "crd"),
    [(image_digest_mirror_sets, "imagedigestmirrorset"), (image_tag_mirror_sets, "imagetagmirrorset")],
)
def test_objects_are_valid(render, crd):
    objects = render(mirrors_of(LEDGER, REGISTRIES))
    assert objects
    for item in objects:
        jsonschema.validate(item, schema(crd))


@pytest.mark.skipif(not CRDS.is_dir(), reason="the real CRDs are not beside this clone")
def test_an_ipv6_literal_is_no_valid_mirror_which_is_why_check_refuses_it():
    (item, *_) = image_digest_mirror_sets(mirrors_of(LEDGER, ["[2001:db8::2]:5000"]))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(item, schema("imagedigestmirrorset"))
