"""What a plan takes of the disk under a registry: the bytes by which the file system's free space shrinks.

A registry keeps every blob and manifest in a file of its own, in a directory of its own, and for every
repository that has it a file with its digest, again in a directory of its own. A file takes whole blocks, so
a release, with some thousands of blobs, takes some tens of megabytes more than its bytes. No I/O.

Source: distribution 2.8, ``registry/storage/paths.go``, whose paths are spelled here; measured against a real
one in tests/mirror/test_footprint.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Collection

if TYPE_CHECKING:
    from bootstrap.mirror.plan import Plan

# repositories/<name>: _layers, _layers/sha256, _uploads, _manifests, its revisions, revisions/sha256, tags
_DIRECTORIES_OF_REPOSITORY = 7
# tags/<tag>: itself, current, index, index/sha256, index/sha256/<hex>; a link in the second and the last
_DIRECTORIES_OF_TAG = 5
_LINKS_OF_TAG = 2
# docker, docker/registry, v2, v2/blobs, v2/blobs/sha256, v2/repositories
_DIRECTORIES_OF_REGISTRY = 6
# A block of a directory has room for 56 names of 64 characters; ext4 splits full ones in two halves.
_NAMES_OF_BLOCK = 40


@dataclass(frozen=True)
class Grain:
    """What small things take on a file system, in bytes.

    Attributes:
        block: A file's size is rounded up to a multiple of this.
        directory: A directory with a few entries; 0 where it takes no block of its own.
    """

    block: int = 4096
    directory: int = 4096

    def file(self, size: int) -> int:
        """Return what a file of ``size`` bytes takes."""
        return -(-size // self.block) * self.block


def footprint(plan: Plan, grain: Grain, shelves: Collection[str] = ()) -> int:
    """Return the bytes of disk that carrying out ``plan`` takes; 0 when there is nothing to do.

    Of an image that is not whole all manifests are counted, for nobody asked for them one by one.

    Args:
        plan: Of one registry.
        grain: Of its file system.
        shelves: Directories ``blobs/sha256/<two digits>`` that are there for other content, as far as known.
    """
    if not plan.todo:
        return 0
    todo = {image.wanted for image in plan.todo}
    whole = [image for image in plan.images if image.wanted not in todo]
    there = {blob.digest for image in whole for blob in image.blobs}
    there |= {manifest.descriptor.digest for image in whole for manifest in image.manifests}
    there |= {move.descriptor.digest for move in plan.moves if move.mount_from is not None}
    written = {move.descriptor.digest: move.descriptor.size for move in plan.missing}
    revisions = set()
    for image in plan.todo:
        for manifest in image.manifests:
            revisions.add((image.wanted.repository, manifest.descriptor.digest))
            if manifest.descriptor.digest not in there:
                written[manifest.descriptor.digest] = len(manifest.raw)
    links = sum(len(move.repositories) for move in plan.moves) + len(revisions)
    tags = {(image.wanted.repository, image.wanted.tag) for image in plan.todo}
    new_shelves = {digest.hex[:2] for digest in written} - {digest.hex[:2] for digest in there} - {*shelves}
    directories = len(written) + links + len(new_shelves) + _DIRECTORIES_OF_TAG * len(tags)
    directories += _new_repositories(plan, there=bool(there)) + _grown(links)
    files = sum(grain.file(size) for size in written.values())
    return files + grain.file(1) * (links + _LINKS_OF_TAG * len(tags)) + grain.directory * directories


def _new_repositories(plan: Plan, *, there: bool) -> int:
    """Return how many directories are made for repositories that have nothing yet."""
    lacking = {(place, move.descriptor.digest) for move in plan.moves for place in move.repositories}
    todo = {image.wanted for image in plan.todo}
    known = {
        image.wanted.repository
        for image in plan.images
        if image.wanted not in todo
        or any((image.wanted.repository, blob.digest) not in lacking for blob in image.blobs)
    }
    known |= {move.mount_from for move in plan.moves if move.mount_from is not None}
    new = {image.wanted.repository for image in plan.todo} - known
    paths = {path for name in new for path in _parents(name)} - {
        path for name in known for path in _parents(name)
    }
    return (
        _DIRECTORIES_OF_REPOSITORY * len(new)
        + len(paths)
        + (0 if there or known else _DIRECTORIES_OF_REGISTRY)
    )


def _parents(repository: str) -> list[str]:
    parts = repository.split("/")
    return ["/".join(parts[:number]) for number in range(1, len(parts) + 1)]


def _grown(links: int) -> int:
    """Return the blocks by which directories of many links grow."""
    return max(0, links // _NAMES_OF_BLOCK - 1)
