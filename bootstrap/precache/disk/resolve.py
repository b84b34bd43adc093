"""From chosen images to what they consist of: manifests that are on the disk are not asked for again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from bootstrap.errors import BootstrapError, NotFound
from bootstrap.mirror.image import Image, Kind, Wanted
from bootstrap.mirror.pool import each
from bootstrap.oci.descriptor import Descriptor
from bootstrap.oci.digest import Digest
from bootstrap.oci.manifest import AnyManifest, Index, Manifest, parse_manifest
from bootstrap.precache.disk.registries import Registries
from bootstrap.precache.disk.view import DiskImage
from bootstrap.precache.images.chosen import Chosen, raise_all

REPOSITORY = "disk"  # all images of a disk share their blobs
_DEEPEST = 3  # indexes in indexes


def resolve(
    images: Sequence[Chosen],
    registries: Registries,
    architecture: str,
    near: Callable[[Digest], AnyManifest | None],
    *,
    workers: int,
    stop: threading.Event,
) -> tuple[DiskImage, ...]:
    """Return the images with their manifests, in the same order.

    Args:
        images: All of the disk.
        registries: That have them.
        architecture: Of the nodes, in Go's words: of an index, only what is for it.
        near: Gives a manifest that is at hand already.
        workers: Most requests at once.
        stop: Ends it.

    Raises:
        BootstrapError: (several as ``Problems``) Some cannot be read; all are named.
        Stopped: ``stop`` was set.
    """

    def one(chosen: Chosen) -> DiskImage:
        source, repository = registries.source(chosen.places)

        def fetch(digest: Digest) -> AnyManifest:
            return near(digest) or parse_manifest(*source.manifest(repository, digest))

        digest = chosen.digest or source.resolve(repository, str(chosen.tag)).digest
        manifests = _walk(digest, architecture, fetch, chosen.pull_spec)
        wanted = Wanted(Kind.ADDITIONAL, chosen.source, digest, REPOSITORY, "")
        return DiskImage(chosen, Image(wanted, manifests))

    answers = each(one, images, workers=workers, stop=stop)
    raise_all(_together(images, answers))
    return tuple(answer for answer in answers if isinstance(answer, DiskImage))


def _together(
    images: Sequence[Chosen], answers: Sequence[DiskImage | BootstrapError]
) -> list[BootstrapError]:
    """Return the failures, each naming the image as the user knows it."""
    return [
        type(answer)(f"cannot read {chosen.pull_spec}", why=f"{answer.what}: {answer.why}", fix=answer.fix)
        for chosen, answer in zip(images, answers, strict=True)
        if isinstance(answer, BootstrapError)
    ]


def _walk(
    digest: Digest, architecture: str, fetch: Callable[[Digest], AnyManifest], name: str, depth: int = 0
) -> tuple[AnyManifest, ...]:
    """Return a manifest and what is wanted below it: children before parents, each once."""
    manifest = fetch(digest)
    if isinstance(manifest, Manifest):
        return (manifest,)
    found: dict[Digest, AnyManifest] = {}
    for child in _children(manifest, architecture, name) if depth < _DEEPEST else ():
        for each_one in _walk(child.digest, architecture, fetch, name, depth + 1):
            found[Digest.of(each_one.raw)] = each_one
    return (*found.values(), manifest)


def _children(index: Index, architecture: str, name: str) -> list[Descriptor]:
    """Return what an index has for the nodes: every variant, for we do not know their processors.

    Raises:
        NotFound: It has nothing for them.
    """
    listed = [each for each in index.manifests if each.platform is not None]
    found = [
        each
        for each in listed
        if each.platform and (each.platform.os, each.platform.architecture) == ("linux", architecture)
    ]
    if not found:
        has = ", ".join(sorted({str(each.platform) for each in listed})) or "no platform at all"
        raise NotFound(
            f"there is no image {name} for linux/{architecture}",
            why=f"its index has {has}",
            fix="leave it out (exclude), or correct the site's architecture",
        )
    return found
