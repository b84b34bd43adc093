"""What travels beside archives, for a mirror host that no source can be reached from.

``contents.json`` has every image with its manifests, and every release with its signature: so what will be
moved is known before it is, and what arrived can be proved.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Mapping, Tuple

from bootstrap.errors import BootstrapError, HostError, NotFound, VerificationError
from bootstrap.mirror.collected import Release
from bootstrap.mirror.image import Image, Kind, Wanted
from bootstrap.oci.descriptor import Descriptor
from bootstrap.oci.digest import Digest
from bootstrap.oci.manifest import parse_manifest
from bootstrap.oci.reference import Reference, is_repository, is_tag

if TYPE_CHECKING:
    from pathlib import Path

    from bootstrap.store.interface import BlobReader

SCHEMA = 1
NAME = "contents.json"


@dataclass(frozen=True)
class Contents:
    """What is in archives.

    Attributes:
        run: That wrote them.
        written_by: The engine and its version.
    """

    run: str
    written_by: str
    images: Tuple[Image, ...]
    releases: Tuple[Release, ...]

    def text(self) -> str:
        """Return it as the file has it."""
        value = {
            "schema": SCHEMA,
            "run": self.run,
            "written_by": self.written_by,
            "releases": [_release_told(each) for each in self.releases],
            "images": [_image_told(each) for each in self.images],
        }
        return json.dumps(value, indent=1, sort_keys=True) + "\n"


def load(path: Path) -> Contents:
    """Read the file ``path``.

    Raises:
        HostError: It cannot be read.
        VerificationError: It is damaged, or of another version.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        if value["schema"] != SCHEMA:
            raise ValueError(f"it has schema {value['schema']!r}, and this agent knows {SCHEMA}")
        return Contents(
            str(value["run"]),
            str(value["written_by"]),
            tuple(_image(each) for each in value["images"]),
            tuple(_release(each) for each in value["releases"]),
        )
    except OSError as error:
        raise HostError(
            f"cannot read {path}", why=str(error), fix="copy the whole directory again"
        ) from error
    except (ValueError, KeyError, TypeError, BootstrapError) as error:
        raise VerificationError(
            f"cannot use {path}",
            why=error.why if isinstance(error, BootstrapError) else str(error),
            fix="write the archives again, with the bootstrap-registry that mirrors from them",
        ) from error


class Packed:
    """A ``Source`` of manifests alone: what these images consist of."""

    name = "the archives"

    def __init__(self, contents: Contents) -> None:
        self._manifests = {
            Digest.of(each.raw): (each.raw, each.media_type)
            for image in contents.images
            for each in image.manifests
        }

    def resolve(self, repository: str, reference: str) -> Descriptor:
        """See ``Source``."""
        raise self._nothing(repository, reference)

    def manifest(self, repository: str, digest: Digest) -> Tuple[bytes, str]:
        """See ``Source``."""
        if digest not in self._manifests:
            raise self._nothing(repository, str(digest))
        return self._manifests[digest]

    def tagged(self, repository: str, tag: str) -> Tuple[bytes, str] | None:  # noqa: ARG002  # it has no tags
        """See ``Source``."""
        return None

    def manifest_exists(self, repository: str, reference: str) -> Descriptor | None:  # noqa: ARG002  # likewise
        """See ``Source``."""
        return None

    def referrers(self, repository: str, digest: Digest) -> Tuple[Descriptor, ...] | None:  # noqa: ARG002
        """See ``Source``; it knows of none."""
        return None

    def blob_exists(self, repository: str, descriptor: Descriptor) -> bool:  # noqa: ARG002  # likewise
        """See ``Source``."""
        return False

    def open_blob(self, repository: str, descriptor: Descriptor) -> BlobReader:
        """See ``Source``."""
        raise self._nothing(repository, str(descriptor.digest))

    def _nothing(self, repository: str, reference: str) -> NotFound:
        return NotFound(
            f"there is no {repository}@{reference} in {self.name}",
            why=f"{NAME} does not have it",
            fix="write the archives again",
        )


def _image_told(image: Image) -> Mapping[str, Any]:
    wanted = image.wanted
    return {
        "kind": wanted.kind.value,
        "source": str(wanted.source),
        "digest": str(wanted.digest),
        "repository": wanted.repository,
        "tag": wanted.tag,
        "release": wanted.release,
        "architecture": wanted.architecture,
        "component": wanted.component,
        "platforms": list(wanted.platforms),
        "manifests": [
            {"media_type": each.media_type, "content_base64": base64.b64encode(each.raw).decode()}
            for each in image.manifests
        ],
    }


def _image(value: Mapping[str, Any]) -> Image:
    wanted = Wanted(
        Kind(value["kind"]),
        Reference.parse(value["source"]),
        Digest(value["digest"]),
        value["repository"],
        value["tag"],
        value["release"],
        value["architecture"],
        value["component"],
        tuple(value["platforms"]),
    )
    if not (is_repository(wanted.repository) and is_tag(wanted.tag)):
        raise ValueError(f"{wanted.repository}:{wanted.tag} is no place in a registry")
    manifests = tuple(
        parse_manifest(base64.b64decode(each["content_base64"]), each["media_type"])
        for each in value["manifests"]
    )
    if not manifests or Digest.of(manifests[-1].raw) != wanted.digest:
        raise ValueError(f"the manifest of {wanted} is not {wanted.digest}")
    return Image(wanted, manifests)


def _release_told(release: Release) -> Mapping[str, Any]:
    signature = base64.b64encode(release.signature).decode() if release.signature else None
    return {
        "version": release.version,
        "architecture": release.architecture,
        "digest": str(release.digest),
        "channels": list(release.channels),
        "signature_base64": signature,
        "signed_by": release.signed_by,
    }


def _release(value: Mapping[str, Any]) -> Release:
    signature = value["signature_base64"]
    return Release(
        value["version"],
        value["architecture"],
        Digest(value["digest"]),
        tuple(value["channels"]),
        base64.b64decode(signature) if signature else None,
        value["signed_by"],
    )
