"""What is mirrored in the measurements: made once from a seed, kept as the data of a registry."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap.mirror.damaged import blob_file
from bootstrap.oci.manifest import DOCKER_MANIFEST, parse_manifest
from bootstrap.sandbox import images
from bootstrap.sandbox.release import COMPONENTS, RELEASES, ReleaseSpec, publish
from tests.fakes.data_directory import DataDirectory

if TYPE_CHECKING:
    from collections.abc import Sequence

_FORMAT = 2  # another one makes everything anew
REGISTRY = "quay.io"  # what the source plays
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Images:
    """Single images, each in a repository of its own with the tag ``v1``.

    Args:
        count: Of images.
        shared: Bytes of a layer that all of them have.
        own: Bytes of all the layers that only one has, together.
        layers: Own layers of an image.
    """

    count: int
    shared: int
    own: int
    layers: int = 2

    @property
    def repositories(self) -> tuple[str, ...]:
        """Where they are."""
        return tuple(f"bench/image-{number:04}" for number in range(self.count))

    def make(self, store: DataDirectory) -> None:
        """Write them."""
        shared = images.make_layer({"usr/lib/shared": images.noise("shared", self.shared)})
        each = self.own // self.count
        for number, repository in enumerate(self.repositories):
            # Some have twice as much as others, as images do: 2/3, 1 and 4/3 of the average.
            size = each * (2 + number % 3) // 3
            own = [
                images.make_layer({f"usr/bin/{part}": images.noise(f"{number}/{part}", size // self.layers)})
                for part in range(self.layers)
            ]
            image = images.make_image([shared, *own], architecture="amd64", labels={"name": repository})
            images.push_image(store, repository, image, tag="v1")  # type: ignore[arg-type]  # what it needs of one

    def imageset(self) -> str:
        """Return the part ``mirror`` of an image set that names them."""
        names = "".join(f"    - name: {REGISTRY}/{repository}:v1\n" for repository in self.repositories)
        return f"  additionalImages:\n{names}"


@dataclass(frozen=True)
class Release:
    """One release: the release image, ``count`` components and the Sigstore signature.

    Args:
        count: Of components.
        component: Bytes of a component's own layer, on average.
        bases: Bytes of layers that all of them have.
    """

    count: int
    component: int
    bases: tuple[int, ...]
    version: str = "4.20.9"

    def make(self, store: DataDirectory) -> None:
        """Write it."""
        spec = ReleaseSpec(
            versions=(self.version,),
            components=self.count,
            component_size=self.component,
            base_sizes=self.bases,
            seed="bench",
        )
        published = publish(store, spec)  # type: ignore[arg-type]  # what it needs of one
        wanted = set()
        for digest in published.releases[0].components.values():
            raw = blob_file(str(store.path), digest).read_bytes()
            wanted |= {child.digest.hex for child in parse_manifest(raw, DOCKER_MANIFEST).children()}
        # Disk images for virtual machines are only mirrored when asked for.
        for layer in (
            store.path / "docker/registry/v2/repositories" / COMPONENTS / "_layers/sha256"
        ).iterdir():
            if layer.name not in wanted:
                shutil.rmtree(layer)

    @property
    def image(self) -> str:
        """The release image."""
        return f"{REGISTRY}/{RELEASES}:{self.version}-x86_64"

    @property
    def repositories(self) -> tuple[str, ...]:
        """Where it is."""
        return (RELEASES, COMPONENTS)

    def imageset(self) -> str:
        """Return the part ``mirror`` of an image set that names it."""
        return f"  platform:\n    release: {self.image}\n"


Content = Images | Release


def prepare(content: Content, cache: Path) -> Path:
    """Return a data directory with ``content``; made when there is none yet."""
    wanted = json.dumps([_FORMAT, type(content).__name__, asdict(content)], sort_keys=True)
    path = cache / hashlib.sha256(wanted.encode()).hexdigest()[:16]
    if not path.exists():
        partial = path.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        content.make(DataDirectory(partial))
        partial.rename(path)
    return path


def blobs(data: Path) -> list[tuple[str, str, Path]]:
    """Return every layer and config of a data directory once, the largest first.

    Returns:
        One of the repositories that have it, its digest, and its file.
    """
    root = data / "docker/registry/v2"
    found: dict[str, str] = {}
    for link in root.glob("repositories/**/_layers/sha256/*/link"):
        repository = str(link.relative_to(root / "repositories").parents[3])
        found.setdefault(link.parent.name, repository)
    listed = [
        (repository, f"sha256:{digest}", root / "blobs/sha256" / digest[:2] / digest / "data")
        for digest, repository in found.items()
    ]
    return sorted(listed, key=lambda each: (-each[2].stat().st_size, each[1]))


def size(listed: Sequence[tuple[str, str, Path]]) -> int:
    """Return the bytes of blobs that ``blobs`` gave."""
    return sum(path.stat().st_size for _, _, path in listed)
