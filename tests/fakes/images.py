"""Images made from a seed: the same seed gives the same bytes, and so the same digests, on every machine."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import random
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bootstrap.oci.descriptor import Descriptor
from bootstrap.oci.digest import Digest
from bootstrap.oci.manifest import (
    DOCKER_CONFIG,
    DOCKER_LAYER_GZIP,
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_CONFIG,
    OCI_INDEX,
    OCI_LAYER_GZIP,
    OCI_MANIFEST,
)
from bootstrap.oci.platform import Platform
from bootstrap.store.interface import Destination

Files = Mapping[str, bytes]


@dataclass(frozen=True)
class FakeImage:
    """One image: the bytes of its manifest and of its blobs (config first, then layers) by digest."""

    raw: bytes
    media_type: str
    blobs: Mapping[Digest, bytes] = field(repr=False)
    platform: Platform

    @property
    def descriptor(self) -> Descriptor:
        return Descriptor.of(self.raw, self.media_type)

    @property
    def digest(self) -> Digest:
        return Digest.of(self.raw)


@dataclass(frozen=True)
class FakeIndex:
    """An index and the images that it lists."""

    raw: bytes
    media_type: str
    images: tuple[FakeImage, ...]

    @property
    def descriptor(self) -> Descriptor:
        return Descriptor.of(self.raw, self.media_type)

    @property
    def digest(self) -> Digest:
        return Digest.of(self.raw)


AnyImage = FakeImage | FakeIndex


def make_image(
    seed: object,
    *,
    layers: Sequence[Files] | int = 2,
    size: int = 2000,
    docker: bool = False,
    architecture: str = "amd64",
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
) -> FakeImage:
    """Make an image.

    Args:
        seed: Anything with a ``repr``; another seed gives other bytes.
        layers: The files of each layer, base first; a number asks for that many with one random file each.
        size: Bytes of the random file.
        docker: Docker schema 2 instead of OCI.
        architecture: Of the platform ``linux/…``.
        labels: Of the config.
        annotations: Of the manifest (OCI only).
    """
    contents = (
        [{f"layer-{number}": noise((seed, number), size)} for number in range(layers)]
        if isinstance(layers, int)
        else list(layers)
    )
    tars = [tar(files) for files in contents]
    packed = [gzip.compress(each, compresslevel=1, mtime=0) for each in tars]
    config = _json(
        {
            "architecture": architecture,
            "os": "linux",
            "created": "2025-01-01T00:00:00Z",
            "config": {"Labels": {"seed": repr(seed), **(labels or {})}},
            "rootfs": {
                "type": "layers",
                "diff_ids": ["sha256:" + hashlib.sha256(each).hexdigest() for each in tars],
            },
            "history": [{"created": "2025-01-01T00:00:00Z", "created_by": "test"} for _ in tars],
        }
    )
    layer_type = DOCKER_LAYER_GZIP if docker else OCI_LAYER_GZIP
    manifest: dict[str, object] = {
        "schemaVersion": 2,
        "mediaType": DOCKER_MANIFEST if docker else OCI_MANIFEST,
        "config": Descriptor.of(config, DOCKER_CONFIG if docker else OCI_CONFIG).to_json(),
        "layers": [Descriptor.of(each, layer_type).to_json() for each in packed],
    }
    if annotations:
        manifest["annotations"] = dict(annotations)
    return FakeImage(
        _json(manifest),
        DOCKER_MANIFEST if docker else OCI_MANIFEST,
        {Digest.of(blob): blob for blob in (config, *packed)},
        Platform("linux", architecture),
    )


def make_artefact(subject: Descriptor, kind: str, content: bytes = b"{}") -> FakeImage:
    """Make an artefact of OCI 1.1 attached to ``subject``: an empty config, one layer of type ``kind``."""
    empty = b"{}"
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": kind,
        "config": Descriptor.of(empty, "application/vnd.oci.empty.v1+json").to_json(),
        "layers": [Descriptor.of(content, kind).to_json()],
        "subject": subject.to_json(),
    }
    return FakeImage(
        _json(manifest),
        OCI_MANIFEST,
        {Digest.of(blob): blob for blob in (empty, content)},
        Platform("unknown", "unknown"),
    )


def make_index(images: Sequence[FakeImage], *, docker: bool = False) -> FakeIndex:
    """Make an index of ``images``, in their order, each with its platform."""
    media_type = DOCKER_LIST if docker else OCI_INDEX
    listed = [{**each.descriptor.to_json(), "platform": each.platform.to_json()} for each in images]
    raw = _json({"schemaVersion": 2, "mediaType": media_type, "manifests": listed})
    return FakeIndex(raw, media_type, tuple(images))


def multi_arch(
    seed: object,
    *,
    architectures: Sequence[str] = ("amd64", "arm64"),
    docker: bool = False,
    size: int = 2000,
) -> FakeIndex:
    """Make an index with one image for each architecture."""
    images = [make_image((seed, each), architecture=each, docker=docker, size=size) for each in architectures]
    return make_index(images, docker=docker)


def push(destination: Destination, repository: str, image: AnyImage, *, tag: str | None = None) -> Descriptor:
    """Push an image and all below it, in the right order; returns its descriptor."""
    if isinstance(image, FakeIndex):
        for each in image.images:
            push(destination, repository, each)
    else:
        push_blobs(destination, repository, image)
    destination.push_manifest(repository, image.raw, image.media_type, tag=tag)
    return image.descriptor


def push_blobs(destination: Destination, repository: str, image: FakeImage) -> None:
    """Push what an image consists of, without its manifest."""
    for digest, content in image.blobs.items():
        descriptor = Descriptor("application/octet-stream", digest, len(content))
        destination.push_blob(repository, descriptor, [content])


def noise(seed: object, size: int) -> bytes:
    """Return ``size`` bytes that do not compress."""
    return random.Random(repr(seed)).randbytes(size)


def tar(files: Files) -> bytes:
    """Return a tar of ``files``, with no time, owner or order of this machine in it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in sorted(files):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(files[name]), 0o644
            archive.addfile(entry, io.BytesIO(files[name]))
    return out.getvalue()


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
