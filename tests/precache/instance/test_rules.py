"""Row C1: business rules: what no schema says of a ClusterInstance, each with its field."""

import pytest

from tests.cluster.crds import needs_crds
from tests.cluster.crds import problems as crd_problems
from tests.cluster.seed_blocks import needs_seeds
from tests.cluster.strict_yaml import documents
from tests.precache.edge_site import document, with_value
from tests.precache.instance.samples import defects, instance, notes
from tests.precache.instance.seeds import manifest

VIPS = {"apiVIPs": ["192.0.2.5"], "ingressVIPs": ["192.0.2.6"]}
RULES = [
    # metadata and references
    (
        "metadata.namespace",
        "ztp",
        "metadata.namespace: it is ztp, and the operator puts what it renders into",
    ),
    ("metadata.namespace", None, "metadata.namespace: it is missing"),
    ("apiVersion", "siteconfig.open-cluster-management.io/v1", "apiVersion: it is 'siteconfig"),
    ("spec.pullSecretRef", None, "spec.pullSecretRef: it is missing"),
    ("spec.pullSecretRef.name", "", "spec.pullSecretRef.name: it is missing"),
    ("spec.clusterImageSetNameRef", "", "spec.clusterImageSetNameRef: it is missing"),
    ("spec.clusterName", "Edge", "spec.clusterName: 'Edge' is no DNS label"),
    ("spec.templateRefs", [], "spec.templateRefs: it is missing"),
    ("spec.nodes.0.templateRefs", None, "spec.nodes[0].templateRefs: it is missing"),
    (
        "spec.templateRefs.0.namespace",
        "siteconfig-system",
        "spec.templateRefs[0].namespace: siteconfig-system was the operator's while it was developed",
    ),
    ("spec.nodes.0.bmcCredentialsName", None, "spec.nodes[0].bmcCredentialsName: it is missing"),
    # shapes
    ("spec.serviceNetwork", ["172.30.0.0/16"], "spec.serviceNetwork[0]: it is '172.30.0.0/16'"),
    ("spec.clusterLabels", {"a": "b"}, "spec.clusterLabels: there is no such key here"),
    ("spec.clusters", [], "spec.clusters: there is no such key here"),
    ("spec.machineNetworks", [], "spec.machineNetworks: there is no such key"),
    ("spec.clusterType", "sno", "spec.clusterType: it is 'sno'"),
    ("spec.holdInstallation", "false", "spec.holdInstallation: it is 'false'"),
    ("spec.extraLabels.ManagedCluster.common", True, "spec.extraLabels.ManagedCluster.common: it is True"),
    ("spec.extraLabels.ManagedCluster.a b", "c", "spec.extraLabels.ManagedCluster.a b: a b='c' is no label"),
    ("spec.extraLabels", {"common": "true"}, "spec.extraLabels.common: it is 'true'"),
    ("spec.nodes.0.nodeLabels", {"a": 1}, "spec.nodes[0].nodeLabels.a: it is 1"),
    ("spec.nodes.0.installerArgs", ["-n"], "spec.nodes[0].installerArgs: it is a list"),
    ("spec.nodes.0.ironicInspect", "enabled", "spec.nodes[0].ironicInspect: it is 'enabled'"),
    ("spec.nodes", "none", "spec.nodes: it is 'none'"),
    # networks
    (
        "spec.machineNetwork.0.cidr",
        "10.128.9.0/24",
        "spec.machineNetwork[0]: 10.128.9.0/24 overlaps with 10.128.",
    ),
    (
        "spec.serviceNetwork.0.cidr",
        "172.30.0.1/16",
        "spec.serviceNetwork[0].cidr: '172.30.0.1/16' is no CIDR",
    ),
    ("spec.serviceNetwork.0.cidr", "fd02::/112", "spec.serviceNetwork: it has IPv6, and clusterNetwork IPv4"),
    ("spec.clusterNetwork.0.hostPrefix", 33, "spec.clusterNetwork[0].hostPrefix: it is 33"),
    ("spec.apiVIPs", ["192.0.2.5"], "spec.apiVIPs: a single node has its own addresses alone"),
    (
        "spec.additionalNTPSources",
        ["1111:2222:3333:4444::2"],
        "spec.additionalNTPSources[0]: 1111:2222:3333:4444::2 is of IPv6, and machineNetwork has IPv4",
    ),
    # nodes
    ("spec.nodes.0.role", "worker", "spec.nodes: 0 have the role master, and SNO takes 1"),
    (
        "spec.clusterType",
        "HighlyAvailable",
        "spec.nodes: 1 have the role master, and HighlyAvailable takes 3 to 5",
    ),
    ("spec.nodes.0.hostName", "localhost", "spec.nodes[0].hostName: 'localhost' is no name of a host"),
    (
        "spec.nodes.0.bmcAddress",
        "redfish-virtualmedia://[192.0.2.1]/redfish/v1/Systems/1",
        "spec.nodes[0].bmcAddr",
    ),
    (
        "spec.nodes.0.bmcAddress",
        "ipmi://192.0.2.1",
        "spec.nodes[0].bmcAddress: 'ipmi://192.0.2.1': with ipmi",
    ),
    (
        "spec.nodes.0.bootMACAddress",
        "AA:BB:CC:DD:EE:11",
        "spec.nodes[0].bootMACAddress: aa:bb:cc:dd:ee:11 is of none of nodeNetwork.interfaces",
    ),
    ("spec.nodes.0.rootDeviceHints.deviceName", "sda", "spec.nodes[0].rootDeviceHints.deviceName: 'sda' is"),
    (
        "spec.nodes.0.nodeNetwork.interfaces.0.name",
        "eno1",
        "spec.nodes[0].nodeNetwork.interfaces: eno1 is not in config, which has ens1f0",
    ),
    # keys and JSON in texts
    ("spec.sshPublicKey", "ssh-rsa ...", "spec.sshPublicKey: it is no SSH public key"),
    ("spec.installConfigOverrides", "{'a': 1}", "spec.installConfigOverrides: it has a ' in it"),
    ("spec.installConfigOverrides", "[]", "spec.installConfigOverrides: it is no JSON object"),
    ("spec.ignitionConfigOverride", "{", "spec.ignitionConfigOverride: it is not JSON: "),
    (
        "spec.ignitionConfigOverride",
        '{"ignition":{"version":"3.3.0"}}',
        "spec.ignitionConfigOverride: ignition.version: ",
    ),
    ("spec.nodes.0.ignitionConfigOverride", "no", "spec.nodes[0].ignitionConfigOverride: it is not JSON"),
    ("spec.nodes.0.installerArgs", "--copy-network", "spec.nodes[0].installerArgs: it is no JSON"),
    (
        "spec.nodes.0.installerArgs",
        '{"a": 1}',
        "spec.nodes[0].installerArgs: it has to be a JSON list of texts",
    ),
    (
        "spec.nodes.0.installerArgs",
        '["--ignition-url", "http://192.0.2.1/a"]',
        "spec.nodes[0].installerArgs: the Assisted Service refuses --ignition-url",
    ),
    (
        "spec.nodes.0.installerArgs",
        '["--save-partlabel"]',
        "spec.nodes[0].installerArgs: --save-partlabel has no",
    ),
    ("spec.nodes.0.installerArgs", '["-n", "a|b"]', "spec.nodes[0].installerArgs: 'a|b' has characters"),
]


@pytest.mark.parametrize(("path", "value", "said"), RULES)
def test_row_c1_what_breaks_a_rule_is_named_with_its_field(tmp_path, path, value, said):
    found = defects(with_value(instance(tmp_path), path, value))
    assert any(each.startswith(said) for each in found), found


def test_row_c1_everything_is_named_at_once_and_nothing_twice(tmp_path):
    item = instance(tmp_path)
    for path, value, _ in (RULES[0], RULES[9], RULES[29], RULES[30], RULES[35]):
        item = with_value(item, path, value)
    found = defects(item)
    assert len(found) == len(set(found)) >= 5


NOTED = [
    ("spec.clusterType", None, "spec.clusterType: it is missing, and so deduced"),
    ("spec.sshPublicKey", None, "spec.sshPublicKey: it is missing: nobody gets into the nodes"),
    (
        "spec.extraLabels.ManagedCluster.common-411",
        "true",
        "spec.extraLabels.ManagedCluster.common-411: it has a version",
    ),
    (
        "spec.nodes.0.nodeNetwork.config.interfaces.1",
        {"name": "ens1f0v0", "type": "ethernet"},
        "spec.nodes[0].nodeNetwork.config.interfaces[1]: ens1f0v0 is not in nodeNetwork.interfaces (ens1f0)",
    ),
    ("metadata.name", "other", "metadata.name: it is other, and all that is rendered is called edge"),
    ("status", {}, "status: it is the operator's"),
]


@pytest.mark.parametrize(("path", "value", "said"), NOTED)
def test_what_works_and_should_not_be_so_is_a_note(tmp_path, path, value, said):
    item = with_value(instance(tmp_path), path, value)
    assert defects(item) == []
    assert notes(item)[0].startswith(said)


def test_several_nodes_want_addresses_of_their_own(tmp_path):
    item = instance(tmp_path, document(3))
    del item["spec"]["apiVIPs"]
    item["spec"]["ingressVIPs"] = ["198.51.100.7"]
    item["spec"]["nodes"][2]["bmcAddress"] = item["spec"]["nodes"][0]["bmcAddress"]
    assert [each.partition(":")[0] for each in defects(item)] == [
        "spec.apiVIPs",
        "spec.ingressVIPs[0]",
        "spec.nodes[2].bmcAddress",
    ]


@pytest.mark.parametrize(
    "item", [{}, {"spec": None}, {"spec": []}, {"metadata": 1, "spec": {"nodes": [None, 1]}}]
)
def test_whatever_it_is_it_is_judged(item):
    assert defects(item)


@needs_seeds
@needs_crds
def test_row_c1_the_documents_cluster_instance_has_these_defects_which_no_schema_finds():
    (item,) = documents(manifest("ClusterInstance"))
    assert crd_problems(item) == []
    wrong = {each.partition(":")[0] for each in defects(item)}
    assert wrong >= {
        "spec.sshPublicKey",
        "spec.additionalNTPSources[0]",
        "spec.templateRefs[0].namespace",
        "spec.nodes[0].templateRefs[0].namespace",
        "spec.nodes[0].bootMACAddress",
    }
    noted = {each.partition(":")[0] for each in notes(item)}
    assert noted >= {"spec.clusterType", "spec.extraLabels.ManagedCluster.common-411"}
