"""Names that a user gives are ones that an API server takes, or nothing is rendered."""

import pytest

from bootstrap.cluster.assisted.os_images import OsImage, OsImages
from bootstrap.cluster.assisted.render import assisted
from bootstrap.cluster.assisted.storage import Storage
from bootstrap.cluster.operator_files import update_service_files
from bootstrap.cluster.pull_secret_files import pull_secret_files
from bootstrap.cluster.trust_files import trust_files
from bootstrap.errors import ConfigError, Problems
from tests.cluster.ledgers import given

IMAGES = OsImages((OsImage("4.20.1", "x86_64", "9.6.2-0", "http://web1.example.com/rhcos.iso"),))


@pytest.mark.parametrize(
    ("option", "make"),
    [
        ("--config-map My_CM", lambda: trust_files(given(), config_map="My_CM")),
        ("--namespace a.b", lambda: pull_secret_files(given(), None, namespace="a.b")),
        ("--namespace ", lambda: pull_secret_files(given(), None, namespace="")),
        ("--name x_y", lambda: pull_secret_files(given(), None, name="x_y")),
        ("--namespace A", lambda: assisted(given(), IMAGES, namespace="A")),
        ("--storage-class a b", lambda: assisted(given(), IMAGES, Storage("a b"))),
        ("--catalog -cs", lambda: update_service_files(given(), catalog="-cs")),
    ],
)
def test_a_name_that_no_object_can_have_is_refused_with_its_option(option, make):
    with pytest.raises(ConfigError) as refused:
        make()
    assert refused.value.what == f"cannot use {option}"


def test_all_of_them_are_told_at_once():
    with pytest.raises(Problems) as refused:
        pull_secret_files(given(), None, namespace="A", name="B")
    assert len(refused.value.problems) == 2


def test_names_that_can_be_are_taken():
    trust_files(given(), config_map="registry.example.com-ca")
    pull_secret_files(given(), None, namespace="my-clusters", name="hosted.pull-secret")
    assisted(given(), IMAGES, Storage("lvms-vg1"), namespace="open-cluster-management")
