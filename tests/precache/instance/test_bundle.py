"""Row C: what a hub takes for an edge site: valid, whole, in order, and the same bytes each time."""

import base64
import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from bootstrap.cluster.take_away import write
from bootstrap.errors import ConfigError, HostError
from bootstrap.precache.ignition.overrides import Overrides
from bootstrap.precache.instance import bundle as bundle_module
from bootstrap.precache.instance.installer_args import words_of
from tests.cluster.crds import needs_crds, validate
from tests.cluster.hosted.site import of_site
from tests.cluster.ledgers import DIGESTS, REGISTRIES
from tests.cluster.strict_yaml import documents
from tests.precache.edge_site import document, node, with_value
from tests.precache.instance import operator
from tests.precache.instance.samples import OURS, defects, notes, objects, only, rendered

GOLDEN = Path(__file__).with_name("golden")
_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICeEJ6XkSR9+njSImHznX5dY9ouL4G4jpnI0VWXhJacL"
_VERSION_6 = {
    "machineNetwork": ["2001:db8::/64"],
    "additionalNTPSources": ["2001:db8::1", "time.example.com"],
}
_ARBITER = [node(0), node(1), node(2, role="arbiter")]
VARIANTS = {
    "one node": document(),
    "three nodes": document(3),
    "workers": {**document(3), "nodes": [*document(3)["nodes"], node(3, role="worker")]},
    "arbiter": {**document(3), "clusterType": "HighlyAvailableArbiter", "nodes": _ARBITER},
    "IPv6": document(**_VERSION_6),
    "both families": document(
        machineNetwork=["192.0.2.0/24", "2001:db8::/64"],
        clusterNetwork=[{"cidr": "10.128.0.0/14", "hostPrefix": 24}, "fd01::/48"],
    ),
    "all of it": document(
        cpuPartitioningMode="AllNodes",
        release={"version": "4.20.1", "architecture": "amd64"},
        templates={"namespace": "templates", "cluster": "mine", "node": "my-node"},
        content={"partLabel": "images"},
        nodes=[
            node(
                0,
                installerArgs=["--copy-network", "--append-karg", "console='x'"],
                bootMode="UEFISecureBoot",
                rootDeviceHints={"wwn": "0x5000c500a0", "rotational": False, "minSizeGigabytes": 400},
            )
        ],
    ),
    "DHCP": with_value(document(), "nodes.0.nodeNetwork", None),
}


@needs_crds
@pytest.mark.parametrize("variant", VARIANTS)
def test_row_c1_the_real_crds_accept_every_object(tmp_path, variant):
    made = rendered(tmp_path, VARIANTS[variant])
    everything = objects(made)
    kinds = [item["kind"] for item in everything]
    assert kinds[0] == "Namespace"
    assert kinds[-1] == "ClusterInstance"
    assert {"ClusterImageSet", "Secret", "ConfigMap"} <= set(kinds)
    for item in everything:
        validate(item)


@pytest.mark.parametrize("variant", VARIANTS)
def test_row_c1_no_rule_finds_a_defect_in_what_we_render(tmp_path, variant):
    item = only(rendered(tmp_path, VARIANTS[variant]), "ClusterInstance")
    assert (defects(item), notes(item)) == ([], [])


@needs_crds
@pytest.mark.parametrize("variant", VARIANTS)
def test_row_c2_what_the_operator_renders_of_it_is_yaml_that_says_the_same(tmp_path, variant):
    item = only(rendered(tmp_path, VARIANTS[variant]), "ClusterInstance")
    by_kind = {}
    for text in operator.rendered(item):
        (found,) = documents(text)
        validate(found)
        by_kind.setdefault(found["kind"], []).append(found)
    spec = item["spec"]
    for infra, host, node_spec in zip(
        by_kind["InfraEnv"], by_kind["BareMetalHost"], spec["nodes"], strict=True
    ):
        annotations = host["metadata"]["annotations"]
        bmac = "bmac.agent-install.openshift.io"
        discovery = json.loads(infra["spec"]["ignitionConfigOverride"])
        install = json.loads(annotations[f"{bmac}/ignition-config-overrides"])
        assert discovery == json.loads(spec["ignitionConfigOverride"])
        assert install == json.loads(node_spec["ignitionConfigOverride"])
        modes = [file["mode"] for each in (discovery, install) for file in each["storage"]["files"]]
        assert set(modes) == {0o755}
        assert words_of(annotations[f"{bmac}/installer-args"]) == words_of(node_spec["installerArgs"])
        assert sum(map(len, annotations.values())) < 256 * 1024
    (cluster,) = by_kind["AgentClusterInstall"]
    assert cluster["spec"]["networking"]["serviceNetwork"] == [
        each["cidr"] for each in spec["serviceNetwork"]
    ]


def test_row_c2_an_apostrophe_in_an_override_would_break_what_the_operator_renders(tmp_path):
    item = only(rendered(tmp_path), "ClusterInstance")
    item["spec"]["ignitionConfigOverride"] = '{"ignition":{"version":"3.2.0"},"x":"sh -c \'a\'"}'
    with pytest.raises(ValueError, match="line 1"):
        documents(operator.infra_env(item, item["spec"]["nodes"][0]))
    (found,) = defects(item)
    assert found.startswith("spec.ignitionConfigOverride: line 1: an apostrophe: ")


def test_the_partition_outlives_the_installation_beside_the_users_own_arguments(tmp_path):
    item = only(rendered(tmp_path, VARIANTS["all of it"]), "ClusterInstance")
    args = item["spec"]["nodes"][0]["installerArgs"]
    assert words_of(args) == (
        *("--copy-network", "--append-karg", "console='x'", "--save-partlabel", "images"),
    )
    assert "'" not in args
    assert (
        "extract-ai.sh ai images"
        in json.loads(item["spec"]["ignitionConfigOverride"])["systemd"]["units"][0]["contents"]
    )


def test_everything_that_is_referred_to_is_there(tmp_path):
    made = rendered(tmp_path, document(3))
    spec = only(made, "ClusterInstance")["spec"]
    known = {(each["kind"], each["metadata"]["name"]): each for each in objects(made)}
    pull = known["Secret", spec["pullSecretRef"]["name"]]
    assert pull["type"] == "kubernetes.io/dockerconfigjson"
    assert set(json.loads(base64.b64decode(pull["data"][".dockerconfigjson"]))["auths"]) == set(REGISTRIES)
    for each in spec["nodes"]:
        data = known["Secret", each["bmcCredentialsName"]["name"]]["data"]
        found = {key: base64.b64decode(value).decode() for key, value in data.items()}
        assert found == {"username": "deploy", "password": "correct horse battery"}
    image_set = known["ClusterImageSet", spec["clusterImageSetNameRef"]]
    assert image_set["spec"]["releaseImage"] == f"quay.io/openshift-release-dev/ocp-release@{DIGESTS[0]}"
    manifests = known["ConfigMap", spec["extraManifestsRefs"][0]["name"]]["data"]
    sets = [yaml.safe_load(text) for text in manifests.values()]
    assert {each["kind"] for each in sets} == {"ImageDigestMirrorSet", "ImageTagMirrorSet"}
    namespaced = [each for (kind, _), each in known.items() if kind not in ("Namespace", "ClusterImageSet")]
    assert {each["metadata"]["namespace"] for each in namespaced} == {"edge"}
    assert known["Namespace", "edge"]


@needs_crds
def test_extra_manifests_are_what_a_cluster_takes(tmp_path):
    for text in only(rendered(tmp_path), "ConfigMap")["data"].values():
        (item,) = documents(text)
        validate(item)


def test_files_are_listed_in_order_and_secrets_are_private(tmp_path):
    made = rendered(tmp_path)
    listed = yaml.safe_load(made.files["kustomization.yaml"])["resources"]
    assert listed == sorted(listed) == [name for name in made.files if name != "kustomization.yaml"]
    write(tmp_path / "out", made, "precache instance")
    private = {
        each.name for each in (tmp_path / "out").iterdir() if not stat.S_IMODE(each.stat().st_mode) & 0o077
    }
    assert private == {"03-pull-secret.yaml", "04-bmc-credentials.yaml"}
    public = "".join(text for name, text in made.files.items() if name not in private)
    assert "correct horse" not in public
    assert base64.b64encode(b"correct horse battery").decode() not in public


def test_row_c4_the_same_site_gives_the_same_bytes(tmp_path, monkeypatch):
    discovery, install = ('{"ignition":{"version":"3.2.0"}}',) * 2
    monkeypatch.setattr(
        bundle_module, "overrides", lambda label: Overrides(discovery, install, ("--save-partlabel", label))
    )
    data = {**document(3), "sshKey": _KEY, "cpuPartitioningMode": "AllNodes"}
    made = rendered(tmp_path, data)
    golden = {path.name: path.read_text() for path in GOLDEN.iterdir()}
    assert dict(made.files) == golden


@pytest.mark.parametrize(("version", "has_sets"), [("4.12.70", False), ("4.13.0", True)])
def test_a_release_that_knows_no_mirror_sets_is_given_none(tmp_path, version, has_sets):
    held = of_site().ledger
    (one,) = held["releases"]
    site = replace(of_site(), ledger={**held, "releases": [{**one, "version": version}]})
    made = rendered(tmp_path, given=site)
    assert ("05-extra-manifests.yaml" in made.files) is has_sets
    assert ("extraManifestsRefs" in only(made, "ClusterInstance")["spec"]) is has_sets
    assert any("knows no mirror sets" in each for each in made.notes) is not has_sets


def test_a_release_that_is_not_mirrored_is_refused_with_those_that_are(tmp_path):
    with pytest.raises(ConfigError) as refused:
        rendered(tmp_path, document(release={"version": "4.19.0"}))
    assert "4.20.1 (amd64)" in refused.value.why
    with pytest.raises(ConfigError, match="for arm64"):
        rendered(tmp_path, document(release={"architecture": "arm64"}))


def test_without_credentials_of_the_mirror_there_is_no_pull_secret(tmp_path):
    with pytest.raises(HostError, match="cannot make a pull secret"):
        rendered(tmp_path, given=of_site(auths={}))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "the certificates of the controllers of node0.edge.example.com are not verified, although"),
        (
            {"bmc": {"username": "deploy", "password": "correct horse", "verifyCertificate": False}},
            "controllers whose certificate nobody verifies: node0.edge.example.com",
        ),
        (
            {"nodes": [node(0, rootDeviceHints=None)]},
            "node0.edge.example.com: the Assisted Service chooses the disk",
        ),
    ],
)
def test_what_a_user_has_to_know_is_said(tmp_path, changed, said):
    assert any(each.startswith(said) for each in rendered(tmp_path, document(**changed)).notes)


def test_templates_of_ones_own_may_verify_certificates(tmp_path):
    made = rendered(tmp_path, document(templates={"node": "my-node"}))
    assert not any("not verified" in each for each in made.notes)


def test_our_overrides_are_what_is_rendered(tmp_path):
    spec = only(rendered(tmp_path), "ClusterInstance")["spec"]
    assert spec["ignitionConfigOverride"] == OURS.discovery
    assert [each["ignitionConfigOverride"] for each in spec["nodes"]] == [OURS.install]
