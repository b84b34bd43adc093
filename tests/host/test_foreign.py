"""What is said about registries that somebody else set up; the finding itself is tested with the role."""

import datetime as dt

import pytest

from bootstrap.host.foreign import Place, consequences, judge, look
from bootstrap.host.local import LocalConnection
from bootstrap.host.privilege import Privilege
from bootstrap.tls.issue import Order, issue_self_signed

PLACE = Place("reg1", 5000, "/opt/registry")


@pytest.fixture(scope="module")
def pem():
    order = Order(("registry.example.com",), "ecdsa_p256", 30)
    return issue_self_signed(order, dt.datetime.now(dt.UTC)).pem.decode()


@pytest.fixture
def container(pem):
    return {
        "kind": "container",
        "name": "registry",
        "image": "docker.io/library/registry:latest",
        "running": True,
        "units": ["registry.service"],
        "data": "/opt/registry/data",
        "repositories": 2,
        "users": ["dummy"],
        "certificate": "/opt/registry/certs/domain.crt",
        "certificate_pem": pem,
        "key": "/opt/registry/certs/domain.key",
        "why_not": "",
    }


def said(found, place=PLACE, adopt=False):
    (problem,) = judge(place, [found], adopt=adopt)
    return str(problem.what), str(problem.why), str(problem.fix)


def test_nothing_in_the_way_is_no_problem():
    assert judge(PLACE, [], adopt=False) == []


def test_a_container_is_named_with_its_unit_data_users_and_certificate(container):
    what, why, fix = said(container)
    assert all(word in what for word in ("reg1", "container registry", "registry.service"))
    assert all(word in why for word in ("2 repositories", "/opt/registry/data"))
    for word in ("--adopt", "registry_service_adopt", "dummy", "registry.example.com", "SHA-256"):
        assert word in fix


def test_it_is_no_problem_once_it_may_be_adopted(container):
    assert judge(PLACE, [container], adopt=True) == []


def test_one_that_only_starts_at_the_next_boot_is_told_as_such(container):
    _, why, _ = said(container | {"running": False})
    assert "starts when the host boots" in why


def test_keeping_the_old_certificate_is_offered_and_not_once_one_is_provided(container):
    assert "registry_tls_mode: provided" in consequences(PLACE, container)
    kept = consequences(Place("reg1", 5000, "/opt/registry", keeps_certificate=True), container)
    assert "the one you provide" in kept
    assert "trust bundle" not in kept


@pytest.mark.parametrize("adopt", [False, True])
def test_data_elsewhere_is_refused_with_the_setting_that_would_fit(container, adopt):
    elsewhere = {
        "data": "/srv/reg/data",
        "why_not": "its data is in /srv/reg/data, not in /opt/registry/data",
    }
    _, why, fix = said(container | elsewhere, adopt=adopt)
    assert "/srv/reg/data" in why
    assert "registry_storage_root: /srv/reg" in fix
    named = {"data": "/srv/blobs", "why_not": "its data is in /srv/blobs, not in /opt/registry/data"}
    assert "ln -s /srv/blobs /opt/registry/data" in said(container | named, adopt=adopt)[2]


def test_what_cannot_be_adopted_says_so_even_with_consent(container):
    cache = container | {"why_not": "it is a pull-through cache"}
    _, why, fix = said(cache, adopt=True)
    assert "pull-through cache" in why
    assert "registry_service_port" in fix


@pytest.mark.parametrize("adopt", [False, True])
def test_a_process_on_the_port_is_named_with_its_unit(adopt):
    process = {
        "kind": "process",
        "name": "nginx",
        "pid": 7,
        "uid": 0,
        "unit": "nginx.service",
        "container": "",
    }
    what, why, fix = said(process, adopt=adopt)
    assert "port 5000 is taken" in what
    assert "nginx.service" in why
    assert "registry_service_port" in fix


def test_the_look_works_on_this_machine_and_finds_nothing_where_nothing_is(tmp_path):
    place = Place("here", 1, str(tmp_path))  # nobody listens on port 1
    assert look(LocalConnection("here", Privilege.none()), place) == []
