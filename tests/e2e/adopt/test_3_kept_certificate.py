"""An adopted registry whose certificate goes on, so that no client notices; podman started it, no unit."""

import json
import shutil

import pytest

from tests.e2e.adopt.by_hand import ByHand
from tests.e2e.adopt.conftest import IMAGE

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def host(lab):
    return lab.sandbox.host("registry2")


@pytest.fixture(scope="module")
def made(lab, host):
    found = ByHand(lab, host, host.fqdn)
    found.set_up(restart="always")
    found.fill(IMAGE, IMAGE)
    return found


@pytest.fixture(scope="module")
def site(another, made, lab):
    """As the documentation says: certificate and key copied to the controller, and provided."""
    kept = lab.directory / "kept"
    kept.mkdir(mode=0o700)
    settings = {"registry_tls_mode": "provided"}
    for part, name in (("certificate", "domain.crt"), ("ca", "domain.crt"), ("key", "domain.key")):
        shutil.copy(made.certificate.with_name(name), kept / name)
        settings[f"registry_tls_provided_{part}"] = str(kept / name)
    return another("keeps", **settings)


@pytest.fixture(scope="module")
def adopted(site):
    return site.run("up", "--adopt", "--json")


def test_without_consent_it_is_refused_with_podmans_container(site):
    ended = site.run("check", "--json")
    assert ended.code != 0
    assert "container registry" in json.dumps(ended.document["problems"])


def test_clients_that_trust_the_old_certificate_go_on(adopted, made):
    assert adopted.result["changed"] > 0
    assert made.get() == 200
    assert "go on" in adopted.err or "the one you provide" in adopted.err


def test_podman_starts_the_old_container_at_no_boot_any_more(adopted, host):
    (found,) = json.loads(host.run(["podman", "container", "inspect", "registry"]).stdout)
    assert found["State"]["Running"] is False
    assert found["HostConfig"]["RestartPolicy"]["Name"] in ("", "no")


def test_a_second_up_changes_nothing(adopted, site):
    assert site.run("up", "--json").result["changed"] == 0
