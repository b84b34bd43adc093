"""The plan for one registry: what a run will do there, in bytes, before anything moves. No I/O.

Every blob is moved to the registry once; other repositories that need it get it by a mount.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Sequence

if TYPE_CHECKING:
    from bootstrap.mirror.image import Image, Wanted
    from bootstrap.mirror.survey import Seen
    from bootstrap.oci.descriptor import Descriptor
    from bootstrap.oci.digest import Digest


@dataclass(frozen=True)
class Move:
    """One blob to be had by one or more repositories that lack it.

    Attributes:
        repositories: That lack it.
        mount_from: A repository of the registry that has it; None: its bytes have to come from the source.
        holders: Images of the run that have it, as places to read it from.
    """

    descriptor: Descriptor
    repositories: tuple[str, ...]
    mount_from: str | None
    holders: tuple[Wanted, ...] = field(repr=False)


@dataclass(frozen=True)
class Plan:
    """What a run will do at one registry.

    Attributes:
        registry: Its location.
        images: All that are to be there.
        todo: Those that are not there, or not whole.
        moves: The blobs that these lack, the largest first: what takes longest must not begin last.
    """

    registry: str
    images: tuple[Image, ...]
    todo: tuple[Image, ...]
    moves: tuple[Move, ...]

    @functools.cached_property
    def blobs(self) -> dict[Digest, Descriptor]:
        """Every blob of every image, once."""
        return {blob.digest: blob for image in self.images for blob in image.blobs}

    @functools.cached_property
    def bytes(self) -> int:
        """Bytes of all blobs."""
        return sum(blob.size for blob in self.blobs.values())

    @property
    def missing(self) -> tuple[Move, ...]:
        """The moves whose bytes have to come from the source."""
        return tuple(move for move in self.moves if move.mount_from is None)

    @property
    def bytes_missing(self) -> int:
        """Bytes that a run will write."""
        return sum(move.descriptor.size for move in self.missing)

    def numbers(self) -> dict[str, object]:
        """Return the plan as the event ``planned`` tells it."""
        return {
            "registry": self.registry,
            "images": len(self.images),
            "blobs": len(self.blobs),
            "bytes": self.bytes,
            "blobs_missing": len(self.missing),
            "bytes_missing": self.bytes_missing,
        }


def make_plan(registry: str, images: Sequence[Image], seen: Seen) -> Plan:
    """Decide what to do at ``registry``, where ``seen`` is there already."""
    todo = tuple(image for image in images if image.wanted not in seen.whole)
    has: dict[Digest, str] = {}
    for repository, digest in sorted(seen.present):
        has.setdefault(digest, repository)
    lacking: dict[Digest, dict[str, None]] = {}
    holders: dict[Digest, list[Wanted]] = {}
    descriptors: dict[Digest, Descriptor] = {}
    for image in todo:
        for blob in image.blobs:
            if (image.wanted.repository, blob.digest) in seen.present:
                continue
            descriptors[blob.digest] = blob
            lacking.setdefault(blob.digest, {})[image.wanted.repository] = None
            holders.setdefault(blob.digest, []).append(image.wanted)
    moves = [
        Move(descriptors[digest], tuple(repositories), has.get(digest), tuple(holders[digest]))
        for digest, repositories in lacking.items()
    ]
    moves.sort(key=lambda move: (-move.descriptor.size, move.descriptor.digest))
    return Plan(registry, tuple(images), todo, tuple(moves))
