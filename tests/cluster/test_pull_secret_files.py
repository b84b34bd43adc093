"""The pull secret of clusters."""

import base64
import json

import pytest
import yaml

from bootstrap.cluster.pull_secret_files import pull_secret_files
from bootstrap.credentials.pull_secret import PullSecret, entry
from bootstrap.errors import ConfigError, HostError
from tests.cluster.crds import needs_crds, validate
from tests.cluster.ledgers import REGISTRIES, given

OWN = PullSecret(
    {
        "auths": {"quay.io": entry("u", "own"), REGISTRIES[0]: entry("u", "stale")},
        "credHelpers": {"ghcr.io": "secretservice"},
    }
)


def secret_of(found):
    (item,) = yaml.safe_load_all(found.files["pull-secret.yaml"])
    return item


def test_it_is_the_users_own_with_every_registry_of_the_site_which_win():
    found = pull_secret_files(given(), OWN)
    document = json.loads(found.files["pull-secret.json"])
    assert document == {"auths": {"quay.io": entry("u", "own"), **given().auths}}
    assert json.loads(base64.b64decode(secret_of(found)["data"][".dockerconfigjson"])) == document
    assert "credHelpers left out: a cluster has no credential helpers" in found.notes


def test_the_secret_says_its_type_which_the_documents_forget_h19():
    item = secret_of(pull_secret_files(given(), None))
    assert item["type"] == "kubernetes.io/dockerconfigjson"
    assert item["metadata"] == {"name": "pull-secret", "namespace": "openshift-config"}


@needs_crds
def test_an_api_server_takes_it():
    validate(secret_of(pull_secret_files(given(), OWN, namespace="clusters", name="hosted-pull-secret")))


def test_no_secret_is_in_a_repr_or_a_note_and_every_file_is_private():
    found = pull_secret_files(given(), OWN)
    assert found.private == set(found.files)
    for item in (entry("u", "own"), *given().auths.values()):
        assert item["auth"] not in repr(found)


def test_another_place_is_applied_not_set():
    assert pull_secret_files(given(), None, namespace="hosted").notes[-1] == "oc apply -f pull-secret.yaml"
    assert "oc set data secret/pull-secret -n openshift-config" in pull_secret_files(given(), None).notes[-1]


def test_the_installer_takes_every_entry():
    with pytest.raises(ConfigError, match=r"ghcr\.io has no auth"):
        pull_secret_files(given(), PullSecret({"auths": {"ghcr.io": {"credsStore": "x"}}}))


def test_a_registry_without_credentials_is_told():
    with pytest.raises(HostError, match=REGISTRIES[1]):
        pull_secret_files(given(auths={REGISTRIES[0]: entry("a", "b")}), None)
