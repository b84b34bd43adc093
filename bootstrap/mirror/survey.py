"""Looking before moving: what images consist of, and how much of them a destination has already."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable, Collection, Sequence

from bootstrap.errors import BootstrapError, Denied, NotFound, RegistryError
from bootstrap.mirror.image import Failure, Image, Wanted
from bootstrap.mirror.pool import each
from bootstrap.oci.digest import Digest
from bootstrap.oci.manifest import AnyManifest, Index, is_manifest_type, parse_manifest

if TYPE_CHECKING:
    from bootstrap.mirror.collected import Sources
    from bootstrap.oci.descriptor import Descriptor
    from bootstrap.store.interface import Source

_MOST_MANIFESTS = 1000  # in one image; an index has a handful


@dataclass(frozen=True)
class Read:
    """What the images of a run consist of.

    Attributes:
        images: In the order asked for, without the failures.
        whole: Those that the destination has, tag and manifests; the rest was read at the source.
    """

    images: tuple[Image, ...]
    whole: frozenset[Wanted]
    failures: tuple[Failure, ...]


@dataclass(frozen=True)
class Seen:
    """What a destination has of some images.

    Attributes:
        whole: Those whose tag is there, with all manifests; as read from it, unless somebody else said so.
        present: (repository, digest) of the blobs that are there, as far as anybody asked.
    """

    whole: frozenset[Wanted]
    present: frozenset[tuple[str, Digest]]


class Surveyor:
    """Asks registries, several at a time.

    Args:
        workers: Most requests in flight at once.
    """

    def __init__(self, *, workers: int, stop: threading.Event) -> None:
        self._workers, self._stop = workers, stop

    def read(
        self,
        wanted: Sequence[Wanted],
        sources: Sources,
        destination: Source,
        *,
        repositories: Collection[str] | None = None,
    ) -> Read:
        """Return what the images consist of; where ``destination`` has one its source is left alone.

        Args:
            wanted: The images.
            sources: Where they are had from.
            destination: A registry.
            repositories: All that it has anything in, as is known for certain; None to ask for every image.
        """

        def one(image: Wanted) -> tuple[Image, bool]:
            manifests = None
            if repositories is None or image.repository in repositories:
                manifests = _found(image, destination)
            if manifests is not None:
                return Image(image, manifests), True
            source, repository = sources.store_for(image.source.name)
            return Image(image, walk(source, repository, image.digest, platforms=image.platforms)), False

        images: list[Image] = []
        whole: set[Wanted] = set()
        failures: list[Failure] = []
        answers = each(one, wanted, workers=self._workers, stop=self._stop)
        for asked, answer in zip(wanted, answers):  # noqa: B905  # strict= is not in 3.9
            if isinstance(answer, BootstrapError):
                failures.append(Failure(asked, answer))
                continue
            images.append(answer[0])
            if answer[1]:
                whole.add(asked)
        return Read(tuple(images), frozenset(whole), tuple(failures))

    def look(
        self,
        images: Sequence[Image],
        destination: Source,
        *,
        whole: Collection[Wanted] | None = None,
        broken: Collection[Wanted] = (),
        repositories: Callable[[], Collection[str] | None] = lambda: None,
    ) -> Seen:
        """Return what ``destination`` has of ``images``.

        Args:
            images: All of the run.
            destination: A registry.
            whole: Those that are whole there, as is known already; None to ask for every tag. Of all others
                every blob is asked for.
            broken: Those that are not whole, whatever their tags say.
            repositories: Gives those that the registry has anything in, or None when nobody knows; asked only
                when something may be missing: what is in none of them need not be asked for.
        """
        if whole is None:
            answers = each(
                lambda image: _found(image.wanted, destination) == image.manifests,
                images,
                workers=self._workers,
                stop=self._stop,
            )
            # A question that failed is asked again when the image is moved, with all the patience that has.
            whole = {
                image.wanted
                for image, answer in zip(images, answers)  # noqa: B905  # strict= is not in 3.9
                if answer is True and image.wanted not in broken
            }
        present = {
            (image.wanted.repository, blob.digest)
            for image in images
            if image.wanted in whole
            for blob in image.blobs
        }
        rest = [image for image in images if image.wanted not in whole]
        present |= self._present(rest, destination, present, repositories)
        return Seen(frozenset(whole), frozenset(present))

    def _present(
        self,
        images: Sequence[Image],
        destination: Source,
        known: set[tuple[str, Digest]],
        repositories: Callable[[], Collection[str] | None],
    ) -> set[tuple[str, Digest]]:
        places: dict[tuple[str, Digest], Descriptor] = {}
        for image in images:
            for blob in image.blobs:
                if (image.wanted.repository, blob.digest) not in known:
                    places[image.wanted.repository, blob.digest] = blob
        listed = repositories() if places else None
        if listed is not None and {repository for repository, _ in known} <= set(listed):  # it hides none
            places = {place: blob for place, blob in places.items() if place[0] in listed}

        def is_there(place: tuple[str, Digest]) -> bool:
            return destination.blob_exists(place[0], places[place])

        answers = each(is_there, places, workers=self._workers, stop=self._stop)
        return {place for place, answer in zip(places, answers) if answer is True}  # noqa: B905  # likewise


def walk(
    source: Source,
    repository: str,
    digest: Digest,
    *,
    root: tuple[bytes, str] | None = None,
    platforms: Collection[str] = (),
) -> tuple[AnyManifest, ...]:
    """Return the manifest ``digest`` and all below it: children before parents, each once.

    Args:
        source: Where they are.
        repository: There.
        digest: Of the root.
        root: Its bytes and media type, where they are known already.
        platforms: ``linux/amd64`` …: only these of what the root lists, where it is an index; empty for all.

    Raises:
        NotFound: One of them is not there, or the index has none for one of the platforms.
        RegistryError: There are more than any sensible image has, or one is none that we know.
    """
    found: dict[Digest, AnyManifest] = {}

    def visit(current: Digest) -> None:
        if current in found:
            return
        if len(found) >= _MOST_MANIFESTS:
            raise RegistryError(
                f"cannot mirror the image {digest}",
                why=f"it has more than {_MOST_MANIFESTS} manifests",
                fix="leave it out of the image set",
            )
        content, media_type = root if root and current == digest else source.manifest(repository, current)
        manifest = parse_manifest(content, media_type)
        if isinstance(manifest, Index):
            of = platforms if current == digest else ()
            for child in _chosen(manifest, of, f"{repository}@{digest}"):
                if is_manifest_type(child.media_type):
                    visit(child.digest)
        found[current] = manifest

    visit(digest)
    return tuple(found.values())


def _chosen(index: Index, platforms: Collection[str], name: str) -> Sequence[Descriptor]:
    """Return what an index lists for ``platforms``, of every variant.

    Source: containers/image v5, ``copy/multiple.go``, ``determineSpecificImages``.
    """
    if not platforms:
        return index.manifests
    by_platform: dict[str, list[Descriptor]] = {}
    for child in index.manifests:
        if child.platform is not None:
            by_platform.setdefault(f"{child.platform.os}/{child.platform.architecture}", []).append(child)
    lacking = [platform for platform in platforms if platform not in by_platform]
    if lacking:
        raise NotFound(
            f"there is no {name} for {', '.join(lacking)}",
            why=f"its index has {', '.join(by_platform) or 'no platforms'}",
            fix="correct platforms in the image set, or leave them out for all that it has",
        )
    return [child for platform in dict.fromkeys(platforms) for child in by_platform[platform]]


def _found(image: Wanted, store: Source) -> tuple[AnyManifest, ...] | None:
    """Return the image's manifests as its tag in ``store`` leads to them; None when not all are there.

    One request for an image that is there. A registry that cannot read its own tag (a power cut emptied it),
    or has something damaged below it, has not got the image.
    """
    try:
        root = store.tagged(image.repository, image.tag)
        if root is None or Digest.of(root[0]) != image.digest:
            return None
        return walk(store, image.repository, image.digest, root=root, platforms=image.platforms)
    except Denied:
        raise
    except RegistryError:
        return None
