"""The site's boot images, and which of them assisted-service is told of: rows E2 and G1."""

import pytest

from bootstrap.cluster.assisted.os_images import OsImage, read_os_images, wanted
from bootstrap.cluster.given import MirroredRelease
from bootstrap.errors import ConfigError
from tests.cluster.ledgers import CA

GOOD = """\
base_url: https://web1.example.com:8443/images/
images:
  - release: 4.20.9
    architecture: x86_64
    version: 9.6.20251023-0
    iso: 4.20.9/rhcos-live-iso.x86_64.iso
    rootfs: 4.20.9/rhcos-live-rootfs.x86_64.img
  - {release: 4.20.9, architecture: aarch64, version: 9.6.20251023-0, iso: rhcos.aarch64.iso}
"""


@pytest.fixture
def read(tmp_path):
    """Read a text as the file."""

    def read(text):
        (tmp_path / "os-images.yaml").write_text(text)
        return read_os_images(tmp_path / "os-images.yaml")

    return read


def test_a_file_is_read_with_whole_urls_and_assisted_services_architectures(read):
    found = read(GOOD)
    assert found.images == (
        OsImage(
            "4.20.9",
            "x86_64",
            "9.6.20251023-0",
            "https://web1.example.com:8443/images/4.20.9/rhcos-live-iso.x86_64.iso",
        ),
        OsImage(
            "4.20.9", "arm64", "9.6.20251023-0", "https://web1.example.com:8443/images/rhcos.aarch64.iso"
        ),
    )
    assert (found.is_tls, found.ca) == (True, "")
    assert not read(GOOD.replace("https", "http")).is_tls


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("https://web1", "ftp://web1", "base_url: ftp://web1.example.com:8443/images/ is no URL"),
        ("https://web1", "https://me:pw@web1", "is no URL of a directory"),
        ("release: 4.20.9", "release: 4.20", "images[0].release: it has to be a text, not the number 4.2"),
        ("release: 4.20.9", 'release: "4.20"', "images[0].release: '4.20' is not a version such as 4.20.9"),
        ("x86_64\n", "i386\n", "images[0].architecture: i386 is no architecture of RHCOS; there are x86_64,"),
        ("aarch64, v", "x86_64, v", "images: 4.20.9 for x86_64 is there twice"),
        ("version: 9.6.20251023-0", "version: latest", "images[0].version: latest is not a version of RHCOS"),
        ("4.20.9/rhcos-live-iso", "../../rhcos", "images[0].iso: ../../rhcos.x86_64.iso is not a path below"),
        ("iso.x86_64.iso", "iso.x86_64.img", "images[0].iso: 4.20.9/rhcos-live-iso.x86_64.img is no ISO"),
        ("    iso: 4.20.9/rhcos-live-iso.x86_64.iso\n", "", "images[0].iso: it is missing"),
        ("rootfs: 4", "rootfs: /4", "images[0].rootfs: /4.20.9/rhcos-live-rootfs.x86_64.img is not a path"),
        ("rootfs:", "rootFSUrl:", "images[0].rootFSUrl: there is no such key; known here: release"),
        ("base_url", "ca: rubbish\nbase_url", "ca: it is not a PEM file of certificates"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(read, before, after, said):
    assert before in GOOD
    with pytest.raises(ConfigError) as caught:
        read(GOOD.replace(before, after, 1))
    assert said in caught.value.why


def test_a_file_that_is_not_there_says_what_to_write(tmp_path):
    with pytest.raises(ConfigError) as caught:
        read_os_images(tmp_path / "os-images.yaml")
    assert "docs/assisted.md" in caught.value.fix


def test_the_certificate_authority_of_the_web_server_is_read(read):
    text = "ca: |\n" + "".join(f"  {line}\n" for line in CA.splitlines())
    assert read(text + GOOD).ca == CA


def release(version, architecture):
    return MirroredRelease(version, architecture, "", "")


def image(version, architecture, rhcos):
    return OsImage(version, architecture, rhcos, f"https://web/{version}/{architecture}.iso")


def asked(images, version, architecture):
    """Return the image that assisted-service takes.

    Source: internal/versions/osimages.go, GetOsImage: the whole version, then its first two numbers, then the
    latest that begins with these.
    """
    of_architecture = [each for each in images if each[1].architecture == architecture]
    minor = ".".join(version.split(".")[:2])
    for key in (version, minor):
        for name, each in of_architecture:
            if name == key:
                return each
    raise AssertionError(f"{version} {architecture} would get the image of another release")


def test_e2_each_mirrored_release_and_architecture_boots_the_rhcos_that_belongs_to_it():
    releases = [
        release("4.21.0-rc.1", "amd64"),
        release("4.20.9", "multi"),
        release("4.20.8", "amd64"),
        release("4.20.7", "amd64"),
        release("4.19.3", "arm64"),
    ]
    images = [
        image("4.21.0-rc.1", "x86_64", "9.8.1-0"),
        image("4.20.9", "x86_64", "9.6.2-0"),
        image("4.20.9", "arm64", "9.6.2-0"),
        image("4.20.8", "x86_64", "9.6.2-0"),
        image("4.20.7", "x86_64", "9.6.1-0"),
        image("4.19.3", "arm64", "9.6.0-0"),
        image("4.19.3", "x86_64", "9.6.0-0"),
        image("4.1.1", "x86_64", "1.1-0"),
    ]
    found, problems = wanted(images, releases)
    assert problems == []
    assert [(version, each.architecture) for version, each in found] == [
        ("4.21", "x86_64"),
        ("4.20", "arm64"),
        ("4.20", "x86_64"),
        ("4.20.7", "x86_64"),
        ("4.19", "arm64"),
    ]
    for each in images[:6]:
        assert asked(found, each.release, each.architecture).version == each.version


def test_e2_every_release_without_an_image_is_named():
    releases = [release("4.20.9", "multi"), release("4.20.8", "arm64"), release("4.20.7", "amd64")]
    found, problems = wanted(
        [image("4.20.8", "x86_64", "9.6.2-0"), image("4.20.7", "x86_64", "9.6.1-0")], releases
    )
    assert [problem.what.rpartition("release ")[2] for problem in problems] == [
        "4.20.9 (multi)",
        "4.20.8 (arm64)",
    ]
    assert [version for version, _ in found] == ["4.20"]
