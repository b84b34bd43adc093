"""The bare hosts' image and packages: both there or none, and what is there is taken."""

import pytest

from bootstrap.errors import HostError
from bootstrap.sandbox import bare, image


def silent(_message):
    """Nobody listens."""


def test_the_bare_host_lacks_what_the_registry_needs():
    assert {"podman", "crun", "gpgv", "ca-certificates", "firewalld", "python3-apt"} <= set(bare.LACKED)
    assert not set(bare.LACKED) & set(bare.PACKAGES)
    assert set(bare.PACKAGES) <= set(image.PACKAGES)


def test_image_and_packages_are_made_together_once(tmp_path, monkeypatch):
    builds = []

    def build(path, packages, progress, *hooks):
        builds.append(packages)
        path.write_bytes(b"image")

    monkeypatch.setattr(image, "build", build)
    made = bare.bare_image(silent, cache=tmp_path)
    assert made == bare.bare_image(silent, cache=tmp_path)
    assert builds == [bare.PACKAGES]
    assert made.image.exists()
    assert made.debs.is_dir()


def test_a_failed_build_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(HostError, match="mmdebstrap"):
        bare.bare_image(silent, cache=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]
