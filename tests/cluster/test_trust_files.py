"""Trust as clusters take it, and whether it verifies the registries: rows G2 and G3."""

import copy
import dataclasses
import datetime as dt
import re

import pytest
import yaml
from cryptography import x509

from bootstrap.cluster.mirror_files import Form, mirror_files
from bootstrap.cluster.trust_files import raise_out_of_date, read_pem, registry_cas, trust_files
from bootstrap.errors import ConfigError, ExitCode, Problems, TransferError
from bootstrap.workflow.trust import raise_unverified
from tests.cluster.crds import needs_crds, validate
from tests.cluster.ledgers import CA, REGISTRIES, given
from tests.fakes.registry import FakeRegistry, authority
from tests.fakes.tls import Authority

NOW = dt.datetime.now(dt.UTC)


def objects(found, name):
    return list(yaml.safe_load_all(found.files[name]))


def pure(text):
    """Whether it is PEM as the installer's CABundle wants it: blocks, and not a byte after the last."""
    block = r"-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=]+\n)+-----END CERTIFICATE-----\n"
    return re.fullmatch(f"({block})+", text) is not None and bool(
        x509.load_pem_x509_certificates(text.encode())
    )


def test_g3_every_registry_has_a_key_that_kubernetes_takes_and_a_certificate_of_its_own():
    other = Authority("Other CA").pem
    found = registry_cas(given(trust=dict(zip(REGISTRIES, (CA, other), strict=True))))
    assert (found["metadata"]["namespace"], found["kind"]) == ("openshift-config", "ConfigMap")
    assert all(re.fullmatch(r"[-._a-zA-Z0-9]+", key) for key in found["data"])
    assert found["data"] == {
        "registry1.example.com..5000": CA,
        "registry2.example.com..5000": other,
        "updateservice-registry": CA + other,  # the only key that the update service reads
    }


def test_g3_a_registry_without_a_dns_name_is_told():
    with pytest.raises(ConfigError, match=r"\[2001:db8::2\]:5000"):
        registry_cas(given(registries=("[2001:db8::2]:5000",), trust={"[2001:db8::2]:5000": CA}))


def merged(target, patch):
    """RFC 7386, which is what `oc patch --type merge` does."""
    if not isinstance(patch, dict):
        return patch
    found = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = merged(found.get(key), value)
    return found


@needs_crds
def test_g3_the_patch_of_the_image_configuration_is_valid_and_keeps_what_is_foreign():
    image = {
        "apiVersion": "config.openshift.io/v1",
        "kind": "Image",
        "metadata": {"name": "cluster"},
        "spec": {
            "registrySources": {"allowedRegistries": ["quay.io"]},
            "allowedRegistriesForImport": [{"domainName": "quay.io"}],
            "additionalTrustedCA": {"name": "before"},
        },
    }
    (patch,) = objects(trust_files(given()), "image-config-patch.yaml")
    after = merged(copy.deepcopy(image), patch)
    validate(after)
    assert after["spec"].pop("additionalTrustedCA") == {"name": "mirror-registry-ca"}
    assert after["spec"] == {
        key: value for key, value in image["spec"].items() if key != "additionalTrustedCA"
    }


def test_g3_the_users_own_config_map_can_be_the_one():
    found = trust_files(given(), config_map="registry-config")
    (item,) = objects(found, "registry-ca.yaml")
    (patch,) = objects(found, "image-config-patch.yaml")
    assert item["metadata"]["name"] == patch["spec"]["additionalTrustedCA"]["name"] == "registry-config"


def test_g3_bundles_are_pem_alone_and_end_in_one_line_feed():
    found = trust_files(given(trust=dict.fromkeys(REGISTRIES, f"# Registry CA\n\n{CA}\n\n")))
    (user_ca,) = objects(found, "user-ca-bundle.yaml")
    (fragment,) = objects(found, "additional-trust-bundle.yaml")
    bundles = (
        found.files["ca-bundle.crt"],
        user_ca["data"]["ca-bundle.crt"],
        fragment["additionalTrustBundle"],
    )
    assert set(bundles) == {CA}
    assert pure(CA)
    assert not pure(CA + "\n")
    assert fragment["additionalTrustBundlePolicy"] == "Always"
    assert (user_ca["metadata"]["name"], user_ca["metadata"]["namespace"]) == (
        "user-ca-bundle",
        "openshift-config",
    )
    (proxy,) = objects(found, "proxy-patch.yaml")
    assert proxy == {"spec": {"trustedCA": {"name": "user-ca-bundle"}}}


def test_what_a_cluster_trusts_already_stays_in_its_bundles_and_out_of_the_keys_of_registries(tmp_path):
    own = Authority("Own CA").pem
    (tmp_path / "own.pem").write_text(f"// ours\n{own}{CA}")
    found = trust_files(given(), also=read_pem(tmp_path / "own.pem"))
    assert objects(found, "user-ca-bundle.yaml")[0]["data"]["ca-bundle.crt"] == CA + own
    assert own not in found.files["registry-ca.yaml"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "No such file or directory"),
        ("no PEM", "there is no certificate in it"),
        ("", "there is no certificate in it"),
    ],
)
def test_a_file_that_is_no_pem_is_told(tmp_path, content, why):
    if content is not None:
        (tmp_path / "own.pem").write_text(content)
    with pytest.raises(ConfigError, match=r"own\.pem") as refused:
        read_pem(tmp_path / "own.pem")
    assert refused.value.why == why


def test_g2_custom_registries_has_both_keys_and_pem_alone():
    (item,) = objects(mirror_files(given(), [Form.ASSISTED]), "custom-registries.yaml")
    assert set(item["data"]) == {"registries.conf", "ca-bundle.crt"}
    assert pure(item["data"]["ca-bundle.crt"])


@pytest.mark.parametrize("days", [-40, 40])
def test_g2_a_certificate_out_of_its_dates_is_refused(days):
    raise_out_of_date(given(), NOW)
    with pytest.raises(Problems) as refused:
        raise_out_of_date(given(), NOW + dt.timedelta(days=days))
    assert [each.what.split()[5] for each in refused.value.problems] == REGISTRIES
    assert "Site CA" in str(refused.value)


def of(*registries, pem=None):
    """What a site of these running registries gives."""
    names = tuple(each.location for each in registries)
    return given(registries=names, trust=dict.fromkeys(names, pem or authority().pem))


def test_g2_the_bundle_really_verifies_the_live_registries():
    with FakeRegistry() as one, FakeRegistry() as other:
        raise_unverified(of(one, other))


def test_g2_a_registry_with_another_ca_is_told_with_its_name_and_an_exit_code():
    with FakeRegistry() as one, FakeRegistry() as other, pytest.raises(Problems) as refused:
        raise_unverified(of(one, other, pem=CA))
    assert [one.location in str(each) for each in refused.value.problems] == [True, False]
    assert refused.value.exit_code == ExitCode.TRANSFER
    assert "unknown authority" in str(refused.value)


def test_g2_a_certificate_for_another_name_is_told():
    leaf = authority().issue("elsewhere.example.com")
    with FakeRegistry(leaf=leaf) as one, pytest.raises(TransferError, match="for other names"):
        raise_unverified(of(one))


def test_g2_a_registry_that_is_down_is_told():
    with FakeRegistry() as one:
        gone = of(one)
    with pytest.raises(TransferError, match="refused the connection"):
        raise_unverified(gone)


def test_the_same_given_gives_the_same_bytes():
    assert trust_files(given()).files == trust_files(dataclasses.replace(given())).files
