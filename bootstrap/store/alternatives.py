"""One repository that is at several places: the first that has what is asked for gives it.

Every failure of a place leads to the next one, whatever it is, for content is known by its digest; a place
that does not answer, or does not let us in, is not asked again while there is another. When all of them fail
it is the last one whose word counts.

Source: containers-registries.conf(5), "Remapping and mirroring registries".
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable, Iterator, Sequence, TypeVar

from bootstrap.errors import BootstrapError, ConfigError, Denied, NotFound, TransferError
from bootstrap.oci.digest import Digest

if TYPE_CHECKING:
    from types import TracebackType

    from bootstrap.oci.descriptor import Descriptor
    from bootstrap.store.interface import BlobReader, Source

T = TypeVar("T")


@dataclass(frozen=True)
class Alternative:
    """A place.

    Attributes:
        registry: Of the store, for messages.
        repository: What it is called there.
        serves_tags: Whether it may be asked for tags.
        serves_digests: Likewise for digests.
    """

    store: Source
    registry: str
    repository: str
    serves_tags: bool = True
    serves_digests: bool = True

    def __str__(self) -> str:
        return f"{self.registry}/{self.repository}"


class Alternatives:
    """A ``Source`` of one repository, whatever repository it is asked for; for many threads.

    Args:
        places: In the order to try, one at least.
    """

    def __init__(self, places: Sequence[Alternative]) -> None:
        self._places = tuple(places)
        self.name = self._places[-1].registry
        self._lock = threading.Lock()
        self._gone: set[Alternative] = set()
        self._tagged: set[Alternative] = set()
        self._broken: dict[Digest, int] = {}

    def resolve(self, repository: str, reference: str) -> Descriptor:
        """See ``Source``."""
        found = self.manifest_exists(repository, reference)
        if found is None:
            mark = "@" if Digest.is_digest(reference) else ":"
            tried = ", ".join(map(str, self._places))
            raise NotFound(
                f"there is no image {self._places[-1]}{mark}{reference}",
                why=f"none of the places where it may be has it: {tried}",
                fix="check the name; a tag or release may have been removed",
            )
        return found

    def manifest(self, repository: str, digest: Digest) -> tuple[bytes, str]:  # noqa: ARG002  # see the class
        """See ``Source``."""
        return self._needed(self._by_digest(), lambda place: place.store.manifest(place.repository, digest))

    def tagged(self, repository: str, tag: str) -> tuple[bytes, str] | None:  # noqa: ARG002  # likewise
        """See ``Source``."""
        return self._by_tag(tag, lambda place: place.store.tagged(place.repository, tag))

    def manifest_exists(self, repository: str, reference: str) -> Descriptor | None:  # noqa: ARG002  # likewise
        """See ``Source``."""

        def ask(place: Alternative) -> Descriptor | None:
            return place.store.manifest_exists(place.repository, reference)

        if Digest.is_digest(reference):
            return self._first(self._by_digest(), ask)
        return self._by_tag(reference, ask)

    def referrers(self, repository: str, digest: Digest) -> tuple[Descriptor, ...] | None:  # noqa: ARG002  # likewise
        """See ``Source``; the first place that lists any."""
        return self._first(
            self._by_digest(), lambda place: place.store.referrers(place.repository, digest) or None
        )

    def blob_exists(self, repository: str, descriptor: Descriptor) -> bool:  # noqa: ARG002  # likewise
        """See ``Source``."""
        return bool(
            self._first(
                self._by_digest(),
                lambda place: place.store.blob_exists(place.repository, descriptor) or None,
            )
        )

    def open_blob(self, repository: str, descriptor: Descriptor) -> BlobReader:  # noqa: ARG002  # likewise
        """See ``Source``; who begins a blob again that broke or was wrong gets it from the next place."""
        places = self._by_digest()
        with self._lock:
            first = self._broken.get(descriptor.digest, 0) % len(places)
        return self._needed(
            [*places[first:], *places[:first]],
            lambda place: _Watched(place, descriptor, self._broke),
        )

    def places(self) -> list[Alternative]:
        """Return the places for blobs, in the order to try, without those that did not answer before.

        For who tries them himself, and holds each registry to its own pace.

        Raises:
            ConfigError: There is none.
        """
        return self._present(self._by_digest())

    def _by_digest(self) -> list[Alternative]:
        """Return the places for digests; last those for tags only, where they have given one."""
        with self._lock:
            tagged = set(self._tagged)
        places = [place for place in self._places if place.serves_digests]
        places += [place for place in self._places if not place.serves_digests and place in tagged]
        if not places:
            raise self._unasked("a digest")
        return places

    def _by_tag(self, tag: str, ask: Callable[[Alternative], T | None]) -> T | None:
        places = [place for place in self._places if place.serves_tags]
        if not places:
            raise self._unasked(tag)

        def noted(place: Alternative) -> T | None:
            found = ask(place)
            if found is not None:
                with self._lock:
                    self._tagged.add(place)
            return found

        return self._first(places, noted)

    def _needed(self, places: Sequence[Alternative], ask: Callable[[Alternative], T]) -> T:
        found = self._first(places, ask)
        assert found is not None, "it fails instead"
        return found

    def _first(self, places: Sequence[Alternative], ask: Callable[[Alternative], T | None]) -> T | None:
        """Return the first answer that is one; None when the last place said that there is nothing."""
        failures: list[BootstrapError] = []
        has_failed = False
        for place in self._present(places):
            try:
                found = ask(place)
            except BootstrapError as error:
                has_failed = True
                failures.append(error)
                if isinstance(error, (TransferError, Denied, ConfigError)):
                    with self._lock:
                        self._gone.add(place)
                continue
            has_failed = False
            if found is not None:
                return found
        if has_failed:
            raise together(failures)
        return None

    def _present(self, places: Sequence[Alternative]) -> list[Alternative]:
        with self._lock:
            return [place for place in places if place not in self._gone] or list(places)

    def _broke(self, descriptor: Descriptor) -> None:
        with self._lock:
            self._broken[descriptor.digest] = self._broken.get(descriptor.digest, 0) + 1

    def _unasked(self, reference: str) -> ConfigError:
        return ConfigError(
            f"cannot fetch {reference} of {self._places[-1]}",
            why="its mirrors may not be asked for that (pull-from-mirror), and the source itself is blocked",
            fix="name the image the other way, by tag or digest, or change pull-from-mirror of a mirror",
        )


class _Watched:
    """A ``BlobReader`` that proves what it gives: a wrong byte, or a missing one, is no last word."""

    def __init__(
        self, place: Alternative, descriptor: Descriptor, broke: Callable[[Descriptor], None]
    ) -> None:
        self._reader = place.store.open_blob(place.repository, descriptor)
        self._place, self._descriptor, self._broke = place, descriptor, broke

    def __enter__(self) -> _Watched:  # noqa: PYI034  # typing.Self is not in 3.9
        self._reader.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        self._reader.__exit__(kind, error, traceback)

    def __iter__(self) -> Iterator[bytes]:
        hasher, size = hashlib.sha256(), 0
        try:
            for chunk in self._reader:
                size += len(chunk)
                hasher.update(chunk)
                if size > self._descriptor.size:
                    break
                yield chunk
        except TransferError:
            self._broke(self._descriptor)
            raise
        if size == self._descriptor.size and hasher.hexdigest() == self._descriptor.digest.hex:
            return
        self._broke(self._descriptor)
        raise TransferError(
            f"the bytes of blob {self._descriptor.digest} from {self._place} are not what was asked for",
            why=f"{size} bytes came, of {self._descriptor.size}, or others than those of that digest",
            fix="look at that registry, or at the proxy before it; another place is tried",
            is_temporary=True,
        )


def together(failures: Sequence[BootstrapError], *, others: str = "its mirrors") -> BootstrapError:
    """Return the last failure, which also tells the ones before it, of ``others``."""
    last = failures[-1]
    if len(failures) == 1:
        return last
    before = "; ".join(f"{error.what}: {error.why}" for error in failures[:-1])
    why = f"{last.why}; {others} failed, too: {before}"
    if isinstance(last, TransferError):
        return type(last)(last.what, why=why, fix=last.fix, is_temporary=last.is_temporary)
    return type(last)(last.what, why=why, fix=last.fix)
