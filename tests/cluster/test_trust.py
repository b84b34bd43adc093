"""What clusters have to trust."""

import re

import pytest

from bootstrap.cluster.trust import trust_bundle
from bootstrap.errors import ConfigError
from tests.fakes.tls import Authority

ONE, OTHER = Authority("One CA").pem, Authority("Other CA").pem


def test_a_bundle_is_nothing_but_pem_and_ends_in_one_line_feed_g3():
    found = trust_bundle(
        {"r1:5000": f"// Registry1 CA\n\n{ONE}\n\n", "r2:5000": f"{OTHER}\n# that was all\n"}
    )
    assert re.fullmatch(
        r"(-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=]+\n)+-----END CERTIFICATE-----\n){2}", found
    )
    assert found == ONE + OTHER


def test_registries_with_the_same_ca_have_it_once():
    assert trust_bundle({"r1:5000": ONE, "r2:5000": OTHER + ONE}) == ONE + OTHER


@pytest.mark.parametrize("text", ["", "nothing", ONE.replace("M", "!", 1)])
def test_what_is_no_certificate_is_told_with_its_registry(text):
    with pytest.raises(ConfigError, match="r1:5000"):
        trust_bundle({"r1:5000": text})
