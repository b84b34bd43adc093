"""Mirrors in all forms that consumers want: each of them means the same."""

import pytest

from bootstrap.cluster.mirror_forms import (
    hosted_cluster_sources,
    image_content_sources,
    image_digest_sources,
    registries_conf_text,
)
from bootstrap.errors import ConfigError, HostError
from bootstrap.mirror.mirror_sets import Mirror
from tests.cluster.ledgers import REGISTRIES, given

RELEASES = "quay.io/openshift-release-dev/ocp-release"


def test_what_needs_digests_only_names_each_source_once_with_every_mirror_of_the_site():
    found = image_content_sources(given().mirrors)
    assert [each["source"] for each in found] == sorted({each["source"] for each in found})
    assert {
        "source": RELEASES,
        "mirrors": [f"{each}/openshift/release-images" for each in REGISTRIES],
    } in found
    assert found == image_digest_sources(given().mirrors) == hosted_cluster_sources(given().mirrors)


def test_a_source_never_to_be_contacted_is_said_where_the_form_can():
    assert {each["sourcePolicy"] for each in image_digest_sources(given().mirrors, blocked=True)} == {
        "NeverContactSource"
    }
    assert registries_conf_text(given().mirrors, blocked=True).count("blocked = true") == 4
    assert "blocked" not in registries_conf_text(given().mirrors)


def test_assisted_service_gets_no_registry_for_short_names_and_a_host_keeps_its_own():
    assert registries_conf_text(given().mirrors, assisted=True).startswith(
        "unqualified-search-registries = []\n"
    )
    assert "unqualified" not in registries_conf_text(given().mirrors)


def test_nothing_mirrored_is_an_empty_file_that_assisted_service_would_refuse():
    assert registries_conf_text([]) == ""
    with pytest.raises(HostError, match="assisted-service"):
        registries_conf_text([], assisted=True)


def test_more_sources_than_a_hosted_cluster_takes_are_refused():
    mirrors = [Mirror(f"quay.io/a/b{number}", ("r.io/a",), "digest", "generic") for number in range(256)]
    assert len(hosted_cluster_sources(mirrors[1:])) == 255
    with pytest.raises(ConfigError, match="256 sources"):
        hosted_cluster_sources(mirrors)
