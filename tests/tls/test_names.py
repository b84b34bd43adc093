"""The links are as `ip -json address` of iproute2 6.1 prints them."""

import pytest

from bootstrap.tls.names import full_names, global_addresses, normalized, wanted_names


def link(name, *addresses):
    return {
        "ifname": name,
        "addr_info": [{"family": "x", "local": a, "scope": s, **f} for a, s, f in addresses],
    }


LINKS = [
    link("lo", ("127.0.0.1", "host", {}), ("::1", "host", {})),
    link(
        "eth0",
        ("192.0.2.10", "global", {"dynamic": True}),
        ("2001:db8::10", "global", {}),
        ("2001:db8::a1b2", "global", {"temporary": True}),
        ("2001:db8::dead", "global", {"deprecated": True}),
        ("2001:db8::beef", "global", {"tentative": True}),
        ("fe80::1", "link", {}),
        ("fd00::10", "global", {}),
    ),
    link("br-ex", ("198.51.100.4", "global", {})),
    link("br-0123456789ab", ("172.18.0.1", "global", {})),
    link("podman0", ("10.88.0.1", "global", {})),
    link("virbr0", ("192.168.122.1", "global", {})),
    link("eth1", ("169.254.3.4", "link", {})),
    {"ifname": "eth2"},
]


def test_only_addresses_that_other_machines_can_use_for_long_are_taken():
    assert global_addresses(LINKS) == ["192.0.2.10", "2001:db8::10", "fd00::10", "198.51.100.4"]


def test_the_hostname_comes_first_and_every_name_once():
    found = wanted_names(
        "Registry.Example.test",
        ["reg1", "registry.example.test", "192.0.2.10", "2001:DB8:0::10"],
        "reg1",
        "",
        LINKS[:2],
    )
    assert found == ["registry.example.test", "reg1", "192.0.2.10", "2001:db8::10", "fd00::10"]


@pytest.mark.parametrize(
    "alias", ["localhost", "localhost.localdomain", "127.0.0.1", "my host", "fe80::1", ""]
)
def test_what_every_machine_is_called_and_what_is_no_name_is_left_out(alias):
    assert wanted_names("reg.example.test", [alias], alias, "", []) == ["reg.example.test"]


def test_a_registry_that_is_meant_to_be_localhost_is():
    assert wanted_names("localhost", [], "reg1", "", []) == ["localhost", "reg1"]


def test_the_hosts_file_gives_the_full_name_and_no_foreign_one():
    hosts = "::1 localhost\n127.0.1.1 reg1.example.test reg1 # me\n192.0.2.10 quay.io\n192.0.2.9 reg2.test\n"
    assert full_names("reg1", hosts) == ["reg1.example.test"]
    assert full_names("reg1.example.test", hosts) == []
    assert full_names("", hosts) == []


def test_names_are_compared_in_one_spelling():
    assert normalized("REG.Example.test.") == "reg.example.test"
    assert normalized("2001:0DB8:0:0:0:0:0:1") == "2001:db8::1"
