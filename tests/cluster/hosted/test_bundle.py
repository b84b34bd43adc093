"""Row H: a hosted cluster, from one short file to everything that is applied."""

import json
import shutil
import stat
import subprocess

import pytest
import yaml

from bootstrap.cluster import mirror_sets
from bootstrap.cluster.hosted.bundle import scaled
from bootstrap.cluster.hosted.read import read_file
from bootstrap.cluster.hosted.references import problems_of
from bootstrap.cluster.hosted.spec import control_plane_namespace
from bootstrap.cluster.take_away import write
from bootstrap.errors import ConfigError, HostError
from tests.cluster.crds import needs_crds, validate
from tests.cluster.hosted.site import (
    KEY,
    NETWORKS,
    OPERATOR,
    authority,
    decoded,
    document,
    host,
    ledger,
    objects,
    of_site,
    only,
    rendered,
    ssh_key,
    written,
)
from tests.cluster.ledgers import DIGESTS, REGISTRIES
from tests.cluster.strict_yaml import documents

_ALL = {"role": True, "infraEnv": {"ownMirrors": True, "additionalNTPSources": ["192.0.2.1"]}}
_NODE_PORT = {"type": "NodePort", "address": "192.0.2.9"}
_SINGLE = {
    "availability": "SingleReplica",
    "fips": True,
    "etcd": {"size": "20Gi", "storageClass": "lvms-vg1"},
}
VARIANTS = {
    **{family: {"family": family} for family in NETWORKS},
    "all": {**_ALL, "publishing": _NODE_PORT, "controlPlane": _SINGLE},
    "management": {"catalogs": {"placement": "management"}},
    "by tag": {"catalogs": {"placement": "management", "by": "tag"}},
    "one host": {
        "hosts": [host(1, rootDeviceHints={"deviceName": "/dev/sda"}, bootMode="UEFI")],
        "nodePool": {"replicas": 1, "upgradeType": "Replace", "autoRepair": True},
        "release": {"version": "4.20.1", "architecture": "amd64"},
        "namespace": "tenants",
    },
    "nobody": {"nodePool": {"replicas": 0}},
}


@needs_crds
@pytest.mark.parametrize("variant", VARIANTS)
def test_h1_the_real_crds_and_their_rules_accept_every_object(tmp_path, variant):
    made = rendered(tmp_path, document(**VARIANTS[variant]))
    everything = objects(made, without=())
    kinds = {item["kind"] for item in everything}
    assert kinds >= {
        "Namespace",
        "ConfigMap",
        "Secret",
        "HostedCluster",
        "NodePool",
        "InfraEnv",
        "BareMetalHost",
    }
    for item in everything:
        if set(item.get("spec", ())) == {"replicas"}:
            pool = only(made, "NodePool")
            validate({**pool, "spec": {**pool["spec"], **item["spec"]}})
        else:
            validate(item)


@pytest.mark.parametrize("variant", VARIANTS)
def test_h1_documents_are_separate_and_no_key_is_there_twice(tmp_path, variant):
    for name, text in rendered(tmp_path, document(**VARIANTS[variant])).files.items():
        if name.endswith(".yaml"):
            found = documents(text)
            assert found, name
            if not name.endswith("kustomization.yaml"):
                assert text.count("\n---\n") + 1 == len(found)
                assert text.startswith("---\n")
            assert "status" not in text
            assert "creationTimestamp" not in text


@pytest.mark.parametrize("variant", VARIANTS)
def test_h2_all_references_resolve(tmp_path, variant):
    found = objects(rendered(tmp_path, document(**VARIANTS[variant])))
    assert problems_of(found) == []
    for kind, name in (("Secret", "pull-secret"), ("ConfigMap", "user-ca-bundle"), ("Namespace", "-hosted")):
        left = [item for item in found if (item["kind"], name in item["metadata"]["name"]) != (kind, True)]
        assert len(left) < len(found)
        assert problems_of(left), kind


def test_h2_the_control_planes_namespace_has_no_dots_and_is_not_too_long(tmp_path):
    made = rendered(tmp_path, document(name="lab", namespace="tenants"))
    assert [item["metadata"]["name"] for item in objects(made)[:2]] == ["tenants", "tenants-lab"]
    assert control_plane_namespace("tenants", "lab.one") == "tenants-lab-one"
    with pytest.raises(ConfigError, match=r"name: the control plane's namespace clusters-h{60} has 69"):
        rendered(tmp_path, document(name="h" * 60))


def test_h2_the_release_is_one_digest_in_cluster_and_nodes(tmp_path):
    made = rendered(tmp_path)
    image = f"{REGISTRIES[0]}/openshift/release-images@{DIGESTS[0]}"
    assert only(made, "HostedCluster")["spec"]["release"]["image"] == image
    assert only(made, "NodePool")["spec"]["release"]["image"] == image


@pytest.mark.parametrize("wanted", [{"version": "4.20.2"}, {"architecture": "arm64"}])
def test_a_release_that_is_not_mirrored_is_told_with_those_that_are(tmp_path, wanted):
    with pytest.raises(ConfigError, match=r"cannot install hosted") as refused:
        rendered(tmp_path, document(release=wanted))
    assert refused.value.why == "mirrored releases: 4.20.1 (amd64)"


def test_each_family_has_its_networks(tmp_path):
    found = {
        family: only(rendered(tmp_path, document(family)), "HostedCluster")["spec"]["networking"]
        for family in NETWORKS
    }
    assert [each["cidr"] for each in found["ipv4"]["clusterNetwork"]] == ["10.132.0.0/14"]
    assert [each["cidr"] for each in found["ipv6"]["clusterNetwork"]] == ["fd01::/48"]
    assert [each["cidr"] for each in found["dual"]["clusterNetwork"]] == ["10.132.0.0/14", "fd01::/48"]
    assert [each["cidr"] for each in found["dual"]["serviceNetwork"]] == ["172.31.0.0/16", "fd02::/112"]


def test_what_a_cluster_is_configured_by_is_what_the_site_gives(tmp_path):
    made = rendered(tmp_path)
    secrets = {
        (item["metadata"]["namespace"], item["metadata"]["name"]): item
        for item in objects(made)
        if item["kind"] == "Secret"
    }
    for namespace in ("clusters", "clusters-hosted"):
        pull = secrets[namespace, "hosted-pull-secret"]
        assert pull["type"] == "kubernetes.io/dockerconfigjson"
        assert set(json.loads(decoded(pull)[".dockerconfigjson"])["auths"]) == set(REGISTRIES)
    assert decoded(secrets["clusters", "hosted-etcd-encryption-key"])["key"] == KEY
    assert decoded(secrets["clusters", "sshkey-cluster-hosted"])["id_rsa.pub"].decode() == ssh_key() + "\n"
    bmc = secrets["clusters-hosted", "hosted-worker0-bmc-secret"]
    assert decoded(bmc) == {"username": b"deploy", "password": b"correct horse battery"}
    (trust,) = [item for item in objects(made) if item["kind"] == "ConfigMap"]
    assert trust["data"]["ca-bundle.crt"] == authority().pem


def test_a_users_own_credentials_go_along_and_the_mirrors_are_never_replaced(tmp_path):
    own = {"auths": {"quay.io": {"auth": "YTpi"}, REGISTRIES[0]: {"auth": "YTpi"}}}
    (tmp_path / "pull.json").write_text(json.dumps(own))
    made = rendered(tmp_path, document(pullSecretFile="pull.json"))
    pull = next(item for item in objects(made) if item["metadata"]["name"] == "hosted-pull-secret")
    auths = json.loads(decoded(pull)[".dockerconfigjson"])["auths"]
    assert auths["quay.io"] == {"auth": "YTpi"}
    assert auths[REGISTRIES[0]] != {"auth": "YTpi"}


def test_a_site_without_credentials_for_a_registry_is_told(tmp_path):
    with pytest.raises(HostError, match="no credentials for registry1"):
        rendered(tmp_path, site=of_site(auths={}))


def test_controllers_are_verified_unless_the_user_says_otherwise_and_that_is_noted(tmp_path):
    hosts = [host(0), host(1)]
    hosts[1]["bmc"]["verifyCertificate"] = False
    made = rendered(tmp_path, document(hosts=hosts))
    bmcs = [item["spec"]["bmc"] for item in objects(made) if item["kind"] == "BareMetalHost"]
    assert [each["disableCertificateVerification"] for each in bmcs] == [False, True]
    assert any("nobody verifies: worker1" in note for note in made.notes)


def test_guest_catalogs_are_applied_in_the_hosted_cluster_and_the_default_ones_are_off(tmp_path):
    made = rendered(tmp_path)
    cluster = only(made, "HostedCluster")
    assert cluster["spec"]["olmCatalogPlacement"] == "guest"
    assert cluster["spec"]["configuration"] == {"operatorhub": {"disableAllDefaultSources": True}}
    assert list(cluster["metadata"]["annotations"]) == [
        "hypershift.openshift.io/control-plane-operator-image"
    ]
    (source,) = yaml.safe_load_all(made.files["90-catalogs/catalog-sources.yaml"])
    assert source["kind"] == "CatalogSource"


def test_catalogs_on_the_management_cluster_are_all_four_by_digest(tmp_path):
    made = rendered(tmp_path, document(catalogs={"placement": "management"}))
    found = only(made, "HostedCluster")["metadata"]["annotations"]
    prefix = "hypershift.openshift.io/"
    assert found == {
        f"{prefix}control-plane-operator-image": f"{REGISTRIES[0]}/openshift/release@{OPERATOR}",
        **{
            f"{prefix}{name}-catalog-image": f"{REGISTRIES[0]}/redhat/{index}-index@sha256:{str(number) * 64}"
            for number, (name, index) in enumerate(
                [
                    ("certified-operators", "certified-operator"),
                    ("community-operators", "community-operator"),
                    ("redhat-marketplace", "redhat-marketplace"),
                    ("redhat-operators", "redhat-operator"),
                ]
            )
        },
    }
    assert "90-catalogs/catalog-sources.yaml" not in made.files
    assert "configuration" not in only(made, "HostedCluster")["spec"]


def test_catalogs_by_tag_are_one_override_of_the_registry(tmp_path):
    by_tag = document(catalogs={"placement": "management", "by": "tag"})
    found = only(rendered(tmp_path, by_tag), "HostedCluster")["metadata"]["annotations"]
    override = found["hypershift.openshift.io/olm-catalogs-is-registry-overrides"]
    assert override == f"registry.redhat.io/redhat={REGISTRIES[0]}/redhat"
    assert not any(key.endswith("-catalog-image") for key in found)
    with pytest.raises(ConfigError, match=r"catalogs\.by cannot be tag"):
        rendered(tmp_path, by_tag, of_site(ledger(tag="mine")))


def test_three_of_four_catalogs_are_too_few_for_the_management_cluster(tmp_path):
    with pytest.raises(ConfigError, match="cannot be management") as refused:
        rendered(
            tmp_path,
            document(catalogs={"placement": "management"}),
            of_site(ledger(("certified-operator", "community-operator", "redhat-marketplace"))),
        )
    assert refused.value.why.endswith("not mirrored: registry.redhat.io/redhat/redhat-operator-index:v4.20")


def test_a_release_without_a_hypershift_component_has_no_annotation_and_a_note(tmp_path):
    made = rendered(tmp_path, site=of_site(ledger(operator=False)))
    assert "annotations" not in only(made, "HostedCluster")["metadata"]
    assert any("no component hypershift" in note for note in made.notes)


def by_name(item):
    return {key: by_name(item[key]) for key in sorted(item)} if isinstance(item, dict) else item


def test_directories_are_in_the_order_of_application_and_kustomizations_name_their_files(tmp_path):
    made = rendered(tmp_path, document(**_ALL))
    write(tmp_path / "out", made, "resources hosted-cluster")
    directories = [path for path in sorted((tmp_path / "out").iterdir()) if path.is_dir()]
    assert [path.name for path in directories] == [
        "10-namespaces",
        "20-configuration",
        "30-hosted-cluster",
        "40-node-pool",
        "50-infra-env",
        "60-hosts",
        "80-scale",
        "90-catalogs",
    ]
    for path in directories:
        listed = yaml.safe_load((path / "kustomization.yaml").read_text())["resources"]
        assert sorted([*listed, "kustomization.yaml"]) == sorted(each.name for each in path.iterdir())


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="there is no kubectl here")
def test_kustomize_itself_reads_each_directory(tmp_path):
    made = rendered(tmp_path)
    write(tmp_path / "out", made, "resources hosted-cluster")
    found = []
    for name in ("20-configuration", "60-hosts", "80-scale"):
        argv = ["kubectl", "kustomize", tmp_path / "out" / name]
        done = subprocess.run(argv, check=True, capture_output=True, text=True)
        found += yaml.safe_load_all(done.stdout)
    skipped = ("10-", "30-", "40-", "50-", "90-")
    ours = objects(made, without=skipped)
    assert len(ours) == 10
    assert sorted(map(json.dumps, map(by_name, found))) == sorted(map(json.dumps, map(by_name, ours)))


def test_secrets_are_private_and_the_script_can_be_run(tmp_path):
    made = rendered(tmp_path)
    assert made.private == {"20-configuration/secrets.yaml", "60-hosts/secrets.yaml"}
    write(tmp_path / "out", made, "resources hosted-cluster")
    modes = {name: stat.S_IMODE((tmp_path / "out" / name).stat().st_mode) for name in made.files}
    assert {name for name, mode in modes.items() if mode == 0o600} == made.private
    assert modes["apply.sh"] == 0o744
    assert "correct horse battery" not in str(
        [text for name, text in made.files.items() if name not in made.private]
    )


def test_the_same_input_gives_the_same_bytes(tmp_path):
    assert rendered(tmp_path).files == rendered(tmp_path).files


def test_the_bytes_do_not_depend_on_libyaml(tmp_path, monkeypatch):
    fast = rendered(tmp_path, document("dual", **_ALL)).files
    monkeypatch.setattr(mirror_sets, "_DUMPER", mirror_sets.with_blocks(yaml.SafeDumper))
    assert rendered(tmp_path, document("dual", **_ALL)).files == fast


def test_scaling_touches_the_number_of_nodes_alone(tmp_path):
    spec = read_file(written(tmp_path, document()))
    (item,) = yaml.safe_load_all(scaled(spec, 1).files["node-pool.yaml"])
    assert (item["kind"], item["spec"]) == ("NodePool", {"replicas": 1})
    assert "replicas" not in only(rendered(tmp_path), "NodePool")["spec"]
    with pytest.raises(ConfigError, match="2 hosts are listed"):
        scaled(spec, 3)
