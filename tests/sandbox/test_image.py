"""The hosts' image: built when it is missing, and only then."""

import threading

import pytest

from bootstrap.errors import HostError
from bootstrap.sandbox import image as subject
from bootstrap.sandbox.image import SUITE, image, recipe_hash


def silent(_message):
    """Nobody listens."""


def test_a_cached_image_is_taken_without_a_build(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    path = tmp_path / f"host-{SUITE}-{recipe_hash()}.tar.zst"
    path.write_bytes(b"image")
    assert image(silent, cache=tmp_path) == path


def test_another_recipe_is_another_image(monkeypatch):
    before = recipe_hash()
    monkeypatch.setattr(subject, "PACKAGES", (*subject.PACKAGES, "nano"))
    assert recipe_hash() != before


def test_without_mmdebstrap_the_package_is_named_and_nothing_is_left(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(HostError, match="apt-get install mmdebstrap"):
        image(silent, cache=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_two_at_once_build_once(tmp_path, monkeypatch):
    builds, is_building, may_end = [], threading.Event(), threading.Event()

    def build(path, progress):
        builds.append(path)
        is_building.set()
        assert may_end.wait(10)
        path.write_bytes(b"image")

    monkeypatch.setattr(subject, "_build", build)
    said, found = [], []

    def second(message):
        said.append(message)
        may_end.set()

    first = threading.Thread(target=lambda: found.append(image(silent, cache=tmp_path)))
    first.start()
    assert is_building.wait(10)
    found.append(image(second, cache=tmp_path))
    first.join(10)
    assert len(builds) == 1
    assert found[0] == found[1]
    assert "waiting" in said[0]


def test_the_cache_is_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert subject.cache_dir() == tmp_path / "bootstrap-registry"
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert str(subject.cache_dir()) == "/home/somebody/.cache/bootstrap-registry"
