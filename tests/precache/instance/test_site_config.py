"""Row C3: SiteConfigs are read, judged and converted to ClusterInstances."""

import copy
import json

import jsonschema
import pytest
import yaml

from bootstrap.cluster.install_config.nodes import read_document
from bootstrap.errors import ConfigError, Problems
from bootstrap.precache.instance.convert import convert_file
from bootstrap.precache.instance.into import edit_file
from bootstrap.precache.instance.judge import judged
from bootstrap.precache.instance.site_config import converted, judged_site_config
from bootstrap.precache.spec import Templates
from tests.cluster import crds
from tests.cluster.crds import needs_crds
from tests.cluster.hosted.site import ssh_key
from tests.cluster.seed_blocks import needs_seeds
from tests.precache.edge_site import with_value
from tests.precache.instance.samples import OURS
from tests.precache.instance.seeds import manifest


def site_config(**changed):
    """A SiteConfig of two clusters, in which nothing is wrong."""

    def cluster(number):
        mac = f"52:54:00:00:00:0{number}"
        node = {
            "hostName": f"node{number}.example.com",
            "role": "master",
            "bmcAddress": f"idrac-virtualmedia://192.0.2.{number}/redfish/v1/Systems/System.Embedded.1",
            "bmcCredentialsName": {"name": "bmc"},
            "bootMACAddress": mac,
            "installerArgs": '["--copy-network"]',
            "nodeNetwork": {"interfaces": [{"name": "eno1", "macAddress": mac}]},
        }
        return {
            "clusterName": f"edge{number}",
            "clusterLabels": {"common": "true"},
            "machineNetwork": [{"cidr": "192.0.2.0/24"}],
            "clusterNetwork": [{"cidr": "10.128.0.0/14", "hostPrefix": 23}],
            "serviceNetwork": ["172.30.0.0/16"],
            "nodes": [node],
        }

    return {
        "apiVersion": "ran.openshift.io/v2",
        "kind": "SiteConfig",
        "metadata": {"name": "edges", "namespace": "edges"},
        "spec": {
            "baseDomain": "example.com",
            "pullSecretRef": {"name": "pull"},
            "clusterImageSetNameRef": "img4.20.1",
            "sshPublicKey": ssh_key(),
            "clusters": [cluster(1), cluster(2)],
            **changed,
        },
    }


def written(tmp_path, item):
    path = tmp_path / "siteconfig.yaml"
    path.write_text(item if isinstance(item, str) else yaml.safe_dump(item))
    return path


def made(tmp_path, item, *, despite_defects=False, templates=Templates()):  # noqa: B008  # frozen
    taken = convert_file(written(tmp_path, item), OURS, templates, despite_defects=despite_defects)
    return {name: yaml.safe_load(text) for name, text in taken.files.items()}, taken.notes


def defects(item):
    return [f"{each.path}: {each.why}" for each in judged_site_config(item) if each.is_error]


@needs_crds
def test_row_c3_several_clusters_become_cluster_instances_that_pass_c1(tmp_path):
    found, notes = made(tmp_path, site_config())
    assert list(found) == ["edge1.yaml", "edge2.yaml"]
    assert notes == ()
    for item in found.values():
        crds.validate(item)
        assert judged(item) == ()


def test_row_c3_what_has_another_shape_is_reshaped(tmp_path):
    item = site_config()
    cluster = item["spec"]["clusters"][0]
    cluster["nodes"][0]["installerArgs"] = ["--copy-network"]  # as the CRD has it
    cluster["nodes"][0]["ironicInspect"] = "enabled"
    cluster["crSuppression"] = ["KlusterletAddonConfig"]
    cluster["crAnnotations"] = {"add": {"ManagedCluster": {"a": "b"}}}
    cluster["manifestsConfigMapRefs"] = [{"name": "more"}]
    cluster["clusterImageSetNameRef"] = "img4.20.2"
    found, _ = made(tmp_path, item, templates=Templates("mine", "my-cluster", "my-node"))
    spec = found["edge1.yaml"]["spec"]
    assert spec["serviceNetwork"] == [{"cidr": "172.30.0.0/16"}]
    assert spec["extraLabels"] == {"ManagedCluster": {"common": "true"}}
    assert spec["extraAnnotations"] == {"ManagedCluster": {"a": "b"}}
    assert spec["suppressedManifests"] == ["KlusterletAddonConfig"]
    assert spec["extraManifestsRefs"] == [{"name": "more"}]
    assert spec["templateRefs"] == [{"name": "my-cluster", "namespace": "mine"}]
    assert (spec["clusterType"], spec["clusterImageSetNameRef"]) == ("SNO", "img4.20.2")
    (node,) = spec["nodes"]
    assert json.loads(node["installerArgs"]) == ["--copy-network", "--save-partlabel", "data"]
    assert node["ironicInspect"] == ""
    assert node["templateRefs"] == [{"name": "my-node", "namespace": "mine"}]
    (other,) = found["edge2.yaml"]["spec"]["nodes"]
    assert other["ironicInspect"] == "disabled", "a SiteConfig's default"
    assert found["edge2.yaml"]["spec"]["clusterImageSetNameRef"] == "img4.20.1"


def test_row_c3_labels_that_yaml_took_for_something_else_are_texts_as_they_were_written(tmp_path):
    text = yaml.safe_dump(site_config()).replace(
        "common: 'true'", "common: true\n      release: 4.20\n      none:"
    )
    found, notes = made(tmp_path, text)
    labels = found["edge1.yaml"]["spec"]["extraLabels"]["ManagedCluster"]
    assert labels == {"common": "true", "release": "4.20", "none": ""}
    assert "edge1: clusterLabels.release: 4.2 became the text '4.20'" in notes


LOST = [
    ("spec.sshPrivateKeySecretRef", {"name": "key"}, "edge1: sshPrivateKeySecretRef is not carried over"),
    ("spec.biosConfigRef", {"filePath": "a"}, "edge1: biosConfigRef is not carried over"),
    ("spec.clusters.0.extraManifests", {"searchPaths": ["a/"]}, "edge1: extraManifests is not carried over"),
    ("spec.clusters.0.siteConfigMap", {"name": "a"}, "edge1: siteConfigMap is not carried over"),
    ("spec.clusters.0.diskEncryption", {"type": "tpm2"}, "edge1: diskEncryption.tpm2 is not carried over"),
    ("spec.clusters.0.crAnnotations", {"add": {"a": "b"}}, "edge1: crAnnotations.add.a is not carried over"),
    ("spec.clusters.0.nodes.0.cpuset", "0-1", "edge1: nodes[0].cpuset is not carried over"),
    ("spec.clusters.0.nodes.0.userData", {"a": "b"}, "edge1: nodes[0].userData is not carried over"),
]


@needs_crds
@pytest.mark.parametrize(("path", "value", "said"), LOST)
def test_what_cannot_be_carried_over_is_said_with_what_does_it_instead(tmp_path, path, value, said):
    found, notes = made(tmp_path, with_value(site_config(), path, value))
    assert any(each.startswith(said) and len(each) > len(said) + 5 for each in notes), notes
    crds.validate(found["edge1.yaml"])


WRONG = [
    ("apiVersion", "ran.openshift.io/v3", "apiVersion: it is 'ran.openshift.io/v3'"),
    (
        "spec.clusters.0.serviceNetwork",
        [{"cidr": "172.30.0.0/16"}],
        "spec.clusters[0].serviceNetwork[0]: it is a map",
    ),
    (
        "spec.clusters.0.serviceNetwork",
        ["172.30.0.1/16"],
        "spec.clusters[0].serviceNetwork[0]: '172.30.0.1/16' is",
    ),
    (
        "spec.clusters.0.clusterLabels",
        {"a b": "c"},
        "spec.clusters[0].clusterLabels.a b: a b='c' is no label",
    ),
    ("spec.clusters.0.extraLabels", {}, "spec.clusters[0].extraLabels: there is no such key here"),
    ("spec.clusters.0.nodes.0.role", "arbiter", "spec.clusters[0].nodes[0].role: it is 'arbiter'"),
    ("spec.clusters.0.nodes.0.bmcAddress", "ipmi://a", "spec.clusters[0].nodes[0].bmcAddress: 'ipmi://a'"),
    ("spec.clusters.1.clusterName", "edge1", "spec.clusters[1].clusterName: edge1 is there twice"),
    ("spec.sshPublicKey", "ssh-rsa ...", "spec.sshPublicKey: it is no SSH public key"),
    ("spec.clusters.0.nodes.0.installerArgs", "-n", "spec.clusters[0].nodes[0].installerArgs: it is no JSON"),
    (
        "spec.clusters.0.nodes.0.bootMACAddress",
        "52:54:00:00:00:99",
        "spec.clusters[0].nodes[0].bootMACAddress: 52:54:00:00:00:99 is of none",
    ),
]


@pytest.mark.parametrize(("path", "value", "said"), WRONG)
def test_what_is_wrong_is_named_where_the_site_config_has_it(tmp_path, path, value, said):
    item = with_value(site_config(), path, value)
    assert any(each.startswith(said) for each in defects(item)), defects(item)
    with pytest.raises((ConfigError, Problems)):
        made(tmp_path, item)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: ClusterInstance\n", "no SiteConfig is in it"),
        (
            "kind: SiteConfig\nspec: {clusters: [], clusters: []}\n",
            "it has a key twice in one place: clusters",
        ),
    ],
)
def test_what_is_none_is_refused(tmp_path, text, said):
    with pytest.raises(ConfigError) as refused:
        made(tmp_path, text)
    assert said in refused.value.why


def test_no_cluster_is_called_so_that_its_file_would_be_elsewhere(tmp_path):
    item = with_value(site_config(), "spec.clusters.0.clusterName", "../../edge")
    with pytest.raises(ConfigError, match="cannot convert the cluster"):
        made(tmp_path, item, despite_defects=True)


def test_a_site_config_can_be_patched_in_place_too(tmp_path):
    item = site_config()
    path = written(tmp_path, item)
    done = edit_file(path, OURS, dry_run=False, despite_defects=False)
    assert done.fields == tuple(
        f"spec.clusters[{cluster}].{field}"
        for cluster in (0, 1)
        for field in ("ignitionConfigOverride", "nodes[0].ignitionConfigOverride", "nodes[0].installerArgs")
    )
    assert not edit_file(path, OURS, dry_run=False, despite_defects=False).is_changed


def patched_schema():
    """The CRD's schema of a SiteConfig, with ``installerArgs`` as its generator read it: a text."""
    schema = copy.deepcopy(crds.schemas_of("SiteConfig")["v1"])
    cluster = schema["properties"]["spec"]["properties"]["clusters"]["items"]["properties"]
    cluster["nodes"]["items"]["properties"]["installerArgs"] = {"type": "string"}
    return jsonschema.Draft202012Validator(
        {**schema, "properties": {"spec": crds._strict(schema["properties"]["spec"])}}
    )


@needs_seeds
@needs_crds
def test_row_c3_the_documents_site_config_is_converted_and_its_defects_named(tmp_path):
    text = manifest("SiteConfig")
    document = read_document(text, "seed")
    assert list(patched_schema().iter_errors(document.data)) == []
    assert {each.partition(":")[0] for each in defects(document.data)} == {
        "spec.sshPublicKey",
        "spec.clusters[0].nodes[0].bootMACAddress",
        "spec.clusters[0].ignitionConfigOverride",
        "spec.clusters[0].nodes[0].ignitionConfigOverride",
    }
    (one,) = converted(document.data, document.root, Templates())
    args = '["--save-partlabel", "data"]'
    assert one.instance["spec"]["nodes"][0]["installerArgs"] == args
    with pytest.raises(Problems) as refused:
        made(tmp_path, text)
    assert len(refused.value.problems) == 2, "what the conversion corrects is in the way"
    found, notes = made(tmp_path, text, despite_defects=True)
    item = found["sno-worker-0.yaml"]
    crds.validate(item)
    assert {each.path for each in judged(item) if each.is_error} == {
        "spec.sshPublicKey",
        "spec.nodes[0].bootMACAddress",
    }
    spec = item["spec"]
    assert spec["nodes"][0]["installerArgs"] == args, "it was right, and was rewritten"
    assert spec["serviceNetwork"] == [{"cidr": "172.30.0.0/16"}]
    assert spec["extraLabels"]["ManagedCluster"]["common-411"] == "true"
    assert "sno-worker-0: clusterLabels.common-411: True became the text 'true'" in notes
    assert any("storage.files[0].mode" in each and each.endswith("(corrected)") for each in notes)
    assert {file["mode"] for file in json.loads(spec["ignitionConfigOverride"])["storage"]["files"]} == {
        0o755
    }
