"""The measurements of disks still run: on tiny releases, with no word about how long it takes."""

import pytest

from bench import disk
from tests.fakes.distribution import is_installed

pytestmark = pytest.mark.skipif(not is_installed(), reason="docker-registry is not installed")


def test_every_bound_of_a_disk_is_measured(monkeypatch):
    said = []
    monkeypatch.setattr(disk, "_say", said.append)
    monkeypatch.setattr(disk.shutil, "which", lambda _: None)  # others' tools are not ours to test
    disk.main(["--pairs", "1"], disk.TINY)
    text = "\n".join(said)
    assert all(words in text for words in ("limit / ours:", "bound 0.8", "nothing new:", "(tgz) / ours:"))
    assert "skopeo is not on PATH: left out" in text
