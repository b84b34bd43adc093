"""Two hosts with registries that somebody made by hand, and sites of two controllers."""

from __future__ import annotations

import shutil

import pytest
import yaml

from bootstrap.sandbox.release import ReleaseSpec
from tests.e2e.adopt.by_hand import ByHand
from tests.e2e.lab import ROOT, Lab, make_lab
from tests.e2e.snapshot import differences, snapshot

IMAGE = "ubi9/ubi-micro:latest"  # in the image set
OTHER = "openshift-release-dev/ocp-release:4.20.9-x86_64"  # not in it: content of the user's own
IMAGE_SET = {
    "apiVersion": "mirror.openshift.io/v2alpha1",
    "kind": "ImageSetConfiguration",
    "mirror": {"additionalImages": [{"name": f"registry.redhat.io/{IMAGE}"}]},
}


@pytest.fixture(scope="session")
def lab():
    directory = ROOT / ".lab" / "adopt"
    content = ReleaseSpec(components=1, component_size=10_000)
    made = make_lab(directory, ("registry1", "registry2"), second_network=(), content=content)
    (made.inventory / "imageset.yaml").write_text(yaml.safe_dump(IMAGE_SET))
    yield made
    made.sandbox.destroy()
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
def another(lab):
    """Return a function that gives another controller's site of the same hosts, without any state."""

    def make(name, **registry2):
        site = lab.directory / name / "inventory"
        shutil.copytree(
            lab.inventory, site, ignore=lambda _directory, _names: {".bootstrap-registry"}, dirs_exist_ok=True
        )
        if registry2:
            hosts = {"registry": {"hosts": {"registry2": registry2}}}
            (site / "hosts.yml").write_text(yaml.safe_dump(hosts))
        return Lab(site.parent, lab.sandbox)

    return make


@pytest.fixture(scope="session")
def by_hand(lab):
    """The script's registry on registry1, with its unit, filled; the certificate is for a name of its own."""
    host = lab.sandbox.host("registry1")
    made = ByHand(lab, host, f"registry.{host.fqdn}")
    made.set_up()
    return made


@pytest.fixture(scope="session")
def digests(by_hand):
    """What was pushed into it, by repository and tag."""
    return {IMAGE: by_hand.fill(IMAGE, IMAGE), "team/app:1": by_hand.fill(OTHER, "team/app:1")}


@pytest.fixture(scope="session")
def host(lab):
    return lab.sandbox.host("registry1")


@pytest.fixture(scope="session")
def refused(lab, host, digests):
    """`up` without consent, and what changed on the host meanwhile."""
    before = snapshot(host)
    return lab.run("up", "--json"), differences(before, snapshot(host))


@pytest.fixture(scope="session")
def adopted(lab, host, refused):
    return lab.run("up", "--adopt", "--json")
