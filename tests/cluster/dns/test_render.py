"""Row I: what is written for name servers, as real ones read it."""

import subprocess

import dns.rdatatype
import dns.zone
import pytest

from bootstrap.cluster.dns.clusters import Cluster
from bootstrap.cluster.dns.names import names_of
from bootstrap.cluster.dns.render import dnsmasq_conf, zone_fragments
from tests.fakes.name_server import addresses, name_server

V4, V6 = ("192.0.2.20", "192.0.2.21"), ("2001:db8::20", "2001:db8::21")
FAMILIES = {"IPv4": (V4, ()), "IPv6": ((), V6), "dual": (V4, V6)}


def names(family):
    """Those of two registries, of a management and of a hosted cluster."""
    four, six = FAMILIES[family]
    both = (*four, *six)
    one = (*four[:1], *six[:1])
    clusters = [
        Cluster("management", "example.com", one, one),
        Cluster("hosted", "lab.example.com", both, one, is_hosted=True),
    ]
    return names_of({"registry1.example.com": one, "registry2.lab.example.com": both}, clusters)


EXPECTED = {
    "registry1.example.com": 1,
    "registry2.lab.example.com": 2,
    "api.management.example.com": 1,
    "api-int.management.example.com": 1,
    "random.apps.management.example.com": 1,
    "api.hosted.lab.example.com": 2,
    "api-int.hosted.lab.example.com": 2,
    "random.apps.hosted.lab.example.com": 1,
}


@pytest.mark.parametrize("family", FAMILIES)
def test_i1_a_zone_with_the_fragments_is_accepted_and_has_each_name_in_its_family(family, tmp_path):
    fragments = zone_fragments(names(family))
    assert list(fragments) == ["example.com", "lab.example.com"]
    zone = tmp_path / "example.com.db"
    head = "$TTL 300\n@ IN SOA ns admin 1 3600 600 86400 300\n@ IN NS ns\nns IN A 192.0.2.53\n"
    for domain, text in fragments.items():
        (tmp_path / f"{domain}.zone").write_text(text)
        head += f"$INCLUDE {domain}.zone\n"
    zone.write_text(head)
    argv = ["named-checkzone", "-k", "fail", "-i", "full", "-D", "example.com", zone.name]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ignoring out-of-zone" not in done.stdout + done.stderr
    loaded = dns.zone.from_text(done.stdout, "example.com.", relativize=False, check_origin=False)
    four, six = FAMILIES[family]
    for name, count in EXPECTED.items():
        for kind, given in (("A", four), ("AAAA", six)):
            found = loaded.get_rdataset(f"{name.replace('random.', '*.')}.", kind)
            assert sorted(each.address for each in found or ()) == list(given[:count]), (name, kind)


@pytest.mark.parametrize("family", FAMILIES)
def test_i1_a_private_dnsmasq_resolves_each_name_in_its_family_and_has_no_other_address(family, tmp_path):
    conf = tmp_path / "dnsmasq.conf"
    conf.write_text(dnsmasq_conf(names(family)))
    done = subprocess.run(["dnsmasq", "--test", f"--conf-file={conf}"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    four, six = FAMILIES[family]
    with name_server(conf) as resolver:
        for name, count in EXPECTED.items():
            assert addresses(resolver, name, "A") == list(four[:count]), name
            assert addresses(resolver, name, "AAAA") == list(six[:count]), name


def test_the_same_names_give_the_same_bytes_and_no_backtick():
    texts = [*zone_fragments(names("dual")).values(), dnsmasq_conf(names("dual"))]
    assert texts == [*zone_fragments(names("dual")).values(), dnsmasq_conf(names("dual"))]
    assert "`" not in "".join(zone_fragments(names("dual")).values())
    assert all(text.endswith("\n") for text in texts)


def test_a_registry_is_in_the_narrowest_domain_of_a_cluster_that_it_is_in():
    fragments = zone_fragments(names("IPv4"))
    assert [domain for domain, text in fragments.items() if "\nregistry2.lab." in text] == ["lab.example.com"]
    assert [domain for domain, text in fragments.items() if "\nregistry1." in text] == ["example.com"]


def test_a_registry_in_no_domain_of_a_cluster_has_a_fragment_of_its_own_domain():
    found = names_of({"registry.other.test": ("192.0.2.5",), "registry": ("192.0.2.6",)}, [])
    assert list(zone_fragments(found)) == ["other.test"]
    assert "host-record=registry,192.0.2.6\n" in dnsmasq_conf(found)
