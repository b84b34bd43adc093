"""Synthetic images: the same arguments give the same bytes, and so the same digests, on every machine."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import tarfile
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bootstrap.oci import manifest as media
from bootstrap.oci.descriptor import Descriptor
from bootstrap.oci.digest import Digest
from bootstrap.oci.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bootstrap.store.interface import Destination

CREATED = "2025-01-01T00:00:00Z"
_GZIP_HEADER = b"\x1f\x8b\x08" + bytes(6) + b"\xff"  # RFC 1952: no time, no name, no operating system
_STORED_MOST = 0xFFFF  # bytes of a stored block: RFC 1951, 3.2.4


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer: the compressed bytes, and the digest of the tar inside."""

    content: bytes = field(repr=False)
    diff_id: Digest


@dataclass(frozen=True, slots=True)
class Image:
    """One image, for one architecture: its manifest, config and layers."""

    raw: bytes = field(repr=False)
    media_type: str
    config: bytes = field(repr=False)
    layers: tuple[Layer, ...]
    architecture: str

    @property
    def digest(self) -> Digest:
        """The digest of the manifest."""
        return Digest.of(self.raw)

    @property
    def size(self) -> int:
        """Bytes of the manifest and everything it names."""
        return len(self.raw) + len(self.config) + sum(len(layer.content) for layer in self.layers)


def noise(seed: str, size: int) -> bytes:
    """Return ``size`` bytes that follow from ``seed`` and look random (SHAKE-128, FIPS 202)."""
    return hashlib.shake_128(seed.encode()).digest(size)


def make_layer(
    files: Mapping[str, bytes], *, executable: Sequence[str] = (), is_compressed: bool = False
) -> Layer:
    """Make a layer.

    Args:
        files: Contents by path.
        executable: Which of the paths are programs.
        is_compressed: Make it small; the digest then follows from the version of zlib, too.
    """
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in sorted(files):
            info = tarfile.TarInfo(path)
            info.size, info.mode = len(files[path]), 0o755 if path in executable else 0o644
            archive.addfile(info, io.BytesIO(files[path]))
    content = out.getvalue()
    deflated = zlib.compress(content, wbits=-zlib.MAX_WBITS) if is_compressed else _stored(content)
    trailer = struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF)
    return Layer(_GZIP_HEADER + deflated + trailer, Digest.of(content))


def _stored(content: bytes) -> bytes:
    """Return ``content`` as deflate writes what does not compress (it is random), with whatever zlib."""
    blocks = []
    for start in range(0, len(content), _STORED_MOST):
        block = content[start : start + _STORED_MOST]
        is_last = start + _STORED_MOST >= len(content)
        blocks += [struct.pack("<BHH", is_last, len(block), len(block) ^ 0xFFFF), block]
    return b"".join(blocks)


def make_image(
    layers: Sequence[Layer],
    *,
    architecture: str,
    labels: Mapping[str, str] | None = None,
    config: Mapping[str, object] | None = None,
    oci: bool = False,
) -> Image:
    """Make an image.

    Args:
        layers: Base layer first.
        architecture: In Go's words.
        labels: Of the config.
        config: Other fields of the config's ``config``: ``Entrypoint``, ``Cmd``.
        oci: With OCI's media types; else Docker's schema 2, as release payloads are.
    """
    run: dict[str, object] = {**(config or {}), "Labels": dict(labels or {})}
    described = _json(
        {
            "architecture": architecture,
            "os": "linux",
            "created": CREATED,
            "config": run,
            "rootfs": {"type": "layers", "diff_ids": [str(layer.diff_id) for layer in layers]},
            "history": [{"created": CREATED, "created_by": "bootstrap-registry sandbox"} for _ in layers],
        }
    )
    media_type = media.OCI_MANIFEST if oci else media.DOCKER_MANIFEST
    config_type = media.OCI_CONFIG if oci else media.DOCKER_CONFIG
    layer_type = media.OCI_LAYER_GZIP if oci else media.DOCKER_LAYER_GZIP
    manifest = {
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": Descriptor.of(described, config_type).to_json(),
        "layers": [Descriptor.of(layer.content, layer_type).to_json() for layer in layers],
    }
    return Image(_json(manifest), media_type, described, tuple(layers), architecture)


def push_image(store: Destination, repository: str, image: Image, *, tag: str | None = None) -> Digest:
    """Store an image, the blobs that ``repository`` lacks first; return its digest."""
    for content in (image.config, *(layer.content for layer in image.layers)):
        push_blob(store, repository, content)
    return store.push_manifest(repository, image.raw, image.media_type, tag=tag)


def push_index(
    store: Destination, repository: str, images: Sequence[Image], *, tag: str | None = None, oci: bool = False
) -> Digest:
    """Store the images and an index that lists them in this order; return the index's digest."""
    media_type = media.OCI_INDEX if oci else media.DOCKER_LIST
    listed = []
    for image in images:
        push_image(store, repository, image)
        platform = Platform("linux", image.architecture)
        listed += [{**Descriptor.of(image.raw, image.media_type).to_json(), "platform": platform.to_json()}]
    raw = _json({"schemaVersion": 2, "mediaType": media_type, "manifests": listed})
    return store.push_manifest(repository, raw, media_type, tag=tag)


def push_blob(store: Destination, repository: str, content: bytes) -> Descriptor:
    """Store a blob unless ``repository`` has it."""
    descriptor = Descriptor.of(content, "application/octet-stream")
    if not store.blob_exists(repository, descriptor):
        store.push_blob(repository, descriptor, [content])
    return descriptor


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
