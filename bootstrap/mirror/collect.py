"""From an image set to the images wanted: releases with all that they list, and single images."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Callable, Iterable

from bootstrap.errors import ConfigError
from bootstrap.mirror import layout
from bootstrap.mirror.collect_releases import ReleaseCollector
from bootstrap.mirror.collected import Collected
from bootstrap.mirror.image import Failure, Kind, Wanted
from bootstrap.mirror.pool import each
from bootstrap.oci.digest import Digest
from bootstrap.registry.retry import RetryPolicy

if TYPE_CHECKING:
    from bootstrap.imageset.model import AdditionalImage, ImageSet
    from bootstrap.mirror.collected import Sources
    from bootstrap.oci.reference import Reference
    from bootstrap.release.graph import GraphClient
    from bootstrap.release.signature import Verifier


class Collector:
    """Resolves image sets.

    Args:
        verifier: None to take releases without looking at their signature.
        graph_image: Makes the graph-data image.
        registry: Location of the first registry; ``blockedImages`` may name destinations.
        report: Is told in a few words what is being resolved.
        workers: Most requests in flight at once.
    """

    def __init__(
        self,
        sources: Sources,
        graph: GraphClient,
        verifier: Verifier | None,
        *,
        graph_image: Callable[[], Wanted],
        registry: str,
        report: Callable[[str], None],
        workers: int,
        stop: threading.Event,
    ) -> None:
        self._releases = ReleaseCollector(
            sources, graph, verifier, graph_image, report, RetryPolicy(stop=stop)
        )
        self._sources, self._registry, self._report = sources, registry, report
        self._workers, self._stop = workers, stop

    def collect(self, image_set: ImageSet) -> Collected:
        """Return all images of ``image_set`` but the blocked ones, each destination once.

        Raises:
            ConfigError: Two different images would get the same tag.
            BootstrapError: The update graph cannot be used; nothing can be said then.
        """
        found = Collected()
        self._releases.collect(image_set.platform, found)
        self._additional(image_set, found)
        is_blocked = blocks(image_set.blocked, self._registry)
        found.wanted = _unique(image for image in found.wanted if not is_blocked(image))
        return found

    def _additional(self, image_set: ImageSet, found: Collected) -> None:
        images = image_set.additional_images
        if images:
            self._report(f"{len(images)} additional images")
        answers = each(self._additional_one, images, workers=self._workers, stop=self._stop)
        for image, answer in zip(images, answers):  # noqa: B905  # strict= is not in 3.9
            if isinstance(answer, Wanted):
                found.wanted.append(answer)
            elif isinstance(answer, ConfigError):
                raise answer
            else:
                found.failures.append(Failure(_placeholder(image.source), answer))

    def _additional_one(self, image: AdditionalImage) -> Wanted:
        digest = image.source.digest
        if digest is None:
            store, repository = self._sources.store_for(image.source.name)
            digest = store.resolve(repository, str(image.source.tag)).digest
        platforms = tuple(map(str, image.platforms))
        return Wanted(Kind.ADDITIONAL, image.source, digest, *layout.additional(image), platforms=platforms)


def blocks(patterns: Iterable[str], registry: str) -> Callable[[Wanted], bool]:
    """Return what says whether a pattern is found in source or destination (oc-mirror's excludeImages).

    Args:
        patterns: Regular expressions.
        registry: Location of the first registry.
    """
    compiled = [re.compile(pattern) for pattern in patterns]

    def is_blocked(image: Wanted) -> bool:
        names = (str(image.source), f"{registry}/{image.repository}:{image.tag}")
        return any(pattern.search(name) for pattern in compiled for name in names)

    return is_blocked


def _placeholder(image: Reference) -> Wanted:
    """Stand for an image that could not be looked at, in messages."""
    return Wanted(Kind.ADDITIONAL, image, image.digest or Digest.of(b""), image.repository, image.tag or "")


def _unique(wanted: Iterable[Wanted]) -> list[Wanted]:
    found: dict[tuple[str, str], Wanted] = {}
    clashes = []
    for image in wanted:
        place = image.repository, image.tag
        other = found.setdefault(place, image)
        if other.platforms != image.platforms:
            # Twice with platforms: both; and once without: all.
            both = (*other.platforms, *image.platforms) if other.platforms and image.platforms else ()
            found[place] = replace(other, platforms=tuple(dict.fromkeys(both)))
        if other.digest != image.digest:
            clashes.append(f"{other.source} and {image.source} would both be {image.repository}:{image.tag}")
    if clashes:
        raise ConfigError(
            "two images would get the same tag at the destination",
            why="; ".join(clashes),
            fix="set targetTag or targetRepo of one of them",
        )
    return list(found.values())
