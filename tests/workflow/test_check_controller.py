"""What the controller has to be able to do; nothing is asked of a network here."""

import shutil
from dataclasses import replace

import pytest

from bootstrap.site.model import Connection, Host, Site
from bootstrap.site.state import State
from bootstrap.workflow import check_controller

NAME = "registry1.example.com"
LINKS = [{"ifname": "eth0", "addr_info": [{"local": "192.0.2.11"}, {"local": "127.0.0.1"}]}]


@pytest.fixture
def host():
    values = {"registry_service_hostname": NAME, "registry_tls_names": ["198.51.100.7", "other.example.com"]}
    return Host("registry1", ("registry",), values, Connection("ssh", "bmc.example.com"))


@pytest.fixture
def site(host, tmp_path):
    return Site("lab", tmp_path, tmp_path, State(tmp_path / "state"), (host,), host)


def told(host, *addresses, **here):
    return list(check_controller.names(host, {"links": LINKS}, {NAME: addresses, **here}))


def test_a_name_that_leads_to_the_host_is_fine(host):
    assert told(host, "192.0.2.11") == []


def test_an_address_of_the_certificate_or_of_the_connection_leads_to_the_host_too(host):
    assert told(host, "198.51.100.7") == []
    assert told(host, "203.0.113.5", **{"bmc.example.com": ("203.0.113.5",)}) == []


@pytest.mark.parametrize(
    ("addresses", "what"),
    [
        ((), "does not resolve on the controller"),
        (("127.0.1.1",), "leads back to the asker on the controller"),
        (("203.0.113.9",), "leads elsewhere on the controller"),
    ],
)
def test_a_name_that_does_not_lead_there_is_a_problem(host, addresses, what):
    (problem,) = told(host, *addresses)
    assert what in problem.what
    assert NAME in problem.why


def test_without_a_look_only_what_is_wrong_for_every_host_is_told(host):
    assert list(check_controller.names(host, None, {NAME: ("203.0.113.9",)})) == []
    (problem,) = check_controller.names(host, None, {NAME: ()})
    assert "does not resolve" in problem.what


def test_a_host_that_is_the_controller_has_told_already(host):
    local = replace(host, connection=Connection("local", "localhost"))
    assert list(check_controller.names(local, {"links": LINKS}, {NAME: ("127.0.1.1",)})) == []


def test_a_proxy_that_would_be_asked_for_the_registry_is_a_problem(site, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    monkeypatch.setenv("no_proxy", "localhost,registry1")
    (problem,) = check_controller.proxies(site)
    assert NAME in problem.why
    monkeypatch.setenv("no_proxy", ".example.com")
    assert list(check_controller.proxies(site)) == []
    monkeypatch.setenv("no_proxy", "*")
    assert list(check_controller.proxies(site)) == []


def test_hosts_over_ssh_need_openssh(site, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    (problem,) = check_controller.tools(site)
    assert "openssh-client" in problem.fix
