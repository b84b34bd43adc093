from __future__ import annotations

import itertools

import pytest

from bootstrap.release.version import Version

# Semantic Versioning 2.0.0, item 11, with a release line of ours behind it.
IN_ORDER = [
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "4.9.10",
    "4.20.0-ec.3",
    "4.20.0-rc.2",
    "4.20.0",
    "4.20.9",
    "4.20.10",
]


def test_the_order_is_that_of_the_specification():
    versions = [Version.parse(text) for text in IN_ORDER]
    assert all(low < high for low, high in itertools.pairwise(versions))
    assert [str(version) for version in versions] == IN_ORDER


def test_build_metadata_does_not_count():
    assert Version.parse("4.20.9+multi") == Version.parse("4.20.9")
    assert len({Version.parse("4.20.9+multi"), Version.parse("4.20.9")}) == 1
    assert str(Version.parse("4.20.9-rc.1+x.y")) == "4.20.9-rc.1+x.y"


@pytest.mark.parametrize(
    "text", ["", "4", "4.20", "4.20.09", "v4.20.9", "4.20.9-", "4.20.9-01", "4.20.9 ", "4.20.9+"]
)
def test_what_is_no_version_is_refused(text):
    with pytest.raises(ValueError, match="is not a version"):
        Version.parse(text)
