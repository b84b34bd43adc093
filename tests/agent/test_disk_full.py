"""A registry whose disk fills up in the middle of a run: a small file system of its own, made here."""

from __future__ import annotations

import os
import subprocess

import pytest

from bootstrap.errors import ExitCode
from bootstrap.mirror.survey import walk
from bootstrap.oci.manifest import Manifest
from bootstrap.store.remote import RemoteStore
from tests.agent.ground import IMAGES, playground
from tests.fakes.distribution import PROGRAM, is_installed

MEGABYTES = 900  # what a run asks to be free at least, and more

pytestmark = [
    pytest.mark.skipif(not is_installed(), reason=f"{PROGRAM} is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts"),
]


@pytest.fixture
def ground(tmp_path):
    data = tmp_path / "registry" / "data"
    data.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "full", str(data)], check=True)
    try:
        with playground(tmp_path) as made:
            yield made
    finally:
        subprocess.run(["umount", "--lazy", str(data)], check=True)


def _resize(ground, size: int | None) -> None:
    """Leave so many bytes free; None for all of them."""
    if size is None:
        option = f"size={MEGABYTES}m"
    else:
        seen = os.statvfs(ground.destination.data)
        option = f"size={(seen.f_blocks - seen.f_bfree) * seen.f_frsize + size}"
    subprocess.run(["mount", "-o", f"remount,{option}", str(ground.destination.data)], check=True)


def _whole_images(ground) -> int:
    """Return how many images have their tag; each has all that it names."""
    found = 0
    with ground.destination.client() as client:
        store = RemoteStore(client)
        for number in range(IMAGES):
            repository = f"team/app-{number}"
            tagged = store.manifest_exists(repository, "v1")
            if tagged is None:
                continue
            found += 1
            for manifest in walk(store, repository, tagged.digest):
                assert isinstance(manifest, Manifest)
                assert all(store.blob_exists(repository, blob) for blob in manifest.children())
    return found


def test_a_disk_that_fills_up_ends_the_run_for_that_reason_leaves_no_hole_and_goes_on_with_room(ground):
    ground.empty()
    # The largest blob comes first; by its middle the disk has room for some of the others, and not for it.
    fault = ground.source.faults.add("pause", "GET .*/blobs/", after=2_500_000)
    with ground.agent() as (run, child):
        assert fault.reached.wait(60)
        _resize(ground, 1_500_000)
        fault.release()
        assert child.wait(timeout=60) == ExitCode.HOST
    (failed,) = [event for event in ground.events(run) if event["event"] == "failed"]
    assert failed["why"].startswith(f"the disk of {ground.destination.location} is full: ")
    assert failed["fix"].startswith("free space there, and run the same command again")
    assert failed["exit_code"] == ExitCode.HOST
    assert _whole_images(ground) < IMAGES
    _resize(ground, None)
    assert [event["images"] for event in ground.end() if event["event"] == "verified"] == [IMAGES]
    assert _whole_images(ground) == IMAGES
