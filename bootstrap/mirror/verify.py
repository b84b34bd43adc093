"""Proving that a registry has what it is said to have: nobody's word is taken, not even our own.

For every image: its tag points at the digest, the bytes of its manifests hash to theirs, and each blob that
they name is there with the right size. The blobs' bytes are read only when that is asked for.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable, Mapping, Sequence, Union

from bootstrap.errors import BootstrapError, Problems, VerificationError
from bootstrap.mirror.deep import DeepRead
from bootstrap.mirror.pool import each
from bootstrap.mirror.survey import walk
from bootstrap.oci.digest import Digest
from bootstrap.oci.manifest import Manifest

if TYPE_CHECKING:
    from bootstrap.oci.descriptor import Descriptor
    from bootstrap.oci.manifest import AnyManifest
    from bootstrap.store.interface import Source

_MOST_NAMED = 20  # images that one message lists


@dataclass(frozen=True)
class Target:
    """An image that has to be there.

    Attributes:
        source: What people call it.
        tag: None for one that is there by digest only.
        platforms: Only these of its index have to be there; empty for all.
    """

    source: str
    repository: str
    tag: str | None
    digest: Digest
    platforms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Broken:
    """A target that is not as it has to be, and in what way."""

    target: Target
    why: str


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
        """Return the targets that are not as they have to be, in their order.

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
        broken = []
        for target, tag in zip(targets, tags):  # noqa: B905  # strict= is not in 3.9
            why = _told(tag) or self._content_problem(target, manifests, blobs)
            if why:
                broken.append(Broken(target, why))
        return tuple(broken)

    def _blobs(self, wanted: Mapping[tuple[str, Digest], Descriptor]) -> dict[tuple[str, Digest], str | None]:
        """Return, for each blob of a repository, what is wrong with it."""

        def problem(place: tuple[str, Digest]) -> str | None:
            return None if self._store.blob_exists(place[0], wanted[place]) else _missing(wanted[place])

        answers = each(problem, wanted, workers=self._workers, stop=self._stop)
        return {place: _told(answer) for place, answer in zip(wanted, answers)}  # noqa: B905  # likewise

    def _read(
        self,
        places: Mapping[Digest, tuple[str, Digest]],
        wanted: Mapping[tuple[str, Digest], Descriptor],
        blobs: dict[tuple[str, Digest], str | None],
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
        for place, why in blobs.items():
            blobs[place] = why or reading.wrong.get(place[1])
        return {
            place[1]: place for place, why in blobs.items() if place[1] in reading.missing and why is None
        }

    def _content_problem(
        self,
        target: Target,
        manifests: dict[tuple[str, Digest], _Manifests],
        blobs: dict[tuple[str, Digest], str | None],
    ) -> str | None:
        found = manifests[target.repository, target.digest]
        if isinstance(found, BootstrapError):
            return _told(found)
        for manifest in found:
            for child in manifest.children() if isinstance(manifest, Manifest) else ():
                why = blobs[target.repository, child.digest]
                if why:
                    return why
        return None


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


def as_error(registry: str, broken: Sequence[Broken]) -> BootstrapError:
    """Return the error for one or more broken images of ``registry``."""
    errors = [
        VerificationError(
            f"{registry} does not hold {one.target.source} as {_name(one.target)}",
            why=one.why,
            fix="run `bootstrap-registry verify --repair`, which brings what is missing; what it cannot mend "
            "is damaged on the registry's disk (distribution keeps a damaged blob): remove it there first",
        )
        for one in broken[:_MOST_NAMED]
    ]
    if len(broken) > _MOST_NAMED:
        errors.append(
            VerificationError(
                f"{registry} does not hold {len(broken) - _MOST_NAMED} more images",
                why="the first of them are listed above",
                fix=errors[0].fix,
            )
        )
    return errors[0] if len(errors) == 1 else Problems(errors)


def _name(target: Target) -> str:
    return f"{target.repository}:{target.tag}" if target.tag else f"{target.repository}@{target.digest}"


def _told(answer: str | BootstrapError | None) -> str | None:
    return f"{answer.what}: {answer.why}" if isinstance(answer, BootstrapError) else answer
