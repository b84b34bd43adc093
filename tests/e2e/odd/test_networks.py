"""Sites whose networks are odd: one family only, both, two zones, another port."""

import pytest

from tests.e2e.odd.site import up_once, up_twice
from tests.e2e.odd.stories import Host, odd

pytestmark = pytest.mark.sandbox


@odd(Host("six", is_ipv6_only=True))
def ipv6_only(site):
    site.write("six", release=True)
    return up_twice(site)


def test_a_site_without_any_ipv4_address(ipv6_only):
    host = ipv6_only.site.host("six")
    assert "inet " not in host.run(["ip", "address", "show", "dev", "eth0"]).stdout
    assert host.run(["getent", "ahostsv4", host.fqdn], check=False).stdout == ""
    assert ipv6_only.is_good("six", images=5)
    assert ipv6_only.site.get(f"https://[{host.address6}]:5000/v2/", ca="six") == 401


@odd("dual")
def dual_stack(site):
    site.write("dual")
    return up_once(site)


def test_dual_stack_answers_in_both_families(dual_stack):
    assert dual_stack.is_good("dual")
    host = dual_stack.site.host("dual")
    for address in (host.address4, f"[{host.address6}]"):
        assert dual_stack.site.get(f"https://{address}:5000/v2/", ca="dual") == 401


@odd(Host("zones", has_second_network=True))
def names_and_zones(site):
    host = site.host("zones")
    host.run(["firewall-cmd", "--quiet", "--permanent", "--zone=dmz", "--change-interface=eth1"])
    host.run(["firewall-cmd", "--quiet", "--permanent", "--zone=internal", "--change-interface=eth0"])
    host.run(["firewall-cmd", "--quiet", "--reload"])
    names = ["mirror.example.test", "registry.lab.example.test", "192.0.2.7", "2001:db8::7"]
    site.write("zones", registry_tls_names=names, registry_firewall_zones=["internal"])
    return up_twice(site)


def test_several_names_and_zones(names_and_zones):
    assert names_and_zones.is_good("zones")
    site, host = names_and_zones.site, names_and_zones.site.host("zones")
    for name in ("mirror.example.test", "registry.lab.example.test", host.fqdn):
        as_that = ("--resolve", f"{name}:5000:{host.address4}")
        assert site.get(f"https://{name}:5000/v2/", *as_that, ca="zones") == 401
    closed = f"{host.fqdn}:5000:{host.second_address4}"
    assert site.get(f"https://{host.fqdn}:5000/v2/", "--resolve", closed, ca="zones") == 0


@odd("port")
def odd_port(site):
    site.write("port", registry_service_port=8443)
    return up_once(site)


def test_another_port(odd_port):
    assert odd_port.is_good("port", port=8443)
    host = odd_port.site.host("port")
    assert host.run(["firewall-cmd", "--list-ports"]).stdout.split() == ["8443/tcp"]
    assert odd_port.site.get(f"https://{host.fqdn}:5000/v2/", ca="port") == 0
