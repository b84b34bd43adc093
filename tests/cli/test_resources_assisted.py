"""``resources assisted`` as a user types it."""

from pathlib import Path

from bootstrap.errors import ExitCode

IMAGES = """\
base_url: https://web1.example.com:8443
images: [{release: 4.20.1, architecture: x86_64, version: 9.6.20251023-0, iso: rhcos.iso}]
"""


def test_the_sites_boot_images_are_found_in_its_artifacts_and_the_files_written_in_order(lab):
    lab.run("assisted", "--offline", code=ExitCode.CONFIG)  # there are none yet
    lab.site.artifacts.mkdir(parents=True)
    (lab.site.artifacts / "os-images.yaml").write_text(IMAGES)
    said = lab.run("assisted", "--offline", "--storage-class", "lvms-vg1", "--out", "hub")
    names = ["01-multicluster-engine", "02-provisioning", "03-config-maps", "04-agent-service-config"]
    names += ["05-cluster-image-sets", "06-hypershift-flags"]
    assert [line.split()[0] for line in said.splitlines()[1:7]] == [f"{name}.yaml" for name in names]
    text = Path("hub/04-agent-service-config.yaml").read_text()
    assert "url: https://web1.example.com:8443/rhcos.iso\n" in text
    assert text.count("storageClassName: lvms-vg1\n") == 3


def test_another_file_and_sizes_can_be_named(lab):
    Path("mine.yaml").write_text(IMAGES)
    said = lab.run("assisted", "--offline", "--os-images", "mine.yaml", "--image-storage", "100Gi")
    assert "storage: 100Gi\n" in said
    lab.run(
        "assisted", "--offline", "--os-images", "mine.yaml", "--image-storage", "9Gi", code=ExitCode.CONFIG
    )


def test_g2_what_the_hub_would_trust_has_to_verify_each_registry_first(lab, monkeypatch):
    asked = []
    monkeypatch.setattr("bootstrap.cli.resources_assisted.raise_unverified", asked.append)
    Path("mine.yaml").write_text(IMAGES)
    lab.run("assisted", "--offline", "--os-images", "mine.yaml")
    assert asked == []
    lab.run("assisted", "--os-images", "mine.yaml")
    assert [given.registries for given in asked] == [
        ("registry1.example.com:5000", "registry2.example.com:5000")
    ]
