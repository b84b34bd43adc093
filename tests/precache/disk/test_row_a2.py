"""Row A2: a disk from a real registry with TLS and a password; skopeo and podman load what is on it."""

import os
import pickle
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap.errors import Denied, ExitCode
from tests.fakes.distribution import distribution, is_installed
from tests.fakes.images import make_image, multi_arch, noise
from tests.precache.disk.world import Mirror, blob, content, fill, layers, sums, unpacked, wants

pytestmark = pytest.mark.skipif(not is_installed(), reason="docker-registry is not installed")

NAMED = ("registry.redhat.io/a/oci:v1", "registry.redhat.io/a/docker:v1", "registry.redhat.io/a/index:v1")
# A run of its own that is killed when the registry has given so many blobs.
KILLED = """
import os, pickle, signal, sys, threading
from pathlib import Path
from bootstrap.precache.disk.store import DiskStore
from tests.precache.disk.world import fill
given, site, form = pickle.load(sys.stdin.buffer)
real, written, one_by_one = DiskStore._write, [], threading.Lock()
def write(self, path, chunks):
    def last():
        for chunk in chunks:
            if len(written) == 5:
                os.kill(os.getpid(), signal.SIGKILL)
            yield chunk
    with one_by_one:
        real(self, path, last())
        written.append(path)
DiskStore._write = write
fill(given, Path(sys.argv[1]), site=site, form=form)
"""


@pytest.fixture(scope="module")
def mirror(tmp_path_factory):
    """A registry with a release of two images, and an OCI image, a Docker one and an index."""
    with distribution(tmp_path_factory.mktemp("registry")) as running, running.client() as client:
        found = Mirror(running.location, client, running.ca_file.read_text(), running.credentials)
        found.digests = found.release()
        for name, image in zip(
            NAMED,
            (
                make_image("oci", layers=[{"file": noise("oci", 200_000)}, {"b": b"1"}]),
                make_image("docker", docker=True),
                multi_arch("index"),
            ),
            strict=True,
        ):
            found.digests[name] = found.image(name, image)
        yield found


SITE = wants(*NAMED)


@pytest.mark.parametrize("form", ["layout", "tgz"])
def test_row_a2_a_second_run_is_byte_for_byte_the_same(mirror, tmp_path, form):
    fill(mirror.given(), tmp_path / "one", site=SITE, form=form)
    fill(mirror.given(), tmp_path / "two", site=SITE, form=form, parallel=1)
    first = content(tmp_path / "one")
    assert content(tmp_path / "two") == first
    assert not fill(mirror.given(), tmp_path / "one", site=SITE, form=form).is_changed
    assert content(tmp_path / "one") == first
    told, found = sums(tmp_path / "one")
    assert told == found


@pytest.mark.parametrize("form", ["layout", "tgz"])
def test_row_a2_what_is_truncated_is_seen_and_fetched_again(mirror, tmp_path, form):
    fill(mirror.given(), tmp_path, site=SITE, form=form)
    before = content(tmp_path)
    name = "oci_v1.tgz"
    if form == "layout":
        root = blob(tmp_path, mirror.digests[NAMED[0]])
        name = f"blobs/sha256/{layers(root.read_bytes())[1]}"
    os.truncate(tmp_path / name, len(before[name]) - 1)
    assert fill(mirror.given(), tmp_path, site=SITE, form=form).damaged == (tmp_path / name,)
    assert content(tmp_path) == before
    # Its size is right, and its bytes are not: seen where it is asked for.
    (tmp_path / name).write_bytes(before[name][:-1000] + bytes(1000))
    assert fill(mirror.given(), tmp_path, site=SITE, form=form).damaged == ()
    assert fill(mirror.given(), tmp_path, site=SITE, form=form, verify=True).damaged == (tmp_path / name,)
    assert content(tmp_path) == before


@pytest.mark.parametrize("form", ["layout", "tgz"])
def test_row_a2_after_kill_9_the_next_run_completes_and_fetches_only_what_is_missing(mirror, tmp_path, form):
    disk = tmp_path / "disk"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(disk)],
        input=pickle.dumps((mirror.given(), SITE, form)),
        cwd=Path(__file__).parents[3],
    )
    assert done.returncode == -signal.SIGKILL
    assert list(disk.rglob("*.partial"))
    assert not list(disk.glob("*.txt"))
    built = fill(mirror.given(), disk, site=SITE, form=form, rm_stale=True)
    assert built.was_unfinished
    other = fill(mirror.given(), tmp_path / "other", site=SITE, form=form)
    assert content(disk) == content(tmp_path / "other")
    assert built.blobs_copied == other.blobs_copied - 5


@pytest.mark.parametrize("form", ["layout", "tgz"])
def test_row_a2_a_wrong_password_is_an_error_and_leaves_no_file(mirror, tmp_path, form):
    with pytest.raises(Denied) as error:
        fill(mirror.given(password="wrong"), tmp_path / "disk", site=SITE, form=form)
    assert error.value.exit_code is ExitCode.REGISTRY
    assert not (tmp_path / "disk").exists()


@pytest.mark.skipif(shutil.which("podman") is None, reason="podman is not installed")
@pytest.mark.skipif(os.geteuid() != 0, reason="containers-storage without root needs a user namespace")
@pytest.mark.parametrize("form", ["layout", "tgz"])
def test_row_a2_skopeo_loads_every_image_from_it_and_podman_finds_it_by_its_digest(mirror, tmp_path, form):
    disk = tmp_path / "disk"
    fill(mirror.given(), disk, site=SITE, form=form)
    storage = tmp_path / "storage.conf"
    storage.write_text(
        f'[storage]\ndriver = "vfs"\nrunroot = "{tmp_path}/run"\ngraphroot = "{tmp_path}/graph"\n'
    )
    run = {"check": True, "env": {**os.environ, "CONTAINERS_STORAGE_CONF": str(storage)}, "text": True}
    policy = tmp_path / "policy.json"
    policy.write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
    listed = [line.split() for line in (disk / "images.txt").read_text().splitlines()]
    for spec, _, path in listed:
        directory = disk / path
        if form == "tgz":
            for name, data in unpacked(disk / path).items():
                (tmp_path / name).parent.mkdir(exist_ok=True)
                (tmp_path / name).write_bytes(data)
            directory = tmp_path / path.removesuffix(".tgz")
        source, target = f"dir:{directory}", f"containers-storage:{spec}"
        subprocess.run(["skopeo", "--policy", policy, "copy", "-q", source, target], **run)
        subprocess.run(["podman", "image", "exists", spec], **run)
    asked = ["podman", "images", "--digests", "--no-trunc", "--format", "{{.Digest}}"]
    found = subprocess.run(asked, stdout=subprocess.PIPE, **run).stdout.split()
    assert sorted(found) == sorted(digest for _, digest, _ in listed)
