"""Names and addresses: derived from the directory, short enough, and no two alike."""

from pathlib import Path

import pytest

from bootstrap.errors import ConfigError
from bootstrap.sandbox.names import LAST_HOST, NETWORKS, RANGE, RANGES, Addresses, Names, checked_host_name

NAMES = Names.of(Path("/some/clone"))


def test_two_directories_have_other_names_and_the_same_directory_the_same():
    assert Names.of(Path("/other/clone")) != NAMES
    assert Names.of(Path("/some/clone")) == NAMES


def test_a_symbolic_link_leads_to_the_same_names(tmp_path):
    (tmp_path / "clone").mkdir()
    (tmp_path / "link").symlink_to("clone")
    assert Names.of(tmp_path / "link") == Names.of(tmp_path / "clone")


def test_no_interface_name_is_longer_than_linux_allows():
    ports = {NAMES.port(number, network) for number in range(1, LAST_HOST) for network in NETWORKS}
    links = {NAMES.controller_link(network) for network in NETWORKS}
    assert max(map(len, ports | links)) <= 15
    assert len(ports | links) == (LAST_HOST - 1) * 2 + 2


def test_hardware_addresses_are_local_and_differ():
    addresses = {NAMES.mac(number, network) for number in range(1, LAST_HOST) for network in NETWORKS}
    assert len(addresses) == (LAST_HOST - 1) * 2
    assert all(int(address[:2], 16) & 3 == 2 for address in addresses)  # locally administered, not multicast


def test_the_last_range_is_still_in_the_test_networks_and_holds_both_networks():
    addresses = Addresses("0", RANGES - 1)
    assert addresses.whole4.subnet_of(RANGE)
    assert {addresses.network4(n).subnet_of(addresses.whole4) for n in NETWORKS} == {True}
    assert {addresses.network6(n).subnet_of(addresses.whole6) for n in NETWORKS} == {True}
    assert not addresses.network4(0).overlaps(addresses.network4(1))


def test_ipv6_addresses_are_unique_local_ones():
    assert Addresses(NAMES.id, 0).whole6.is_private
    assert Addresses(NAMES.id, 0).address6(11).startswith("fd")


@pytest.mark.parametrize("name", ["registry1", "a", "a-b", "x" * 32])
def test_a_good_host_name_is_taken(name):
    assert checked_host_name(name) == name


@pytest.mark.parametrize(
    "name", ["", "A", "1a", "a_b", "a-", "-a", "a.b", "x" * 33, "localhost", "upstream", "hub"]
)
def test_a_name_that_cannot_be_is_refused(name):
    with pytest.raises(ConfigError):
        checked_host_name(name)
