"""A client with what we generate and nothing else, its route to the source cut: row F4, a whole release."""

import hashlib
import json

import pytest
import yaml

from bootstrap.cluster.mirror_files import DROP_IN, Form, mirror_files
from bootstrap.cluster.pull_secret_files import pull_secret_files
from bootstrap.cluster.trust_files import trust_files
from bootstrap.sandbox.release import ReleaseSpec
from bootstrap.site.load import load_site
from bootstrap.workflow.given import given_of
from bootstrap.workflow.trust import raise_unverified

pytestmark = pytest.mark.sandbox
COMPONENTS = "quay.io/openshift-release-dev/ocp-v4.0-art-dev"


class Client:
    """A host that has never heard of the site, set up from our files as a node is from its objects."""

    def __init__(self, lab):
        self.lab, self.host = lab, lab.sandbox.host("visitor")
        self.given = given_of(load_site(lab.inventory))
        raise_unverified(self.given)  # as `resources trust` does first
        self.put("/root/pull-secret.json", pull_secret_files(self.given, None).files["pull-secret.json"])
        (cas,) = yaml.safe_load_all(trust_files(self.given).files["registry-ca.yaml"])
        for key, pem in cas["data"].items():
            if ".." in key:  # as cluster-image-registry-operator does
                self.put(f"/etc/containers/certs.d/{key.replace('..', ':')}/ca.crt", pem)
        self.registries_conf(blocked=False)

    def registries_conf(self, *, blocked):
        found = mirror_files(self.given, [Form.REGISTRIES_CONF], blocked=blocked)
        self.put(DROP_IN, found.files["registries.conf"])

    def put(self, path, text):
        target = self.host.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def pull(self, *images, auth="/root/pull-secret.json"):
        """Return how podman ends."""
        words = ["podman", "pull", "--quiet", "--authfile", auth, *images]
        return self.host.run(words, check=False, timeout_seconds=300)


@pytest.fixture(scope="module")
def upstream(lab, up):
    """The source's addresses."""
    return lab.sandbox.host("upstream").own_addresses


@pytest.fixture(scope="module")
def client(lab, up, upstream):
    host = lab.sandbox.host("visitor")
    hosts = (host.root / "etc/hosts").read_text()
    (host.root / "etc/hosts").write_text(hosts + "".join(f"{each} quay.io\n" for each in upstream))
    assert can_reach_source(host)
    for each in upstream:
        host.run(["ip", "route", "add", "unreachable", each])
    try:
        yield Client(lab)
    finally:
        for each in upstream:
            host.run(["ip", "route", "del", "unreachable", each])
        (host.root / "etc/hosts").write_text(hosts)
        host.run(["rm", "-rf", DROP_IN, "/etc/containers/certs.d", "/root/pull-secret.json"])
        host.run(["podman", "rmi", "--all", "--force"])


def can_reach_source(host):
    script = "import socket; socket.create_connection(('quay.io', 443), 5)"
    return host.run(["python3", "-c", script], check=False).returncode == 0


@pytest.fixture(scope="module")
def images(lab, up):
    """The ledger's images of one release."""
    ledger = lab.sandbox.host("registry1").root / "var/lib/bootstrap-registry/ledger/ledger.json"
    known = json.loads(ledger.read_text())["images"]
    version = next(each["release"] for each in known if each["kind"] == "release")
    return [each for each in known if each["release"] == version and each["kind"] in ("release", "component")]


def test_f4_every_image_of_a_release_comes_by_the_digest_of_its_source_from_the_mirror(client, images):
    assert not can_reach_source(client.host)
    specs = [f"{each['source'].partition('@')[0].partition(':')[0]}@{each['digest']}" for each in images]
    assert len(specs) > ReleaseSpec().components
    assert all(spec.startswith("quay.io/") for spec in specs)
    done = client.pull(*specs)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) == len(specs)


def test_l3_a_release_has_the_tags_that_oc_gives_it_and_under_them_what_its_digests_name(client, images):
    version = images[0]["release"]
    for each in images:
        assert each["tag"] == "-".join(filter(None, [version, "x86_64", each["component"]]))
    for kind in ("release", "component"):
        each = next(each for each in images if each["kind"] == kind)
        name = f"docker://{client.lab.location}/{each['destination']}:{each['tag']}"
        words = ["skopeo", "inspect", "--raw", "--authfile", "/root/pull-secret.json", name]
        found = hashlib.sha256(client.host.run(words).stdout.encode()).hexdigest()
        assert f"sha256:{found}" == each["digest"]


def test_f4_by_tag_it_is_refused_where_digests_only_are_mirrored_and_comes_where_tags_are(client, images):
    release = next(each for each in images if each["kind"] == "release")
    component = next(each for each in images if each["kind"] == "component")
    by_tag = client.pull(f"quay.io/openshift-release-dev/ocp-release:{release['tag']}")
    assert by_tag.returncode == 0, by_tag.stderr
    refused = client.pull(f"{COMPONENTS}:{component['tag']}")  # the mirror has this very tag
    assert refused.returncode != 0
    assert client.lab.location not in refused.stderr, "the mirror is not even asked"


def test_f4_without_credentials_it_is_refused_and_with_those_of_a_namespace_it_comes(client, images):
    spec = f"{COMPONENTS}@{next(each['digest'] for each in images if each['kind'] == 'component')}"
    client.host.run(["podman", "rmi", "--all", "--force"])
    client.put("/root/none.json", '{"auths": {}}')
    refused = client.pull(spec, auth="/root/none.json")
    assert refused.returncode != 0
    assert "authentication required" in refused.stderr or "unauthorized" in refused.stderr
    one = {f"{client.lab.location}/openshift": client.given.auths[client.lab.location]}
    client.put("/root/none.json", json.dumps({"auths": one}))
    assert client.pull(spec, auth="/root/none.json").returncode == 0
    client.host.run(["rm", "/root/none.json"])


def test_f4_where_the_source_is_blocked_digests_come_still_and_tags_say_that_it_is_blocked(client, images):
    client.registries_conf(blocked=True)
    client.host.run(["podman", "rmi", "--all", "--force"])
    component = next(each for each in images if each["kind"] == "component")
    done = client.pull(f"{COMPONENTS}@{component['digest']}")
    assert done.returncode == 0, done.stderr
    refused = client.pull(f"{COMPONENTS}:{component['tag']}")
    assert refused.returncode != 0
    assert "blocked" in refused.stderr
