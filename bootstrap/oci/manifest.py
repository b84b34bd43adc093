"""Manifests and indexes: what an image, or a list of images per platform, consists of.

The bytes are what has a digest, so they are kept as received and never written anew.

Source: OCI image-spec v1.1, manifest.md and image-index.md; distribution, "Image Manifest V 2, Schema 2".
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Union

from bootstrap.errors import RegistryError
from bootstrap.oci.descriptor import Descriptor, annotations_of
from bootstrap.oci.digest import Digest

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER_GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip"

MANIFEST_TYPES = (OCI_MANIFEST, DOCKER_MANIFEST)
INDEX_TYPES = (OCI_INDEX, DOCKER_LIST)
ACCEPTED = (*MANIFEST_TYPES, *INDEX_TYPES)

MAX_MANIFEST_SIZE = 4 * 1024 * 1024  # bytes; distribution-spec v1.1 lets registries refuse larger ones

_SCHEMA_1 = (
    "application/vnd.docker.distribution.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v1+prettyjws",
)
_GENERIC = ("", "application/json", "application/octet-stream", "text/plain")
_ASK = "ask who published the image"
_LEAVE_OUT = "leave the image out of the image set, or update bootstrap-registry"
_FOREIGN = (".rootfs.foreign.", ".layer.nondistributable.")


@dataclass(frozen=True)
class Manifest:
    """One image: its config and its layers, base layer first; ``subject`` is what it is attached to."""

    media_type: str
    config: Descriptor
    layers: tuple[Descriptor, ...]
    raw: bytes = field(repr=False)
    subject: Descriptor | None = None
    annotations: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def descriptor(self) -> Descriptor:
        """Describe the manifest itself."""
        return Descriptor.of(self.raw, self.media_type)

    def children(self) -> tuple[Descriptor, ...]:
        """Return the blobs to be there before the manifest: config first, then the layers; may repeat."""
        return (self.config, *self.layers)


@dataclass(frozen=True)
class Index:
    """A list of manifests, usually one per platform, in the order written; it may list other indexes."""

    media_type: str
    manifests: tuple[Descriptor, ...]
    raw: bytes = field(repr=False)
    subject: Descriptor | None = None
    annotations: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def descriptor(self) -> Descriptor:
        """Describe the index itself."""
        return Descriptor.of(self.raw, self.media_type)

    def children(self) -> tuple[Descriptor, ...]:
        """Return the manifests to be there before the index."""
        return self.manifests


AnyManifest = Union[Manifest, Index]


def is_manifest_type(media_type: str) -> bool:
    """Are bytes of this type a manifest or an index (and not a blob)?"""
    return media_type in ACCEPTED


def parse_manifest(raw: bytes, media_type: str, *, name: str = "") -> AnyManifest:
    """Read the manifest or index ``raw``.

    Args:
        raw: The bytes; kept in the result.
        media_type: As the registry or the descriptor has it; parameters (``; charset=…``) are dropped, and a
            generic one such as ``application/json`` yields to the ``mediaType`` inside.
        name: What messages call it ("quay.io/a/b@sha256:…"); its digest when there is nothing better.

    Raises:
        RegistryError: Schema 1, a foreign layer, a type we do not know, two types that contradict each other,
            or bytes that are no manifest. Never guesses, for a guess is an image with parts missing.
    """
    try:
        value = _object(raw)
        kind = _media_type(value, media_type.partition(";")[0].strip())
        return _manifest(value, kind, raw) if kind in MANIFEST_TYPES else _index(value, kind, raw)
    except ValueError as error:
        why, fix = error.args if isinstance(error, _Refused) else (str(error), _ASK)
        raise RegistryError(f"cannot read manifest {name or Digest.of(raw)}", why=why, fix=fix) from error


class _Refused(ValueError):
    """Why, and what to do about it."""

    def __init__(self, why: str, fix: str) -> None:
        super().__init__(why, fix)


def _object(raw: bytes) -> dict[str, Any]:
    if len(raw) > MAX_MANIFEST_SIZE:
        raise _Refused(f"it has {len(raw)} bytes and a manifest may have {MAX_MANIFEST_SIZE}", _ASK)
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise _Refused(
            f"it is not JSON: {error}", "see whether a proxy or a login page answers in the registry's place"
        ) from error
    if not isinstance(value, dict):
        raise _Refused(f"it is a JSON {type(value).__name__}, not an object", _ASK)
    return value


def _media_type(value: dict[str, Any], told: str) -> str:
    written = value.get("mediaType")
    if told in _SCHEMA_1 or value.get("schemaVersion") == 1:
        raise _Refused(
            "it has the format schema 1, which registries no longer take",
            "have the image pushed again with a current podman, skopeo or docker",
        )
    if isinstance(written, str) and written and told not in _GENERIC and written != told:
        # The same bytes read as two types are two images with one digest: CVE-2021-41190.
        raise _Refused(f"it says that it is {written!r} and came as {told!r}", _ASK)
    kind = written if told in _GENERIC and isinstance(written, str) else told
    if kind not in ACCEPTED:
        raise _Refused(f"its media type {kind!r} is none that we know ({', '.join(ACCEPTED)})", _LEAVE_OUT)
    if ("layers" in value or "config" in value) and "manifests" in value:
        raise _Refused("it has both layers and manifests (CVE-2021-41190)", _ASK)
    return kind


def _manifest(value: dict[str, Any], kind: str, raw: bytes) -> Manifest:
    layers = tuple(Descriptor.from_json(layer) for layer in _list(value, "layers"))
    for layer in layers:
        if layer.urls or any(mark in layer.media_type for mark in _FOREIGN):
            raise _Refused(
                f"layer {layer.digest} is foreign ({layer.media_type}): it may only be had elsewhere",
                "leave the image out; Windows base images are the usual ones of this kind",
            )
    return Manifest(
        kind,
        Descriptor.from_json(value.get("config")),
        layers,
        raw,
        subject=_subject(value),
        annotations=dict(annotations_of(value.get("annotations")) or {}),
    )


def _index(value: dict[str, Any], kind: str, raw: bytes) -> Index:
    manifests = tuple(Descriptor.from_json(child) for child in _list(value, "manifests"))
    for child in manifests:
        if child.media_type not in ACCEPTED:
            raise _Refused(
                f"it lists {child.digest}, whose media type {child.media_type!r} is none that we know",
                _LEAVE_OUT,
            )
    return Index(
        kind,
        manifests,
        raw,
        subject=_subject(value),
        annotations=dict(annotations_of(value.get("annotations")) or {}),
    )


def _list(value: dict[str, Any], key: str) -> list[Any]:
    found = value.get(key)
    if not isinstance(found, list):
        raise _Refused(f"it has no list of {key}", _ASK)
    return found


def _subject(value: dict[str, Any]) -> Descriptor | None:
    return Descriptor.from_json(value["subject"]) if value.get("subject") is not None else None
