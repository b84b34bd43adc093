"""A site, a ledger and a user's file, from which hosted clusters are rendered."""

import base64
import functools
from dataclasses import replace

import yaml
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bootstrap.cluster.hosted.bundle import bundle
from bootstrap.cluster.hosted.read import read_file
from tests.cluster.ledgers import REGISTRIES, entry, full, given
from tests.fakes.tls import Authority

OPERATOR = "sha256:" + "7" * 64
KEY = bytes(range(32))
INDEXES = ("certified-operator", "community-operator", "redhat-marketplace", "redhat-operator")
NETWORKS = {
    "ipv4": {"family": "ipv4", "machineNetwork": ["192.0.2.0/24"]},
    "ipv6": {"family": "ipv6", "machineNetwork": ["2001:db8:1::/64"]},
    "dual": {"family": "dual", "machineNetwork": ["192.0.2.0/24", "2001:db8:1::/64"]},
}


@functools.cache
def ssh_key():
    public = ed25519.Ed25519PrivateKey.generate().public_key()
    return public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode() + " me@example.com"


@functools.cache
def authority():
    return Authority()


def ledger(indexes=INDEXES, tag="v4.20", operator=True):
    """A ledger of release 4.20.1 and of catalogs."""
    images = [
        entry(
            "catalog",
            f"registry.redhat.io/redhat/{index}-index:v4.20",
            f"redhat/{index}-index",
            tag=tag,
            digest="sha256:" + str(number) * 64,
        )
        for number, index in enumerate(indexes)
    ]
    if operator:
        source = f"quay.io/openshift-release-dev/ocp-v4.0-art-dev@{OPERATOR}"
        component = entry(
            "component", source, "openshift/release", tag="4.20.1-x86_64-hypershift", digest=OPERATOR
        )
        images.append(replace(component, component="hypershift", release="4.20.1", architecture="amd64"))
    held = full()
    rest = tuple(each for each in held.images if each.kind != "catalog")
    return replace(held, images=rest).with_images(images)


def of_site(held=None, **changed):
    """What the site gives, with certificates to trust."""
    return given(held or ledger(), trust=dict.fromkeys(REGISTRIES, authority().pem), **changed)


def host(number, **changed):
    address = f"redfish-virtualmedia://192.0.2.{number % 200 + 10}:{8000 + number}/redfish/v1/Systems/1"
    return {
        "name": f"worker{number}",
        "bootMACAddress": f"52:54:00:00:{number // 256:02x}:{number % 256:02x}",
        "bmc": {"address": address},
        **changed,
    }


def document(family="ipv4", hosts=2, **changed):
    """A user's file, as data."""
    return {
        "name": "hosted",
        "baseDomain": "example.com",
        "sshKey": ssh_key(),
        "networking": NETWORKS[family],
        "bmc": {"username": "deploy", "password": "correct horse battery"},
        "hosts": [host(number) for number in range(hosts)] if isinstance(hosts, int) else hosts,
        **changed,
    }


def written(tmp_path, text):
    """Write a user's file as a careful user does."""
    path = tmp_path / "hosted-cluster.yaml"
    path.touch(mode=0o600)
    path.write_text(text if isinstance(text, str) else yaml.safe_dump(text))
    return path


def rendered(tmp_path, data=None, site=None):
    """The take-away of a user's file."""
    spec = read_file(written(tmp_path, data or document()))
    return bundle(spec, site or of_site(), lambda: KEY)


def objects(made, without=("80-scale", "90-catalogs")):
    """The objects of a take-away, in the order of application."""
    return [
        item
        for name, text in made.files.items()
        if name.endswith(".yaml") and not name.endswith("kustomization.yaml") and not name.startswith(without)
        for item in yaml.load_all(text, yaml.CSafeLoader)
    ]


def only(made, kind):
    (item,) = [each for each in objects(made) if each["kind"] == kind]
    return item


def decoded(item):
    return {key: base64.b64decode(value) for key, value in item["data"].items()}
