"""What a web server is to have, and what it tells of itself: row E2."""

from dataclasses import replace

import pytest
import yaml

from bootstrap.cluster.assisted.os_images import OsImage, read_os_images
from bootstrap.cluster.boot_images import SOURCE, Booted, os_images, wanted
from bootstrap.cluster.given import MirroredRelease
from bootstrap.errors import ConfigError
from bootstrap.release.boot_images import BootImage
from tests.cluster.ledgers import CA


def image(architecture, artifact, part, version="9.6.1-0", name=None):
    url = f"{SOURCE}/prod/{version}/{architecture}/{name or part}"
    return BootImage(architecture, artifact, part, version, url, part[0].encode().hex() * 32)


def booted(version, *images, architecture="amd64"):
    return Booted(MirroredRelease(version, architecture, "sha256:" + "a" * 64, "quay.io/a@sha256:b"), images)


def files(architecture, version="9.6.1-0"):
    return (
        image(architecture, "metal/iso", "disk", version, "live.iso"),
        *(image(architecture, "metal/pxe", part, version) for part in ("kernel", "rootfs", "initramfs")),
    )


def test_releases_of_one_build_share_their_files():
    found = wanted([booted("4.20.9", *files("x86_64")), booted("4.20.8", *files("x86_64"))], "")
    assert [each["path"] for each in found] == [
        f"9.6.1-0/x86_64/{name}" for name in ("initramfs", "kernel", "live.iso", "rootfs")
    ]


def test_another_place_to_fetch_from_stands_in_for_the_usual_one_alone():
    here = image("x86_64", "metal/iso", "disk", name="live.iso")
    away = replace(here, url="https://example.com/other.iso")
    found = wanted([booted("4.20.9", here, away)], "https://files.example.com/rhcos/")
    assert [each["url"] for each in found] == [
        "https://files.example.com/rhcos/prod/9.6.1-0/x86_64/live.iso",
        "https://example.com/other.iso",
    ]


def test_one_path_with_two_checksums_is_refused():
    one = image("x86_64", "metal/iso", "disk", name="live.iso")
    with pytest.raises(ConfigError) as caught:
        wanted([booted("4.20.9", one), booted("4.20.8", replace(one, sha256="b" * 64))], "")
    assert "9.6.1-0/x86_64/live.iso has the SHA-256 bbbb" in caught.value.why


def test_e2_every_architecture_of_every_release_is_told_once_with_its_files():
    releases = [
        booted("4.20.9", *files("x86_64", "9.6.2-0"), *files("aarch64", "9.6.2-0"), architecture="multi"),
        booted("4.20.9", *files("x86_64", "9.6.2-0")),
        booted("4.20.8", *files("x86_64")),
    ]
    told = yaml.safe_load(os_images(releases, "https://web1.example.com:8443", CA))
    assert (told["base_url"], told["ca"]) == ("https://web1.example.com:8443", CA)
    assert told["images"] == [
        {
            "release": release,
            "architecture": architecture,
            "version": version,
            "iso": f"{version}/{architecture}/live.iso",
            **{name: f"{version}/{architecture}/{name}" for name in ("rootfs", "kernel", "initramfs")},
        }
        for release, architecture, version in [
            ("4.20.9", "aarch64", "9.6.2-0"),
            ("4.20.9", "x86_64", "9.6.2-0"),
            ("4.20.8", "x86_64", "9.6.1-0"),
        ]
    ]


def test_e2_what_is_told_is_what_an_agent_service_config_is_made_of(tmp_path):
    releases = [booted("4.20.9", *files("x86_64", "9.6.2-0")), booted("4.20.8", *files("x86_64"))]
    (tmp_path / "os-images.yaml").write_text(os_images(releases, "https://[2001:db8::7]:8443", CA))
    read = read_os_images(tmp_path / "os-images.yaml")
    base = "https://[2001:db8::7]:8443"
    assert read.images == (
        OsImage("4.20.9", "x86_64", "9.6.2-0", f"{base}/9.6.2-0/x86_64/live.iso"),
        OsImage("4.20.8", "x86_64", "9.6.1-0", f"{base}/9.6.1-0/x86_64/live.iso"),
    )
    assert (read.ca, read.is_tls) == (CA, True)


def test_the_same_input_gives_the_same_bytes():
    releases = [booted("4.20.9", *files("x86_64"))]
    assert os_images(releases, "https://a", CA) == os_images(releases, "https://a", CA)
    assert os_images([booted("4.20.9")], "https://a", CA).endswith("images: []\n")
