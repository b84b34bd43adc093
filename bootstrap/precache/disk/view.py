"""An image as a directory for skopeo's ``dir:``: which names it has, and which bytes each of them is.

Source: containers/image v5, ``directory/directory_transport.go`` (``manifestPath``, ``layerPath``).
"""

from __future__ import annotations

from dataclasses import dataclass

from bootstrap.mirror.image import Image
from bootstrap.oci.descriptor import Descriptor
from bootstrap.oci.digest import Digest
from bootstrap.precache.images.chosen import Chosen

VERSION = b"Directory Transport Version: 1.1\n"
VERSION_DIGEST = Digest.of(VERSION)


@dataclass(frozen=True)
class DiskImage:
    """An image of a disk, and what it consists of; of an index, what the nodes' architecture takes of it."""

    chosen: Chosen
    image: Image

    @property
    def pull_spec(self) -> str:
        """As nodes ask for it."""
        return self.chosen.pull_spec

    @property
    def digest(self) -> Digest:
        """By which it is asked for: of an index that of the index."""
        return self.image.wanted.digest

    @property
    def blobs(self) -> tuple[Descriptor, ...]:
        """Its layers and configs, and what skopeo's directories have beside them; no manifests."""
        return self.image.blobs


def view(image: DiskImage) -> dict[str, Digest]:
    """Return what each file of the directory is, by name; sorted."""
    *children, root = image.image.manifests
    found = {"manifest.json": Digest.of(root.raw), "version": VERSION_DIGEST}
    for child in children:
        digest = Digest.of(child.raw)
        found[f"{digest.hex}.manifest.json"] = digest
    found.update((blob.digest.hex, blob.digest) for blob in image.blobs)
    return dict(sorted(found.items()))


def small(image: DiskImage) -> dict[Digest, bytes]:
    """Return what of the directory is known already: its manifests, and the version."""
    manifests = {Digest.of(each.raw): each.raw for each in image.image.manifests}
    return {**manifests, VERSION_DIGEST: VERSION}
