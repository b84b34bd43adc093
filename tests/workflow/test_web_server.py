"""From the mirror's own release images to what web servers have, and to os-images.yaml."""

import json
from types import SimpleNamespace

import pytest
import yaml

from bootstrap.credentials.pull_secret import entry as entry_of
from bootstrap.host.playbook import PlaybookResult
from bootstrap.mirror.layout import RELEASE_IMAGES
from bootstrap.release.payload import BOOT_IMAGES
from bootstrap.sandbox import documents
from bootstrap.site.model import Connection, Host, Site
from bootstrap.site.state import State
from bootstrap.store.remote import RemoteStore
from bootstrap.workflow import web_server
from bootstrap.workflow.progress import Silent
from tests.cluster.ledgers import CA
from tests.fakes.images import push
from tests.fakes.registry import CREDENTIALS, FakeRegistry
from tests.release.releases import release_image

STREAM = documents.release_files(
    "4.20.9", previous=(), architecture="amd64", components={}, disks={"x86_64": "a@b", "aarch64": "c@d"}
)[BOOT_IMAGES]


@pytest.fixture
def played(tmp_path, monkeypatch):
    """A site with a registry that holds a release, and a web server whose playbook is only noted down."""
    image = release_image("4.20.9", {}, files={BOOT_IMAGES: STREAM})
    with FakeRegistry() as fake, fake.client() as client:
        push(RemoteStore(client), RELEASE_IMAGES, image, tag="4.20.9-x86_64")
        name, _, port = fake.location.rpartition(":")
        settings = {
            "registry_service_hostname": name,
            "registry_service_port": int(port),
            "web_server_hostname": "2001:db8::7",
            "web_server_port": 8443,
            "web_server_artifacts": ["metal/iso", "metal/pxe"],
            "web_server_source_url": "https://files.example.com",
        }
        host = Host("one", ("registry", "web_server"), settings, Connection("local", "one"))
        state = State(tmp_path / "state")
        for path, text in ((state.trust("one"), fake.ca_pem), (state.trust("one.web_server"), CA)):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"# 社内の認証局\n{text.rstrip()}", encoding="utf-8")  # as people keep theirs
        state.auth_file.parent.mkdir()
        auth = entry_of(CREDENTIALS.username, CREDENTIALS.password)
        state.auth_file.write_text(json.dumps({"auths": {fake.location: auth}}))
        site = Site("lab", tmp_path / "lab", tmp_path / "lab", state, (host,), host, web_servers=(host,))
        source = f"quay.io/openshift-release-dev/ocp-release@{image.digest}"
        ledger = {
            "images": [{"kind": "release", "digest": str(image.digest), "source": source}],
            "releases": [{"version": "4.20.9", "architecture": "amd64", "digest": str(image.digest)}],
        }
        ran = []

        def run(playbook, *_words, extra_vars, **_more):
            ran.append((playbook, extra_vars["web_server_boot_images"]))
            return PlaybookResult()

        monkeypatch.setattr(web_server, "run_playbook", run)
        monkeypatch.setattr(web_server, "ansible_environment", lambda _site: {})
        yield SimpleNamespace(site=site, ledger=ledger, ran=ran)


def test_the_boot_images_of_the_mirrored_release_are_handed_to_the_role_and_told(played):
    path = web_server.serve_boot_images(played.site, played.ledger, Silent())
    ((playbook, images),) = played.ran
    assert playbook == "boot_images"
    assert len(images) == 4
    assert all("/x86_64/" in each["path"] for each in images)  # the stream has aarch64, too
    assert all(each["url"].startswith("https://files.example.com/prod/") for each in images)
    told = yaml.safe_load(path.read_text())
    assert (told["base_url"], told["ca"]) == ("https://[2001:db8::7]:8443", CA)
    (image,) = told["images"]
    assert {each["path"] for each in images} == {
        image[key] for key in ("iso", "rootfs", "kernel", "initramfs")
    }


def test_without_a_web_server_nothing_is_asked_and_nothing_is_written(played):
    site = Site(*(getattr(played.site, each) for each in SITE))
    assert web_server.serve_boot_images(site, played.ledger, Silent()) is None
    assert (played.ran, site.artifacts.exists()) == ([], False)


SITE = ("name", "source", "inventory", "state", "registries", "mirror_host")
