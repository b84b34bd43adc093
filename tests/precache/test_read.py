"""What is wrong with an edge site's file is said at once, each with its path."""

import os
import re

import pytest
import yaml

from bootstrap.errors import ConfigError
from bootstrap.precache.example import EXAMPLE, write_example
from bootstrap.precache.read import read_file
from bootstrap.precache.spec import Interface, Operators, Package, Templates
from tests.cluster.hosted.site import ssh_key
from tests.precache.edge_site import document, node, site_of, with_value, written


def problems(tmp_path, data):
    with pytest.raises(ConfigError) as refused:
        site_of(tmp_path, data)
    return refused.value.why.splitlines()


def test_a_short_file_has_all_defaults(tmp_path):
    site = site_of(tmp_path)
    assert (site.kind, site.version, site.architecture, site.templates) == ("SNO", None, "amd64", Templates())
    assert [str(each) for each, _ in site.networking.cluster] == ["10.128.0.0/14"]
    assert [str(each) for each in site.networking.service] == ["172.30.0.0/16"]
    assert site.networking.cluster[0][1] == 23
    assert site.nodes[0].interfaces == (Interface("ens1f0", "52:54:00:00:00:00"),)
    assert site.nodes[0].bmc.password == "correct horse battery"
    assert site.nodes[0].bmc.is_verified
    assert "correct horse" not in repr(site)


def test_networks_are_written_as_in_a_cluster_instance_or_shorter(tmp_path):
    longer = document(
        machineNetwork=[{"cidr": "2001:db8::/64"}],
        clusterNetwork=[{"cidr": "fd01::/48", "hostPrefix": 64}],
        additionalNTPSources=["2001:db8::1"],
    )
    shorter = document(machineNetwork=["2001:db8::/64"], additionalNTPSources=["2001:db8::1"])
    assert site_of(tmp_path, longer).networking == site_of(tmp_path, shorter).networking


def test_content_says_what_is_on_the_disk(tmp_path):
    content = {
        "partLabel": "images",
        "operators": [
            {
                "catalog": "registry.redhat.io/redhat/redhat-operator-index:v4.20",
                "packages": [{"name": "ptp-operator", "channel": "stable"}, {"name": "sriov"}],
            }
        ],
        "additionalImages": [{"name": "quay.io/a/b:1"}, "quay.io/a/c@sha256:" + "1" * 64],
        "exclude": ["aws", "azure$"],
    }
    found = site_of(tmp_path, document(content=content)).content
    packages = (Package("ptp-operator", "stable"), Package("sriov"))
    assert found.operators == (Operators("registry.redhat.io/redhat/redhat-operator-index:v4.20", packages),)
    assert found.additional == ("quay.io/a/b:1", "quay.io/a/c@sha256:" + "1" * 64)
    assert (found.label, found.exclude) == ("images", ("aws", "azure$"))


WRONG = [
    ("name", None, "name: it is missing"),
    ("name", "Edge", "name: 'Edge' is no DNS label"),
    ("baseDomian", "example.com", "baseDomian: there is no such key; did you mean baseDomain?"),
    ("clusterType", "sno", "clusterType: 'sno' is not one of SNO, HighlyAvailable, HighlyAvailableArbiter"),
    ("release", {"version": "4.20"}, "release.version: "),
    ("release", {"architecture": "s390x"}, "release.architecture: 's390x' is not one of amd64, arm64"),
    ("sshKey", "ssh-rsa ...", "sshKey: it is no SSH public key"),
    ("machineNetwork", None, "machineNetwork: it is missing"),
    ("machineNetwork", ["192.0.2.1/24"], "machineNetwork[0].cidr: '192.0.2.1/24' is no CIDR"),
    ("machineNetwork", ["10.128.4.0/24"], "machineNetwork[0]: 10.128.4.0/24 overlaps with 10.128.0.0/14 of"),
    ("serviceNetwork", ["100.64.1.0/24"], "serviceNetwork[0]: 100.64.1.0/24 overlaps with 100.64.0.0/16"),
    (
        "serviceNetwork",
        ["fd02::/112"],
        "serviceNetwork: it has IPv6, and clusterNetwork IPv4; give all three",
    ),
    ("serviceNetwork", ["172.0.0.0/8"], "serviceNetwork[0]: 172.0.0.0/8 is larger than a /12"),
    (
        "clusterNetwork",
        [{"cidr": "10.128.0.0/14", "hostPrefix": 9}],
        "clusterNetwork[0].hostPrefix: it is 9, and a node's part of 10.128.0.0/14 cannot be",
    ),
    (
        "clusterNetwork",
        [{"cidr": "10.128.0.0/14", "hostPrefix": "23"}],
        "clusterNetwork[0].hostPrefix: it has to be a whole number",
    ),
    ("apiVIPs", ["192.0.2.5"], "apiVIPs: a single node has its own addresses alone; leave it out"),
    ("additionalNTPSources", ["2001:db8::1"], "additionalNTPSources[0]: 2001:db8::1 is of IPv6, and machine"),
    ("additionalNTPSources", ["-x"], "additionalNTPSources[0]: '-x' is no DNS name"),
    ("labels", {"common": True}, "labels.common: it has to be a text, not True: put it in quotes"),
    ("labels", {"a b": "c"}, "labels.a b: a b='c' is no label"),
    ("cpuPartitioningMode", "All", "cpuPartitioningMode: 'All' is not one of None, AllNodes"),
    ("templates", {"namespace": "a.b"}, "templates.namespace: 'a.b' is no DNS label"),
    ("content", {"partLabel": "my disk"}, "content.partLabel: 'my disk' is no name for the partition"),
    ("content", {"exclude": ["("]}, "content.exclude[0]: '(' is no regular expression"),
    ("content", {"exclude": [" "]}, "content.exclude[0]: it is blank, and would leave every image out"),
    (
        "content",
        {"additionalImages": ["busybox"]},
        "content.additionalImages[0].name: 'busybox' names no image",
    ),
    (
        "content",
        {"additionalImages": ["quay.io/a"]},
        "content.additionalImages[0].name: 'quay.io/a' names no",
    ),
    (
        "content",
        {"operators": [{"catalog": "quay.io/a/b:1"}]},
        "content.operators[0].packages: it is missing",
    ),
    ("bmc.password", "calvin", "bmc.password: the password of deploy is one that everybody tries first"),
    ("nodes", [], "nodes: it is missing"),
    ("nodes.0.bmc.address", "redfish://192.0.2.1/redfish/v1/Systems/1", "nodes[0].bmc.address: "),
    ("nodes.0.role", "worker", "nodes: 0 have the role master, and SNO takes 1"),
    (
        "nodes.0.bootMACAddress",
        "52:54:00:00:00",
        "nodes[0].bootMACAddress: '52:54:00:00:00' is no MAC address",
    ),
    (
        "nodes.0.bootMACAddress",
        "52:54:00:00:00:99",
        "nodes[0].bootMACAddress: 52:54:00:00:00:99 is of none of nodeNetwork.interfaces",
    ),
    ("nodes.0.bootMode", "uefi", "nodes[0].bootMode: 'uefi' is not one of UEFI, UEFISecureBoot, legacy"),
    ("nodes.0.rootDeviceHints", {"deviceName": "sda"}, "nodes[0].rootDeviceHints.deviceName: 'sda' is"),
    (
        "nodes.0.rootDeviceHints",
        {"minSizeGigabytes": "100"},
        "nodes[0].rootDeviceHints.minSizeGigabytes: it has to be a whole number, not '100'",
    ),
    (
        "nodes.0.installerArgs",
        ["--insecure-ignition"],
        "nodes[0].installerArgs: the Assisted Service refuses --insecure-ignition",
    ),
    ("nodes.0.installerArgs", ["--append-karg"], "nodes[0].installerArgs: --append-karg has no value"),
    ("nodes.0.installerArgs", ["/dev/sda"], "nodes[0].installerArgs: '/dev/sda' belongs to no option"),
    (
        "nodes.0.installerArgs",
        ["--append-karg", "a b"],
        "nodes[0].installerArgs: 'a b' has characters that the Assisted Service refuses",
    ),
    ("nodes.0.nodeNetwork.interfaces", None, "nodes[0].nodeNetwork.interfaces: it is missing"),
    (
        "nodes.0.nodeNetwork.interfaces.0.name",
        "eno1",
        "nodes[0].nodeNetwork.interfaces: eno1 is not in config, which has ens1f0",
    ),
    (
        "nodes.0.nodeNetwork.config.interfaces.0.mac-address",
        "52:54:00:00:00:98",
        "nodes[0].nodeNetwork.config.interfaces[0]: ens1f0 has 52:54:00:00:00:98 here and 52:54:00:00:00:00",
    ),
]


@pytest.mark.parametrize(("path", "value", "said"), WRONG)
def test_one_thing_that_is_wrong_is_one_line_with_its_path(tmp_path, path, value, said):
    found = problems(tmp_path, with_value(document(), path, value))
    assert any(each.startswith(said) for each in found), found
    others = [each for each in found if not each.startswith(path.partition(".")[0])]
    assert not others, "something else is said to be wrong"


def test_several_nodes_share_nothing(tmp_path):
    nodes = [node(0), node(1), node(2, hostName="node1.edge.example.com")]
    nodes[1]["bmc"] = nodes[0]["bmc"]
    nodes[2]["bootMACAddress"] = nodes[0]["bootMACAddress"]
    nodes[2]["nodeNetwork"] = nodes[0]["nodeNetwork"]
    found = problems(tmp_path, {**document(3), "nodes": nodes})
    assert [each.partition(": ")[0] for each in found] == [
        "nodes[2].hostName",
        "nodes[1].bmcAddress",
        "nodes[2].bootMACAddress",
        "nodes[2].nodeNetwork.interfaces",
    ]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"apiVIPs": None}, "apiVIPs: it is missing"),
        ({"apiVIPs": ["198.51.100.1"]}, "apiVIPs[0]: 198.51.100.1 is in no machineNetwork"),
        ({"ingressVIPs": ["192.0.2.5"]}, "ingressVIPs[0]: 192.0.2.5 is apiVIPs[0], too"),
        ({"apiVIPs": ["192.0.2.5", "192.0.2.7"]}, "apiVIPs: it has two addresses of one family"),
        ({"clusterType": "HighlyAvailableArbiter"}, "nodes: 0 have the role arbiter"),
    ],
)
def test_several_nodes_have_virtual_addresses_of_their_networks(tmp_path, changed, said):
    site_of(tmp_path, document(3))
    (found,) = problems(tmp_path, {**document(3), **changed})
    assert found.startswith(said)


def test_everything_wrong_is_said_at_once_and_nothing_follows_from_it(tmp_path):
    data = with_value(document(name="Edge", baseDomain=None), "nodes.0.bootMACAddress", "none")
    found = problems(tmp_path, with_value(data, "nodes.0.hostName", "localhost"))
    assert [each.partition(":")[0] for each in found] == [
        "name",
        "baseDomain",
        "nodes[0].hostName",
        "nodes[0].bootMACAddress",
    ]


def test_a_key_given_twice_is_named_with_its_line(tmp_path):
    assert problems(tmp_path, "a: 1\na: 2\n")[0] == "line 2: the key a is there twice in one mapping"


def test_a_password_that_others_can_read_is_refused_and_not_repeated(tmp_path):
    path = written(tmp_path, document())
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="others can read") as refused:
        read_file(path)
    assert "correct horse" not in str(refused.value)


def test_the_example_lacks_only_what_a_user_has(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh/id_ed25519.pub").write_text(ssh_key())
    path = write_example(tmp_path / "sites/mine.yaml")
    with pytest.raises(ConfigError) as refused:
        read_file(path)
    assert len(refused.value.why.splitlines()) == 1
    assert "bmc-password" in refused.value.why
    os.close(os.open(path.with_name("bmc-password"), os.O_CREAT, 0o600))
    path.with_name("bmc-password").write_text("correct horse")
    assert read_file(path).name == "edge"


def test_who_writes_a_disk_needs_neither_keys_nor_passwords(tmp_path):
    data = document(
        sshKey=None, sshKeyFile="a.pub", pullSecretFile="b", bmc={"username": "c", "passwordFile": "d"}
    )
    data["nodes"][0]["bmc"] |= {"passwordFile": "e"}
    path = written(tmp_path, {key: value for key, value in data.items() if value is not None})
    with pytest.raises(ConfigError, match="sshKeyFile: cannot read"):
        read_file(path)
    assert read_file(path, is_installed=False).content.label == "data"
    path = written(tmp_path, {**data, "sshKey": ssh_key(), "content": {"partLabel": "a b"}})
    with pytest.raises(ConfigError) as refused:
        read_file(path, is_installed=False)
    assert "content.partLabel: " in refused.value.why


def test_every_comment_of_the_example_is_a_key_that_is_taken(tmp_path):
    text = re.sub(r"^( *)# ( *(- )?[a-z]\w+:( .*[^.])?)$", r"\1\2", EXAMPLE, flags=re.MULTILINE)
    data = yaml.safe_load(text)
    assert data["content"]["operators"][0]["packages"][0]["channel"] == "stable"
    assert data["nodes"][0]["nodeNetwork"]["config"]["interfaces"][0]["ipv4"]["dhcp"]
    wrong = {each.partition(":")[0] for each in problems(tmp_path, text)}
    assert wrong == {"sshKeyFile", "pullSecretFile", "bmc.passwordFile", "apiVIPs", "ingressVIPs"}


def test_what_is_there_is_not_written_over(tmp_path):
    write_example(tmp_path / "a.yaml")
    with pytest.raises(ConfigError, match="it is there already"):
        write_example(tmp_path / "a.yaml")
