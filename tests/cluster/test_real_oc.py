"""The real oc reads our mirror sets: it converts them alike, and finds images where they lead."""

import json
import shutil
import socket

import pytest

from bootstrap import process
from bootstrap.cluster.mirror_files import Form, mirror_files
from bootstrap.cluster.take_away import write
from bootstrap.credentials.pull_secret import entry as entry_of
from bootstrap.mirror.ledger import Ledger
from bootstrap.store.remote import RemoteStore
from tests.cluster import readers
from tests.cluster.ledgers import entry, given
from tests.fakes.images import make_image, push
from tests.fakes.registry import CREDENTIALS, FakeRegistry

pytestmark = [
    pytest.mark.real_oc,
    pytest.mark.skipif(shutil.which("oc") is None, reason="oc is not on PATH"),
]
SOURCE = "127.0.0.1:1/openshift-release-dev/ocp-release"  # nobody listens there


def test_oc_converts_our_policies_into_mirror_sets_of_the_same_meaning(tmp_path):
    files = mirror_files(given(), [Form.CLUSTER, Form.ICSP]).files
    (tmp_path / "icsp.yaml").write_text(files["icsp.yaml"])
    process.run(
        ["oc", "adm", "migrate", "icsp", str(tmp_path / "icsp.yaml"), "--dest-dir", str(tmp_path / "out")]
    )
    (converted,) = (tmp_path / "out").iterdir()
    assert readers.of_objects(converted.read_text()) == readers.of_objects(files["idms.yaml"])


def test_oc_takes_a_directory_that_a_command_wrote_for_its_objects(tmp_path):
    write(tmp_path, mirror_files(given(), [Form.CLUSTER]), "resources mirror-sets")
    said = process.run(["oc", "label", "--local", "-f", str(tmp_path), "a=b", "-o", "name"])
    assert {line.partition("/")[0].partition(".")[0] for line in said.stdout.splitlines()} == {
        "imagedigestmirrorset",
        "imagetagmirrorset",
    }


@pytest.fixture
def mirrored(tmp_path):
    """An image of a release in the second of two registries; the first is down."""
    image = make_image("release", layers=[{"etc/found": b"it is"}])
    with socket.socket() as closed, FakeRegistry() as registry:
        closed.bind(("127.0.0.1", 0))  # and nobody listens
        down = f"127.0.0.1:{closed.getsockname()[1]}"
        with registry.client() as client:
            push(RemoteStore(client), "openshift/release-images", image)
        images = [entry("release", f"{SOURCE}@{image.digest}", "openshift/release-images")]
        site = given(Ledger().with_images(images), registries=(down, registry.location))
        for name, text in mirror_files(site, [Form.CLUSTER, Form.ICSP]).files.items():
            (tmp_path / name).write_text(text)
        (tmp_path / "ca.crt").write_text(registry.ca_pem)
        auth = entry_of(CREDENTIALS.username, CREDENTIALS.password)
        (tmp_path / "auth.json").write_text(json.dumps({"auths": {registry.location: auth}}))
        yield f"{SOURCE}@{image.digest}"


def oc(directory, *words):
    trust = ["-a", str(directory / "auth.json"), "--certificate-authority", str(directory / "ca.crt")]
    return process.run(["oc", "image", *words, *trust], timeout_seconds=60, check=False)


def test_oc_finds_an_image_by_the_digest_of_its_source_though_the_first_registry_is_down(mirrored, tmp_path):
    found = oc(tmp_path, "info", mirrored, "--icsp-file", str(tmp_path / "icsp.yaml"), "-o", "json")
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout)["digest"] == mirrored.partition("@")[2]
    (tmp_path / "out").mkdir()
    words = ["extract", mirrored, "--path", f"/etc/:{tmp_path / 'out'}", "--idms-file"]
    found = oc(tmp_path, *words, str(tmp_path / "idms.yaml"))
    assert found.returncode == 0, found.stderr
    assert (tmp_path / "out/found").read_text() == "it is"


def test_without_mirror_sets_it_is_not_found(mirrored, tmp_path):
    assert oc(tmp_path, "info", mirrored).returncode != 0
