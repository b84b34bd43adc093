import pytest

from bootstrap.errors import Problems
from bootstrap.precache.spec import Operators, Package
from tests.fakes.catalogs import as_json, catalog_image, operator
from tests.fakes.images import make_image
from tests.precache.disk.world import fill, specs, wants

INDEX = "registry.redhat.io/redhat/redhat-operator-index:v4.20"
AGENT = "registry.redhat.io/multicluster-engine/assisted-installer-agent-rhel9"
REPORTER = "registry.redhat.io/multicluster-engine/assisted-installer-reporter-rhel9"


@pytest.fixture
def catalog(mirror):
    """A release, and a catalog of two packages; gives the images of the versions of one, the oldest first."""
    mirror.release()
    found = []
    for version in ("old", "new"):
        image = make_image(version)
        found.append(f"registry.redhat.io/ptp/ptp@{image.digest}")
        mirror.image(found[-1], image, kind="operator")
    objects = [*operator("ptp", {"1.0.0": found[:1], "1.1.0": found[1:]}), *operator("sriov", {"1.0.0": []})]
    for each in objects:  # each bundle has an image of its own
        if each["schema"] == "olm.bundle":
            bundle = make_image(each["name"])
            each["image"] = f"registry.redhat.io/{each['package']}/bundle@{bundle.digest}"
            each["relatedImages"][0]["image"] = each["image"]
            mirror.image(each["image"], bundle, kind="operator")
            mirror.bundles = {**getattr(mirror, "bundles", {}), each["name"]: each["image"]}
    mirror.image(INDEX, catalog_image({"configs/all.json": as_json(objects)}), kind="catalog")
    return found


def test_an_operator_brings_the_images_of_its_channels_head_its_bundle_and_the_catalog(
    mirror, catalog, tmp_path
):
    site = wants(operators=(Operators(INDEX, (Package("ptp"),)),))
    fill(mirror.given(), tmp_path, site=site)
    listed = specs(tmp_path, "ocp-images.txt")
    assert {INDEX, catalog[1], mirror.bundles["ptp.v1.1.0"]} <= set(listed)
    assert not {catalog[0], mirror.bundles["ptp.v1.0.0"], mirror.bundles["sriov.v1.0.0"]} & set(listed)
    assert INDEX not in specs(tmp_path, "ai-images.txt")


def test_operators_that_are_not_there_are_named_all_at_once(mirror, catalog, tmp_path):
    other = Operators("registry.redhat.io/redhat/other:v1", (Package("x"),))
    site = wants(operators=(Operators(INDEX, (Package("ptq"), Package("ptp", "beta"))), other))
    with pytest.raises(Problems) as error:
        fill(mirror.given(), tmp_path / "disk", site=site)
    text = str(error.value)
    assert "did you mean ptp?" in text
    assert "channel beta" in text
    assert "cannot use the catalog registry.redhat.io/redhat/other:v1" in text
    assert not (tmp_path / "disk").exists()


def test_images_of_the_assisted_installer_that_are_mirrored_come_by_themselves(mirror, tmp_path):
    mirror.release()
    agent, reporter = make_image("agent"), make_image("reporter")
    mirror.image(f"{AGENT}@{agent.digest}", agent, kind="operator")
    mirror.image(f"{REPORTER}@{reporter.digest}", reporter, kind="operator", repository="mine/reporter")
    fill(mirror.given(), tmp_path)
    early, late = specs(tmp_path, "ai-images.txt"), specs(tmp_path, "ocp-images.txt")
    assert {f"{AGENT}@{agent.digest}", f"{REPORTER}@{reporter.digest}"} <= set(early)
    assert f"{AGENT}@{agent.digest}" not in late
    assert f"{REPORTER}@{reporter.digest}" in late
