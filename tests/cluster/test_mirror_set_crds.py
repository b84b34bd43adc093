"""What stands between a location and the real CRDs."""

import jsonschema
import pytest

from bootstrap.cluster.mirror_sets import image_digest_mirror_sets
from bootstrap.mirror.mirror_sets import mirrors_of
from tests.cluster.crds import needs_crds, validate
from tests.cluster.test_mirror_sets import LEDGER


@needs_crds
def test_an_ipv6_literal_is_no_valid_mirror_which_is_why_check_refuses_it():
    (item, *_) = image_digest_mirror_sets(mirrors_of(LEDGER, ["[2001:db8::2]:5000"]))
    with pytest.raises(jsonschema.ValidationError):
        validate(item)
