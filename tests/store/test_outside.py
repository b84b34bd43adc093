"""Known answers from outside: skopeo sees in a registry what we put there, and we what it put there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bootstrap.errors import DigestMismatch
from bootstrap.oci.descriptor import Descriptor
from bootstrap.oci.manifest import Index, parse_manifest
from bootstrap.process import run
from bootstrap.store.remote import RemoteStore
from tests.fakes.images import make_image, multi_arch, push

ROOT = Path(__file__).parents[2]


@pytest.fixture
def remote(real_registry):
    with closing(real_registry.client()) as client:
        yield RemoteStore(client)


@pytest.fixture
def skopeo(real_registry, tmp_path):
    """Run skopeo with the registry's CA and credentials, both from files."""
    auth_file = tmp_path / "auth.json"
    packed = real_registry.credentials.basic.partition(" ")[2]
    auth_file.write_text(json.dumps({"auths": {real_registry.location: {"auth": packed}}}))
    certificates = tmp_path / "certs"
    certificates.mkdir()
    (certificates / "ca.crt").symlink_to(real_registry.ca_file)

    def call(*arguments: str) -> str:
        return run(
            ["skopeo", *(each.format(certs=certificates, auth=auth_file) for each in arguments)]
        ).stdout

    return call


def test_skopeo_sees_the_digests_that_we_pushed(remote, skopeo, real_registry):
    image = make_image("skopeo sees", docker=True)
    push(remote, "outside/a", image, tag="v1")
    name = f"docker://{real_registry.location}/outside/a:v1"
    seen = json.loads(skopeo("inspect", "--cert-dir={certs}", "--authfile={auth}", name))
    layers = json.loads(image.raw)["layers"]
    assert seen["Digest"] == str(image.digest)
    assert seen["RepoTags"] == ["v1"]
    assert seen["Layers"] == [layer["digest"] for layer in layers]
    raw = skopeo("inspect", "--raw", "--cert-dir={certs}", "--authfile={auth}", name)
    assert raw.encode() == image.raw


@pytest.mark.parametrize("docker", [False, True], ids=["oci", "docker"])
def test_what_skopeo_copied_we_read_whole(remote, skopeo, real_registry, docker):
    index = multi_arch(("skopeo copies", docker), docker=docker)
    push(remote, "outside/source", index, tag="v1")
    target = f"outside/target-{docker}".lower()
    skopeo(
        "copy", "--all", "--src-cert-dir={certs}", "--dest-cert-dir={certs}", "--authfile={auth}",
        f"docker://{real_registry.location}/outside/source:v1",
        f"docker://{real_registry.location}/{target}:v1",
    )  # fmt: skip
    found = remote.resolve(target, "v1")
    assert found == index.descriptor
    parsed = parse_manifest(*remote.manifest(target, found.digest))
    assert isinstance(parsed, Index)
    for child in parsed.children():
        for blob in parse_manifest(*remote.manifest(target, child.digest)).children():
            with remote.open_blob(target, blob) as chunks:
                assert sum(map(len, chunks)) == blob.size


def test_a_failed_upload_leaves_at_most_what_the_registry_purges_by_itself(remote, real_registry):
    def stored():
        return {path for path in real_registry.data.rglob("data") if path.is_file()}

    before = stored()
    content = os.urandom(3_000_000)
    descriptor = Descriptor.of(content, "application/octet-stream")
    assert not remote.mount_blob("outside/cancelled", descriptor, "outside/a")
    with pytest.raises(DigestMismatch):
        remote.push_blob("outside/cancelled", descriptor, [b"short"])
    assert stored() == before
    with pytest.raises(ZeroDivisionError):
        remote.push_blob("outside/cancelled", descriptor, _failing(content))
    assert all("_uploads" in path.parts for path in stored() - before)
    assert not remote.blob_exists("outside/cancelled", descriptor)


def _failing(content):
    for start in range(0, len(content) - 500_000, 500_000):
        yield content[start : start + 500_000]
    raise ZeroDivisionError


STREAM = """
import sys
from bootstrap.errors import DigestMismatch
from bootstrap.oci.descriptor import Descriptor
from bootstrap.oci.digest import Digest
from bootstrap.registry.auth import Credentials
from bootstrap.registry.client import RegistryClient
import hashlib

location, ca_file, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
piece = bytes(range(256)) * 4096

def pieces():
    for _ in range(size // len(piece)):
        yield piece

whole = hashlib.sha256()
for each in pieces():
    whole.update(each)
blob = Descriptor("application/octet-stream", Digest("sha256:" + whole.hexdigest()), size)
credentials = Credentials(*sys.stdin.read().splitlines())
with RegistryClient(location, credentials=credentials, ca_file=ca_file) as client:
    client.push_blob("outside/large", blob, pieces())
    with client.open_blob("outside/large", blob.digest) as chunks:
        client.push_blob("outside/larger", blob, chunks)
# VmHWM, for ru_maxrss would begin with what our parent used before exec.
print(*(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def test_a_large_blob_passes_through_little_memory(real_registry):
    size = 128 * 1024 * 1024
    login = f"{real_registry.credentials.username}\n{real_registry.credentials.password}"
    child = subprocess.run(
        [sys.executable, "-c", STREAM, real_registry.location, str(real_registry.ca_file), str(size)],
        input=login,
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert int(child.stdout) * 1024 < 80 * 1024 * 1024
