"""The user's file of clusters: all that is wrong with it is said at once."""

import pytest

from bootstrap.cluster.dns.clusters import Cluster, read_clusters
from bootstrap.errors import ConfigError

GOOD = """\
clusters:
  - name: hub
    base_domain: example.com
    api: [192.0.2.10, 2001:DB8:0::10]
    ingress:
      - 192.0.2.11
  - {name: hosted, base_domain: lab.example.com, hosted: true, api: [192.0.2.20], ingress: [192.0.2.21]}
registries:
  Registry1.example.com: [192.0.2.5]
"""

LONG = ".".join([*(letter * 63 for letter in "abc"), "d" * 50, "example"])


@pytest.fixture
def read(tmp_path):
    """Read a text as the file."""

    def read(text):
        (tmp_path / "clusters.yaml").write_text(text)
        return read_clusters(tmp_path / "clusters.yaml")

    return read


def test_a_file_is_read_with_its_addresses_as_dns_answers_have_them(read):
    found = read(GOOD)
    assert found.clusters == (
        Cluster("hub", "example.com", ("192.0.2.10", "2001:db8::10"), ("192.0.2.11",)),
        Cluster("hosted", "lab.example.com", ("192.0.2.20",), ("192.0.2.21",), is_hosted=True),
    )
    assert found.registries == {"registry1.example.com": ("192.0.2.5",)}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("name: hub", "name: hub.a", "clusters[0].name: hub.a is no cluster name"),
        ("name: hub", "name: 12", "clusters[0].name: it has to be a text, not the number 12"),
        ("base_domain: example.com", "base_domain: example.com.", "clusters[0].base_domain: example.com."),
        ("base_domain: example.com", "basedomain: example.com", "did you mean base_domain?"),
        ("192.0.2.10", "192.0.2.310", "clusters[0].api[0]: 192.0.2.310 is no IPv4 or IPv6 address"),
        ("2001:DB8:0::10", "'[2001:db8::10]'", "clusters[0].api[1]: [2001:db8::10] is no IPv4 or IPv6"),
        ("2001:DB8:0::10", "1:2:3:4:5:6:7:8", "clusters[0].api[1]: "),
        ("192.0.2.11", "127.0.0.1", "clusters[0].ingress[0]: 127.0.0.1 is no address that other hosts reach"),
        ("      - 192.0.2.11\n", "", "clusters[0].ingress: it needs an address"),
        ("[192.0.2.10, 2001:DB8:0::10]", "192.0.2.10", "clusters[0].api: it has to be a list"),
        ("[192.0.2.10, 2001:DB8:0::10]", "[192.0.2.1, 192.0.2.1]", "api: 192.0.2.1 is there twice"),
        ("hosted, base_domain: lab.e", "hub, base_domain: e", "clusters: hub.example.com is there twice"),
        ("hosted: true", "hosted: perhaps", "clusters[1].hosted: it has to be true or false"),
        ("base_domain: example.com", f"base_domain: {LONG}", "base_domain: *.apps.hub.aaaa"),
        ("registries:", "registry:", "registry: there is no such key; did you mean registries?"),
        ("Registry1.example.com: [192.0.2.5]", "r: x", "registries.r: it has to be a list"),
        ("    ingress:", "    name: hub\n    ingress:", "line 5: the key name is there twice"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(read, before, after, said):
    assert before in GOOD
    with pytest.raises(ConfigError) as caught:
        read(GOOD.replace(before, after, 1))
    assert said in caught.value.why


def test_all_of_it_is_said_at_once(read):
    with pytest.raises(ConfigError) as caught:
        read("clusters: [{name: A}]\nregistries: []\n")
    assert len(caught.value.why.splitlines()) == 5


@pytest.mark.parametrize("text", ["a: [", "a: 1\n---\nb: 2\n"])
def test_what_is_no_yaml_is_told(read, text):
    with pytest.raises(ConfigError, match="it is not YAML: line "):
        read(text)
