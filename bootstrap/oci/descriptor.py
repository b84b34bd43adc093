"""Descriptors: media type, digest and size of some stored bytes.

Source: OCI image-spec v1.1, descriptor.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping

from bootstrap.oci.digest import Digest
from bootstrap.oci.platform import Platform


@dataclass(frozen=True)
class Descriptor:
    """What is needed to fetch some bytes and to know that they are the right ones.

    Args:
        size: Bytes, >= 0.
        platform: Only in an index, of its manifests.
        artifact_type: What kind of artefact a manifest is, in an index of artefacts.
        urls: Where else the bytes are said to be; we never go there, and refuse layers that have any.
    """

    media_type: str
    digest: Digest
    size: int
    platform: Platform | None = None
    annotations: Mapping[str, str] | None = field(default=None, hash=False)
    urls: tuple[str, ...] = ()
    artifact_type: str | None = None

    @classmethod
    def of(cls, content: bytes, media_type: str) -> Descriptor:
        """Describe ``content``."""
        return cls(media_type, Digest.of(content), len(content))

    @classmethod
    def from_json(cls, value: object) -> Descriptor:
        """Read a descriptor object; fields we have no use for are dropped.

        Raises:
            ValueError: A required field is missing, or one has the wrong type.
        """
        if not isinstance(value, dict):
            raise ValueError(f"a descriptor is an object, not {type(value).__name__}")
        media_type, digest, size = value.get("mediaType"), value.get("digest"), value.get("size")
        if not isinstance(media_type, str) or not media_type:
            raise ValueError("a descriptor needs the text mediaType")
        if not isinstance(digest, str):
            raise ValueError("a descriptor needs the text digest")
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise ValueError(f"a descriptor's size is a number of bytes, not {size!r}")
        platform = value.get("platform")
        if platform is not None and not isinstance(platform, dict):
            raise ValueError("a descriptor's platform is an object")
        return cls(
            media_type,
            Digest(digest),
            size,
            platform=None if platform is None else Platform.from_json(platform),
            annotations=annotations_of(value.get("annotations")),
            urls=_urls(value.get("urls")),
            artifact_type=_artifact_type(value.get("artifactType")),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the object as the specification writes it."""
        value: dict[str, Any] = {
            "mediaType": self.media_type,
            "digest": str(self.digest),
            "size": self.size,
        }
        if self.artifact_type:
            value["artifactType"] = self.artifact_type
        if self.platform is not None:
            value["platform"] = self.platform.to_json()
        if self.annotations:
            value["annotations"] = dict(self.annotations)
        if self.urls:
            value["urls"] = list(self.urls)
        return value


def annotations_of(value: object) -> Mapping[str, str] | None:
    """Read an ``annotations`` object; None when there is none; ``ValueError`` when it is something else."""
    if value is None:
        return None
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise ValueError("annotations are an object of texts")
    return value


def _artifact_type(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ValueError("a descriptor's artifactType is a text")
    return value or None


def _urls(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(url, str) for url in value):
        raise ValueError("urls are a list of texts")
    return tuple(value)
