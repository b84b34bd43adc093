"""Proving that a registry has what it is said to have: nobody's word is taken, not even our own.

For every image: its tag points at the digest, the bytes of its manifests hash to theirs, and each blob that
they name is there with the right size. The blobs' bytes are read only when that is asked for.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Callable, Iterator, Mapping, Sequence, Union

from bootstrap.errors import BootstrapError
from bootstrap.mirror.broken import Answer, Target, as_broken, worst
from bootstrap.mirror.deep import DeepRead
from bootstrap.mirror.pool import each
from bootstrap.mirror.survey import walk
from bootstrap.oci.digest import Digest
from bootstrap.oci.manifest import Manifest

if TYPE_CHECKING:
    from bootstrap.mirror.broken import Broken
    from bootstrap.oci.descriptor import Descriptor
    from bootstrap.oci.manifest import AnyManifest
    from bootstrap.store.interface import Source

_Manifests = Union["tuple[AnyManifest, ...]", BootstrapError]


class Verification:
    """Of one registry.

    Args:
        store: The registry.
        workers: Most requests in flight at once.
        readers: Most blobs to read at once, each once; 0 for not reading any.
        on_read: Told twice a second how far that is, with the numbers of the event ``progress``.

    Attributes:
        bytes_read: Of blobs, so far.
    """

    def __init__(
        self,
        store: Source,
        *,
        workers: int,
        stop: threading.Event,
        readers: int = 0,
        on_read: Callable[[Mapping[str, object]], None] = lambda _numbers: None,
    ) -> None:
        self._store, self._workers, self._stop = store, workers, stop
        self._readers, self._on_read = readers, on_read
        self.bytes_read = 0

    def run(
        self, targets: Sequence[Target], *, seen: Mapping[Target, tuple[AnyManifest, ...]] | None = None
    ) -> tuple[Broken, ...]:
        """Return the targets that were not seen to be as they have to be, in their order.

        Args:
            targets: Images of the registry.
            seen: Those whose tag and manifests this run has read from the registry already, and not written.

        Raises:
            Stopped: ``stop`` was set.
        """
        seen = seen or {}
        manifests: dict[tuple[str, Digest], _Manifests] = {
            (target.repository, target.digest): found for target, found in seen.items()
        }
        roots: dict[tuple[str, Digest], tuple[bytes, str]] = {}

        def tag_problem(target: Target) -> str | None:
            if target.tag is None or target in seen:
                return None
            root = self._store.tagged(target.repository, target.tag)
            if root is None:
                return f"the tag {target.tag} is not there"
            found = Digest.of(root[0])
            if found != target.digest:
                return f"the tag {target.tag} points at {found}, not at {target.digest}"
            roots[target.repository, target.digest] = root
            return None

        tags = each(tag_problem, targets, workers=self._workers, stop=self._stop)
        places = [(target.repository, target.digest) for target in targets]
        places = [place for place in dict.fromkeys(places) if place not in manifests]
        only = _platforms(targets)
        walked = each(
            lambda place: walk(self._store, *place, root=roots.pop(place, None), platforms=only[place]),
            places,
            workers=self._workers,
            stop=self._stop,
        )
        manifests.update(zip(places, walked))  # noqa: B905  # strict= is not in 3.9
        wanted = _blobs_of(manifests)
        read_at = {place[1]: place for place in reversed(list(wanted))} if self._readers else {}
        # What is read need not be asked for.
        blobs = self._blobs({place: wanted[place] for place in wanted if read_at.get(place[1]) != place})
        while read_at:
            read_at = self._read(read_at, wanted, blobs)
        found = []
        for target, tag in zip(targets, tags):  # noqa: B905  # strict= is not in 3.9
            answer = worst((tag, *_content(target, manifests, blobs)))
            if answer is not None:
                found.append(as_broken(target, answer))
        return tuple(found)

    def _blobs(self, wanted: Mapping[tuple[str, Digest], Descriptor]) -> dict[tuple[str, Digest], Answer]:
        """Return, for each blob of a repository, what is wrong with it."""

        def problem(place: tuple[str, Digest]) -> str | None:
            return None if self._store.blob_exists(place[0], wanted[place]) else _missing(wanted[place])

        answers = each(problem, wanted, workers=self._workers, stop=self._stop)
        return dict(zip(wanted, answers))  # noqa: B905  # likewise

    def _read(
        self,
        places: Mapping[Digest, tuple[str, Digest]],
        wanted: Mapping[tuple[str, Digest], Descriptor],
        blobs: dict[tuple[str, Digest], Answer],
    ) -> dict[Digest, tuple[str, Digest]]:
        """Read blobs, each at one place, and note in ``blobs`` what is wrong with them wherever they are.

        Returns:
            Where else to read those that were not at their place.
        """
        at = {digest: (place[0], wanted[place]) for digest, place in places.items()}
        reading = DeepRead(self._store, at, workers=self._readers, stop=self._stop)
        reading.run(self._on_read)
        self.bytes_read += reading.bytes_read
        for digest, place in places.items():
            blobs[place] = _missing(wanted[place]) if digest in reading.missing else None
        for place, answer in blobs.items():
            blobs[place] = worst((answer, reading.wrong.get(place[1])))
        return {
            place[1]: place
            for place, answer in blobs.items()
            if place[1] in reading.missing and answer is None
        }


def _content(
    target: Target,
    manifests: Mapping[tuple[str, Digest], _Manifests],
    blobs: Mapping[tuple[str, Digest], Answer],
) -> Iterator[Answer]:
    """Yield what the manifests and blobs of ``target`` have come to."""
    found = manifests[target.repository, target.digest]
    if isinstance(found, BootstrapError):
        yield found
        return
    for manifest in found:
        for child in manifest.children() if isinstance(manifest, Manifest) else ():
            yield blobs[target.repository, child.digest]


def _blobs_of(manifests: Mapping[tuple[str, Digest], _Manifests]) -> dict[tuple[str, Digest], Descriptor]:
    """Return every blob of every repository, as the manifests there name it."""
    return {
        (repository, child.digest): child
        for (repository, _), found in manifests.items()
        for manifest in (() if isinstance(found, BootstrapError) else found)
        for child in (manifest.children() if isinstance(manifest, Manifest) else ())
    }


def _missing(blob: Descriptor) -> str:
    return f"blob {blob.digest} ({blob.size} bytes) is not there, or not whole"


def _platforms(targets: Sequence[Target]) -> dict[tuple[str, Digest], tuple[str, ...]]:
    """Return which platforms of each image have to be there; one target without any asks for all."""
    found: dict[tuple[str, Digest], tuple[str, ...]] = {}
    for target in targets:
        place = target.repository, target.digest
        known = found.get(place, target.platforms)
        found[place] = (*known, *target.platforms) if known and target.platforms else ()
    return found
