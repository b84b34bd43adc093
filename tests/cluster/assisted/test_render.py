"""Rows G1, G2 and E2: what a hub gets, against the real CRDs and a registry that really answers."""

import socket
import ssl

import pytest
import yaml

from bootstrap.cluster.assisted.os_images import OsImage, OsImages
from bootstrap.cluster.assisted.render import assisted
from bootstrap.cluster.assisted.storage import Storage
from bootstrap.errors import ConfigError, HostError, Problems
from bootstrap.mirror.ledger import Ledger
from tests.cluster.crds import needs_crds, validate
from tests.cluster.ledgers import CA, DIGESTS, given
from tests.cluster.readers import of_assisted
from tests.fakes.registry import FakeRegistry, authority
from tests.fakes.tls import Authority

ISO = "https://web1.example.com:8443/images/rhcos-live.x86_64.iso"
IMAGES = OsImages((OsImage("4.20.1", "x86_64", "9.6.20251023-0", ISO),))
MAP = "unsupported.agent-install.openshift.io/assisted-service-configmap"


def objects(images=IMAGES, storage=None, known=None, **options):
    """By kind and name."""
    made = assisted(known or given(), images, storage, **options)
    found = [item for text in made.files.values() for item in yaml.safe_load_all(text)]
    return {(item["kind"], item["metadata"]["name"]): item for item in found}


@needs_crds
@pytest.mark.parametrize("storage_class", ["", "lvms-vg1"])
def test_g1_every_document_is_what_its_crd_takes(storage_class):
    for item in objects(storage=Storage(storage_class)).values():
        validate(item)


def test_g1_the_agent_service_config_is_of_the_cluster_and_all_that_it_names_is_there():
    found = objects(namespace="mce")
    config = found["AgentServiceConfig", "agent"]
    assert "namespace" not in config["metadata"]
    spec = config["spec"]
    names = [
        config["metadata"]["annotations"][MAP],
        spec["mirrorRegistryRef"]["name"],
        spec["OSImageCACertRef"]["name"],
    ]
    maps = [found["ConfigMap", name] for name in names]
    assert {each["metadata"]["namespace"] for each in maps} == {"mce"}
    others = {"hypershift-operator-install-flags"}  # read in the namespace of the hub itself
    assert {name for kind, name in found if kind == "ConfigMap"} == {*names, *others}
    assert found["MultiClusterEngine", "multiclusterengine"]["spec"]["targetNamespace"] == "mce"
    assert all(isinstance(value, str) for value in maps[0]["data"].values()), "it becomes an environment"


def test_g1_os_images_are_those_of_the_releases_without_what_is_ignored():
    (image,) = objects()["AgentServiceConfig", "agent"]["spec"]["osImages"]
    assert image == {
        "openshiftVersion": "4.20",
        "cpuArchitecture": "x86_64",
        "version": "9.6.20251023-0",
        "url": ISO,
    }


def test_each_release_has_an_image_set_by_digest_with_a_name_that_is_one():
    item = objects()["ClusterImageSet", "img4.20.1-x86-64"]
    assert item["spec"]["releaseImage"] == f"quay.io/openshift-release-dev/ocp-release@{DIGESTS[0]}"


def test_hosts_of_all_namespaces_are_looked_at_and_nothing_else_of_provisioning_is_touched():
    assert objects()["Provisioning", "provisioning-configuration"]["spec"] == {"watchAllNamespaces": True}


def test_h31_hypershifts_operator_waits_for_no_telemetry():
    item = objects()["ConfigMap", "hypershift-operator-install-flags"]
    assert item["metadata"]["namespace"] == "local-cluster"
    assert item["data"] == {"installFlagsToRemove": "--enable-uwm-telemetry-remote-write"}


def test_g2_the_mirrors_are_all_understood_and_no_registry_is_free_of_credentials():
    data = objects()["ConfigMap", "custom-registries"]["data"]
    assert set(data) == {"registries.conf", "ca-bundle.crt"}
    found = of_assisted(data["registries.conf"])
    assert {
        "quay.io/openshift-release-dev/ocp-release",
        "quay.io/openshift-release-dev/ocp-v4.0-art-dev",
    } <= {*found}
    assert "unqualified-search-registries = []\n" in data["registries.conf"]


def test_g2_the_bundle_verifies_the_registry_that_answers_and_another_ca_does_not():
    known = given(trust={"r1:5000": authority().pem, "r2:5000": CA})
    bundle = objects(known=known)["ConfigMap", "custom-registries"]["data"]["ca-bundle.crt"]
    with FakeRegistry() as registry:
        host, _, port = registry.location.rpartition(":")
        for cadata, is_trusted in ((bundle, True), (CA, False)):
            context = ssl.create_default_context(cadata=cadata)
            with socket.create_connection((host.strip("[]"), int(port))) as plain:
                if is_trusted:
                    context.wrap_socket(plain, server_hostname=host).close()
                else:
                    with pytest.raises(ssl.SSLCertVerificationError):
                        context.wrap_socket(plain, server_hostname=host)


def test_the_web_servers_own_ca_is_the_one_key_of_its_config_map():
    other = Authority("Web").pem
    data = objects(OsImages(IMAGES.images, other))["ConfigMap", "os-images-ca"]["data"]
    assert data == {"ca-bundle.crt": other}
    assert objects()["ConfigMap", "os-images-ca"]["data"] == {"ca-bundle.crt": CA}


def test_images_that_come_without_tls_need_no_ca():
    plain = OsImages((OsImage("4.20.1", "x86_64", "9.6.1-0", "http://web/rhcos.iso"),))
    found = objects(plain)
    assert ("ConfigMap", "os-images-ca") not in found
    assert "OSImageCACertRef" not in found["AgentServiceConfig", "agent"]["spec"]


def test_g1_volumes_that_are_too_small_are_refused_all_at_once():
    with pytest.raises(Problems) as caught:
        assisted(given(), IMAGES, Storage("", "10", "1Mi", "9Gi"))
    assert [problem.what for problem in caught.value.problems] == [
        "cannot use --database-storage 10",
        "cannot use --filesystem-storage 1Mi",
        "cannot use --image-storage 9Gi",
    ]


def test_g1_less_than_recommended_is_told():
    notes = assisted(given(), IMAGES, Storage("", "5Gi", "1Ti", "10Gi")).notes
    assert [note for note in notes if "recommended" in note] == [
        "--database-storage is 5Gi, and 10Gi are recommended."
    ]


def test_each_boot_image_has_its_two_gibibytes():
    problems, _ = Storage(image="50Gi").judged(26)
    assert "needs 52Gi" in problems[0].why
    assert Storage(image="50Gi").judged(25) == ([], [])


def test_a_release_without_a_boot_image_is_refused_and_one_that_is_not_mirrored_told():
    gone = OsImage("4.19.3", "x86_64", "9.6.0-0", "https://web/old.iso")
    with pytest.raises(ConfigError, match=r"release 4\.20\.1 \(amd64\)"):
        assisted(given(), OsImages((gone,)))
    notes = assisted(given(), OsImages((*IMAGES.images, gone))).notes
    assert "Boot images of releases that are not mirrored are left out: 4.19.3." in notes


def test_without_a_release_there_is_nothing_to_install():
    with pytest.raises(HostError, match="cannot set up assisted-service"):
        assisted(given(Ledger()), IMAGES)


def test_the_same_input_gives_the_same_bytes_and_no_file_is_private():
    one, other = assisted(given(), IMAGES), assisted(given(), IMAGES)
    assert list(one.files.items()) == list(other.files.items())
    assert one.private == frozenset()
