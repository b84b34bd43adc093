"""What is wrong with a hosted-cluster.yaml is said at once, each with its path."""

import copy
import json
import os
import re

import pytest
import yaml

from bootstrap.cluster.hosted.example import EXAMPLE, write_example
from bootstrap.cluster.hosted.read import read_file
from bootstrap.errors import ConfigError
from tests.cluster.hosted.site import document, host, rendered, ssh_key, written

_RSA = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7"


def problems(tmp_path, data):
    with pytest.raises(ConfigError) as refused:
        read_file(written(tmp_path, data))
    return refused.value.why.splitlines()


def changed(path, value):
    """A user's file with one thing changed; None takes it away."""
    data = copy.deepcopy(document())
    *parents, last = [int(each) if each.isdigit() else each for each in path.split(".")]
    inner = data
    for each in parents:
        inner = inner.setdefault(each, {}) if isinstance(inner, dict) else inner[each]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return data


def bmc(address):
    return f"redfish-virtualmedia://{address}/redfish/v1/Systems/1"


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("name", None, "name: it is missing"),
        ("name", "Hosted", "name: 'Hosted' is no DNS label"),
        ("baseDomian", "example.com", "baseDomian: there is no such key; did you mean baseDomain?"),
        ("hosts.0.bmc.adress", "x", "hosts[0].bmc.adress: there is no such key; did you mean address?"),
        ("networking.family", "ipv5", "networking.family: 'ipv5' is not one of ipv4, ipv6, dual"),
        (
            "networking.clusterNetwork",
            ["10.0.0.1/8"],
            "networking.clusterNetwork[0]: '10.0.0.1/8' is no",
        ),
        ("networking.clusterNetwork", "10.0.0.0/8", "networking.clusterNetwork: it has to be a list"),
        (
            "networking.serviceNetwork",
            ["10.133.0.0/16"],
            "networking.serviceNetwork[0]: 10.133.0.0/16 overlaps with 10.132.0.0/14 of clusterNetwork[0]",
        ),
        (
            "networking.managementNetworks",
            ["10.128.0.0/9"],
            "networking.clusterNetwork[0]: 10.132.0.0/14 overlaps with 10.128.0.0/9 of managementNetworks[0]",
        ),
        (
            "networking.serviceNetwork",
            ["fd02::/112"],
            "networking.serviceNetwork: it has IPv6",
        ),
        (
            "networking.clusterNetwork",
            ["10.132.0.0/24"],
            "networking.clusterNetwork[0]:",
        ),
        (
            "networking.machineNetwork",
            ["192.0.2.5"],
            "networking.machineNetwork[0]: '192.0.2.5' is an address, and no CIDR",
        ),
        (
            "networking.machineNetwork",
            ["192.0.2.0/26", "192.0.2.64/26", "192.0.2.128/26"],
            "networking.machineNetwork: 3 networks, and a HostedCluster takes 2",
        ),
        (
            "networking.serviceNetwork",
            ["11.0.0.0/8"],
            "networking.serviceNetwork[0]: 11.0.0.0/8 is larger than a /12",
        ),
        (
            "networking",
            {"family": "ipv6", "serviceNetwork": ["fd02::/64"]},
            "networking.serviceNetwork[0]: fd02::/64 is larger than a /108",
        ),
        (
            "networking.machineNetwork",
            ["100.64.7.0/24"],
            "networking.machineNetwork[0]: 100.64.7.0/24 overlaps with 100.64.0.0/16, which OVN-Kube",
        ),
        (
            "networking",
            {"family": "ipv6", "clusterNetwork": ["fd98::/48"]},
            "networking.clusterNetwork[0]: fd98::/48 overlaps with fd98::/64",
        ),
        ("baseDomain", "lab.c1", "baseDomain: 'lab.c1': HyperShift takes a domain whose last label"),
        (
            "baseDomain",
            f"{'a' * 63}.{'b' * 63}.{'c' * 63}.{'d' * 20}.example",
            "baseDomain: console-openshift-console.apps.hosted.aaa",
        ),
        ("release.architecture", "s390x", "release.architecture: 's390x' is not one of amd64, arm64"),
        ("publishing.type", "NodePort", "publishing.address: it is missing"),
        ("publishing.address", "192.0.2.1", "publishing.address: a LoadBalancer gets its own"),
        ("controlPlane.etcd.size", "8 GB", "controlPlane.etcd.size: '8 GB' is no size"),
        ("controlPlane.availability", "High", "controlPlane.availability: 'High' is not one of"),
        ("controlPlane.fips", "no", "controlPlane.fips: it has to be true or false"),
        ("catalogs.placement", "guests", "catalogs.placement: 'guests' is not one of guest, management"),
        ("nodePool.replicas", 3, "nodePool.replicas: 3 nodes need as many hosts, and 2 are listed"),
        ("nodePool.replicas", True, "nodePool.replicas: it has to be a whole number"),
        ("release.version", "four", "release.version: 'four' is not a version"),
        (
            "infraEnv.additionalNTPSources",
            ["1.2.3"],
            "infraEnv.additionalNTPSources[0]: '1.2.3' is no",
        ),
        ("sshKey", None, "sshKey: it is missing"),
        ("sshKey", "me", "sshKey: it is no SSH public key: it has to begin with one of ssh-rsa"),
        ("sshKey", "ssh-ed25519 AAAA", "sshKey: it is no SSH public key"),
        ("sshKey", _RSA, "sshKey: it is no SSH public key"),
        ("sshKeyFile", "gone.pub", "sshKeyFile: sshKey is there, too: give one of them"),
        ("pullSecretFile", "gone.json", "pullSecretFile: there is no pull secret"),
        ("hosts", [], "hosts: it is missing: a cluster without hosts has no nodes"),
        ("hosts.0.name", "a_b", "hosts[0].name: 'a_b' is no DNS name"),
        ("hosts.0.name", "6d1ce2ac-8d1b-4e5f-9d3a-0f7e5a3a0b11", "is a UUID"),
        ("hosts.0.name", "localhost", "hosts[0].name: 'localhost' is no name of a host"),
        ("hosts.0.name", f"{'a' * 40}.{'b' * 40}", "has 81 characters, and a node's name 63 at most"),
        ("hosts.0.name", "worker1", "hosts: name worker1 is there more than once"),
        (
            "hosts.0.bootMACAddress",
            "52:54:00:00:00:01",
            "hosts: bootMACAddress 52:54:00:00:00:01 is",
        ),
        (
            "hosts.0.bootMACAddress",
            "52-54-00-00-00-01",
            "hosts[0].bootMACAddress: '52-54-00-00-00-01' is",
        ),
        (
            "hosts.0.bootMACAddress",
            "01:54:00:00:00:01",
            "hosts[0].bootMACAddress: '01:54:00:00:00:01' is",
        ),
        (
            "hosts.0.rootDeviceHints",
            {"deviceName": "sda"},
            "hosts[0].rootDeviceHints.deviceName: 'sda' is",
        ),
        ("hosts.0.bootMode", "BIOS", "hosts[0].bootMode: 'BIOS' is not one of"),
        ("hosts.0.bmc.address", bmc("[192.168.126.1]:9000"), "hosts[0].bmc.address: "),
        ("hosts.0.bmc.address", bmc("2001:db8::1"), "hosts[0].bmc.address: "),
        ("hosts.0.bmc.address", bmc("192.0.2.300"), "hosts[0].bmc.address: "),
        ("hosts.0.bmc.address", bmc("192.0.2.1:99999"), "hosts[0].bmc.address: "),
        ("hosts.0.bmc.address", bmc("u:secret@192.0.2.1:99999"), "hosts[0].bmc.address: it has a user in it"),
        ("hosts.0.bmc.address", bmc("192.0.2.1") + "?a", "has a query or a fragment"),
        ("hosts.0.bootMACAddress", 190, "hosts[0].bootMACAddress: it has to be a text, not the number"),
        ("hosts.0.bmc.password", 777777, "hosts[0].bmc.password: it has to be a text: put it in quotes"),
        ("hosts.0.bmc.password", "", "hosts[0].bmc.password: it is missing"),
        ("hosts.0.bmc.password", "x\ty", "hosts[0].bmc.password: the password begins or ends"),
        ("bmc.username", 5, "bmc.username: it has to be a text"),
        ("bmc.verifyCertificate", "no", "bmc.verifyCertificate: it has to be true or false"),
        ("hosts", "x", "hosts: it has to be a list"),
        ("hosts", [None], "hosts[0].name: it is missing"),
        ("hosts.0.bmc.address", "redfish-virtualmedia://192.0.2.1", "has to name the system"),
        ("hosts.0.bmc.address", "redfish-virtualmedi://192.0.2.1/a", "did you mean redfish-virtualmedia?"),
        ("hosts.0.bmc.address", "ipmi://192.0.2.1", "with ipmi metal3 boots no virtual media"),
        ("hosts.0.bmc.address", bmc("192.0.2.11:8001"), "two hosts, one machine"),
        ("bmc.username", None, "hosts[0].bmc.username: it is missing, here and in bmc"),
        ("bmc.password", None, "hosts[0].bmc.password: it is missing, here and in bmc"),
        ("bmc.password", "admin", "bmc.password: the password of deploy is one that everybody tries first"),
        ("hosts.0.bmc.password", "deploy", "hosts[0].bmc.password: the password of deploy is one"),
        ("hosts.0.bmc.passwordFile", "gone", "hosts[0].bmc.passwordFile: cannot read"),
    ],
)
def test_each_mistake_is_named_by_its_path(tmp_path, path, value, said):
    found = problems(tmp_path, changed(path, value))
    assert any(said in each for each in found), found
    assert not any(secret in each for each in found for secret in ("u:secret", "777777"))


def test_all_problems_are_told_at_once(tmp_path):
    data = document(name="A", baseDomain="-", hosts=[{}, host(1, bootMode="x")])
    found = problems(tmp_path, data)
    named = [each.partition(":")[0] for each in found]
    assert named == [
        *("name", "hosts[0].name", "hosts[0].bmc.address", "hosts[0].bootMACAddress", "hosts[1].bootMode"),
        "baseDomain",
    ]


def test_what_all_hosts_have_in_common_is_told_once(tmp_path):
    data = document(hosts=50, bmc={"username": "deploy", "password": "admin"})
    assert len(problems(tmp_path, data)) == 1
    data = document(hosts=50, bmc={"username": "deploy", "passwordFile": "gone"})
    assert len(problems(tmp_path, data)) == 1
    data = document(hosts=50, bmc={"username": 1, "password": "correct horse", "verifyCertificate": "x"})
    assert len(problems(tmp_path, data)) == 2
    (tmp_path / "empty").touch(mode=0o600)
    data = document(hosts=50, bmc={"username": "deploy", "passwordFile": "empty"})
    assert problems(tmp_path, data) == ["bmc.passwordFile: the password of deploy is empty"]


@pytest.mark.parametrize("text", ["name: a\nname: b\n", "- a\n", "", "name: {\n"])
def test_what_is_no_mapping_or_has_a_key_twice_is_refused(tmp_path, text):
    assert problems(tmp_path, text)


def test_a_password_stays_in_files_that_nobody_else_reads(tmp_path):
    path = written(tmp_path, document())
    path.chmod(0o644)
    with pytest.raises(ConfigError, match=r"others can read .*hosted-cluster\.yaml: chmod 600"):
        read_file(path)
    data = document(bmc={"username": "deploy", "passwordFile": "bmc"})
    (tmp_path / "bmc").write_text("correct horse\n")
    (tmp_path / "bmc").chmod(0o644)
    path = written(tmp_path, data)
    with pytest.raises(ConfigError, match=r"bmc\.passwordFile: others can read .*bmc: chmod 600"):
        read_file(path)
    (tmp_path / "bmc").chmod(0o600)
    path.chmod(0o644)
    spec = read_file(path)
    assert {each.bmc.password for each in spec.hosts} == {"correct horse"}
    assert "correct horse" not in repr(spec)


def test_an_entry_that_needs_a_helper_of_the_users_machine_is_refused(tmp_path):
    (tmp_path / "own.json").write_text(json.dumps({"auths": {"quay.io": {"credsStore": "secretservice"}}}))
    with pytest.raises(ConfigError, match=r"quay\.io has no auth: a cluster has no credential helpers"):
        rendered(tmp_path, document(pullSecretFile="own.json"))


def test_hosts_may_be_in_a_network_of_the_management_cluster(tmp_path):
    data = document()
    data["networking"] = {"machineNetwork": ["192.0.2.0/24"], "managementNetworks": ["192.0.2.0/24"]}
    assert str(read_file(written(tmp_path, data)).networking.machine[0]) == "192.0.2.0/24"


def test_an_address_of_ipv6_is_in_brackets(tmp_path):
    assert read_file(written(tmp_path, changed("hosts.0.bmc.address", bmc("[2001:db8::1]:8000"))))


def test_the_example_is_right_but_for_the_files_that_it_names(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh/id_ed25519.pub").write_text(ssh_key())
    path = write_example(tmp_path / "mine.yaml")
    with pytest.raises(ConfigError) as refused:
        read_file(path)
    assert len(refused.value.why.splitlines()) == 1
    assert "bmc-password" in refused.value.why
    os.close(os.open(tmp_path / "bmc-password", os.O_CREAT, 0o600))
    (tmp_path / "bmc-password").write_text("correct horse")
    assert len(read_file(path).hosts) == 2


def test_every_comment_of_the_example_is_a_key_that_is_taken(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    text = re.sub(r"^( *)# ( *[a-z]\w+:( .*[^.])?)$", r"\1\2", EXAMPLE, flags=re.MULTILINE)
    assert isinstance(yaml.safe_load(text)["controlPlane"]["etcd"]["keyFile"], str)
    found = problems(tmp_path, text)
    assert not any("no such key" in each for each in found), found


def test_what_is_there_is_not_written_over(tmp_path):
    write_example(tmp_path / "a.yaml")
    with pytest.raises(ConfigError, match="it is there already"):
        write_example(tmp_path / "a.yaml")
