"""Whose bytes are they? What each release, and each image, has of all that a plan is about. No I/O.

A blob that several have would count for each of them, and the sums would be wrong. So everything has two
figures: what it has, and what it alone has (``own``); what several have stands in a line of its own. The own
figures of all lines add up to the total, which is the last line.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Collection, Mapping, Sequence

from bootstrap.mirror.groups import group_of_wanted
from bootstrap.release.version import Version

if TYPE_CHECKING:
    from bootstrap.mirror.image import Image
    from bootstrap.mirror.plan import Plan
    from bootstrap.oci.digest import Digest

SHARED, TOTAL = "shared by several", "total"


@dataclass(frozen=True)
class Missing:
    """What a registry lacks of it.

    Attributes:
        images: That are not there, or not whole.
        blobs: Whose bytes have to be moved.
        own_bytes: Of those, what nothing else has.
    """

    registry: str
    images: int
    blobs: int
    bytes: int
    own_bytes: int


@dataclass(frozen=True)
class Share:
    """One line.

    Attributes:
        blobs: Unique ones.
        bytes: Of those.
        own_bytes: Of blobs that nothing else has.
        missing: By registry, in the order of the plans.
    """

    name: str
    images: int
    blobs: int
    bytes: int
    own_bytes: int
    missing: tuple[Missing, ...]


def by_group(plans: Sequence[Plan]) -> tuple[Share, ...]:
    """Return the lines of all releases, oldest first, and of what there is besides."""
    groups: dict[str, list[Image]] = {}
    for image in plans[0].images:
        groups.setdefault(group_of_wanted(image.wanted), []).append(image)
    return _shares({name: groups[name] for name in sorted(groups, key=_as_read)}, plans)


def by_image(plans: Sequence[Plan]) -> tuple[Share, ...]:
    """Return the lines of all images, by their names at the destination, in the order of the plans."""
    images: dict[str, list[Image]] = {}
    for image in plans[0].images:
        images.setdefault(f"{image.wanted.repository}:{image.wanted.tag}", []).append(image)
    return _shares(images, plans)


def _shares(parts: Mapping[str, Sequence[Image]], plans: Sequence[Plan]) -> tuple[Share, ...]:
    sizes = {blob.digest: blob.size for image in plans[0].images for blob in image.blobs}
    blobs = {
        name: {blob.digest for image in images for blob in image.blobs} for name, images in parts.items()
    }
    holders = Counter(digest for found in blobs.values() for digest in found)
    shared = {digest for digest, number in holders.items() if number > 1}
    lacks = [(plan.registry, {move.descriptor.digest for move in plan.missing}) for plan in plans]
    todo = [{image.wanted for image in plan.todo} for plan in plans]

    def share(
        name: str, images: Sequence[Image], found: Collection[Digest], own: Collection[Digest]
    ) -> Share:
        missing = tuple(
            Missing(
                registry,
                sum(image.wanted in waiting for image in images),
                sum(digest in lacking for digest in found),
                sum(sizes[digest] for digest in found if digest in lacking),
                sum(sizes[digest] for digest in own if digest in lacking),
            )
            for (registry, lacking), waiting in zip(lacks, todo)  # noqa: B905  # strict= is not in 3.9
        )
        return Share(
            name,
            len(images),
            len(found),
            sum(sizes[digest] for digest in found),
            sum(sizes[digest] for digest in own),
            missing,
        )

    lines = [share(name, images, blobs[name], blobs[name] - shared) for name, images in parts.items()]
    if shared:
        lines.append(share(SHARED, (), shared, shared))
    return (*lines, share(TOTAL, plans[0].images, sizes, sizes))


def _as_read(group: str) -> tuple[bool, Version, str]:
    words = group.split()
    if words[0] == "release":
        return False, Version.parse(words[1]), group
    return True, Version(0, 0, 0), group
