"""The registry on a port below 1024, elsewhere on the disk, with image and certificate from elsewhere."""

import json
import ssl
from dataclasses import replace

import pytest


@pytest.fixture
def registry(site, fixtures):
    state = site.state.parents[1] / "other state"
    return replace(site, port=443, state=state, authorities=fixtures / "ca.crt")


def test_it_answers_there_with_the_provided_certificate(registry, host):
    assert registry.get("/v2/")[0] == 401
    assert registry.get("/v2/", credentials=registry.credentials)[0] == 200
    served = ssl.get_server_certificate((registry.name, 443), ca_certs=str(registry.ca))
    assert served.strip() == host.file("/srv/mirror/certs/registry.crt").content_string.strip()


def test_it_has_the_one_capability_that_such_a_port_needs(host):
    shown = host.run("podman inspect mirror-registry --format '{{.EffectiveCaps}}'").stdout
    assert shown == "[CAP_NET_BIND_SERVICE]\n"


def test_the_image_has_the_name_that_was_asked_for_and_no_other(host):
    names = [image["Names"] for image in json.loads(host.run("podman images --format json").stdout)]
    assert names == [["registry.example.com/base/distribution:2.8"]]


def test_config_says_what_was_asked_for(host):
    config = host.file("/srv/mirror/conf/config.yml").content_string
    assert "level: debug" in config
    assert "delete:\n    enabled: true" in config


def test_nothing_stands_where_it_does_by_default(host):
    assert not host.file("/opt/registry").exists
