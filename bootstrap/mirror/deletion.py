"""What goes when images are deleted, and what has to stay: worked out from a registry and the ledger.

A registry deletes manifests, not tags: every tag of a repository that points at a deleted manifest goes with
it, and so would an index that lists it break. What a release that stays still needs is therefore never
deleted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, List, Mapping, Sequence, Set, Tuple, Union

from bootstrap.errors import BootstrapError
from bootstrap.mirror.groups import group_of_entry
from bootstrap.mirror.image import Kind
from bootstrap.mirror.pool import each
from bootstrap.mirror.survey import walk
from bootstrap.oci.digest import Digest
from bootstrap.oci.manifest import Index, Manifest

if TYPE_CHECKING:
    import threading

    from bootstrap.mirror.ledger import Entry, Ledger
    from bootstrap.oci.manifest import AnyManifest
    from bootstrap.store.interface import Source

Place = Tuple[str, str]  # repository and digest
_ADDED = (Kind.SIGNATURE.value, Kind.ATTACHED.value)


@dataclass(frozen=True)
class Item:
    """One line of a list of what to delete.

    Attributes:
        source: What people call the image.
        reference: Tag or digest at the destination.
        type: As oc-mirror numbers or names it.
    """

    source: str
    repository: str
    reference: str
    type: Any

    @property
    def name(self) -> str:
        """The destination, without its registry."""
        return f"{self.repository}{'@' if Digest.is_digest(self.reference) else ':'}{self.reference}"


@dataclass(frozen=True)
class Going:
    """A manifest that will be deleted.

    Attributes:
        size: Bytes of manifests and blobs that nothing else that stays has.
        also: Other tags of it in the repository, or sources of what is there by digest, that go with it.
    """

    item: Item
    digest: str
    size: int
    also: Tuple[str, ...]


@dataclass(frozen=True)
class Staying:
    """An image that was to be deleted, and what still needs it."""

    item: Item
    needed_by: Tuple[str, ...]


@dataclass(frozen=True)
class Deletion:
    """Of one registry.

    Attributes:
        absent: Images of the list that are not there.
        stale: How many images of the ledger these are: it does not know that they are gone.
        size: Bytes of all that goes; what several images share is counted once.
    """

    location: str
    going: Tuple[Going, ...] = ()
    staying: Tuple[Staying, ...] = ()
    absent: Tuple[Item, ...] = ()
    stale: int = 0
    size: int = 0


@dataclass
class _Known:
    entries: List[Entry]
    content: Dict[Place, Dict[str, int]] = field(default_factory=dict)
    children: Dict[Place, Set[str]] = field(default_factory=dict)


def plan(
    items: Sequence[Item],
    ledger: Ledger,
    location: str,
    store: Source,
    *,
    workers: int,
    stop: threading.Event,
    tags: Callable[[str], Iterable[str]] = lambda _repository: (),
) -> Deletion:
    """Return what deleting ``items`` from the registry at ``location`` comes to.

    ``tags`` lists those of a repository: some may be nobody's that we know, and go too.

    Raises:
        BootstrapError: The registry does not say what it has.
        Stopped: ``stop`` was set.
    """
    found = each(
        lambda item: store.manifest_exists(item.repository, item.reference), items, workers=workers, stop=stop
    )
    places: Dict[Place, Item] = {}
    absent = []
    for item, descriptor in zip(items, found):  # noqa: B905  # strict= is not in 3.9
        if isinstance(descriptor, BootstrapError):
            raise descriptor
        if descriptor is None:
            absent.append(item)
        else:
            places.setdefault((item.repository, str(descriptor.digest)), item)
    known = _Known([entry for entry in ledger.images if location in entry.registries])
    _read(known, places, store, workers, stop)
    listed = {(item.repository, item.reference) for item in items}
    needed = _needed(places, known, listed)
    going = {place: item for place, item in places.items() if place not in needed}
    _add_attached(going, known)
    kept = {_place(entry) for entry in known.entries} - going.keys()
    stays: Set[str] = set().union(*(known.content.get(place, {}) for place in kept))
    sizes = {
        place: {digest: size for digest, size in known.content.get(place, {}).items() if digest not in stays}
        for place in going
    }
    foreign = _foreign(going, known, items, store, tags)
    total: Dict[str, int] = {}
    for content in sizes.values():
        total.update(content)
    return Deletion(
        location,
        tuple(
            Going(item, place[1], sum(sizes[place].values()), _also(place, item, known, items, foreign))
            for place, item in going.items()
        ),
        tuple(Staying(places[place], tuple(sorted(by))) for place, by in needed.items()),
        tuple(absent),
        _stale(absent, known),
        sum(total.values()),
    )


def _read(
    known: _Known, places: Mapping[Place, Item], store: Source, workers: int, stop: threading.Event
) -> None:
    """Learn what all images of the registry consist of; one that is broken already consists of nothing."""
    only = {_place(entry): entry.platforms for entry in known.entries}
    sought = list(dict.fromkeys([*only, *places]))

    def look(place: Place) -> Tuple[AnyManifest, ...]:
        return walk(store, place[0], Digest(place[1]), platforms=only.get(place, ()))

    answers: List[Union[Tuple[AnyManifest, ...], BootstrapError]] = each(
        look, sought, workers=workers, stop=stop
    )
    for place, manifests in zip(sought, answers):  # noqa: B905  # likewise
        if isinstance(manifests, BootstrapError):
            continue
        content = known.content.setdefault(place, {})
        for manifest in manifests:
            content[str(Digest.of(manifest.raw))] = len(manifest.raw)
            if isinstance(manifest, Manifest):
                content.update({str(child.digest): child.size for child in manifest.children()})
            elif isinstance(manifest, Index):
                below = {str(child.digest) for child in manifest.manifests}
                known.children.setdefault(place, set()).update(below)


def _needed(
    places: Mapping[Place, Item], known: _Known, listed: Set[Tuple[str, str]]
) -> Dict[Place, Set[str]]:
    """Return what must not be deleted, and what needs it."""
    gone = {
        (entry.release, entry.architecture)
        for entry in known.entries
        if entry.kind == Kind.RELEASE.value and (entry.destination, entry.tag) in listed
    }
    needed: Dict[Place, Set[str]] = {}
    for entry in known.entries:
        place = _place(entry)
        is_listed = (entry.destination, entry.tag) in listed or place in listed
        is_of_kept_release = (
            entry.release is not None
            and entry.kind not in _ADDED
            and (entry.release, entry.architecture) not in gone
        )
        if place in places and is_of_kept_release and not is_listed:
            needed.setdefault(place, set()).add(group_of_entry(entry))
    # What an index lists lies in its repository by digest: deleting it would break what stays.
    for entry in known.entries:
        place = _place(entry)
        if place in places and place not in needed:
            continue
        for child in known.children.get(place, ()):
            if (entry.destination, child) in places:
                needed.setdefault((entry.destination, child), set()).add(entry.source)
    return needed


def _add_attached(going: Dict[Place, Item], known: _Known) -> None:
    """Let signatures and what else is attached by a tag go with their images."""
    by_repository: Dict[str, Dict[str, Item]] = {}
    for (repository, digest), item in going.items():
        by_repository.setdefault(repository, {})[digest.replace(":", "-")] = item
    for entry in known.entries:
        of = by_repository.get(entry.destination)
        # sha256-<64 hex>, then .sig, .att, .sbom or nothing
        base = of.get((entry.tag or "")[:71]) if of and entry.kind in _ADDED else None
        if base is not None and entry.tag is not None:
            added = Item(entry.source, entry.destination, entry.tag, base.type)
            going.setdefault(_place(entry), added)


def _stale(absent: Sequence[Item], known: _Known) -> int:
    names = {(item.repository, item.reference) for item in absent}
    return sum(bool({(entry.destination, entry.tag), _place(entry)} & names) for entry in known.entries)


def _foreign(
    going: Mapping[Place, Item],
    known: _Known,
    items: Sequence[Item],
    store: Source,
    tags: Callable[[str], Iterable[str]],
) -> Dict[Place, Set[str]]:
    """Return the tags that the ledger does not know, of what goes."""
    ours = {(entry.destination, entry.tag) for entry in known.entries}
    ours |= {(item.repository, item.reference) for item in items}
    found: Dict[Place, Set[str]] = {}
    for repository in sorted({repository for repository, _ in going}):
        for tag in tags(repository):
            there = None if (repository, tag) in ours else store.manifest_exists(repository, tag)
            if there is not None and (repository, str(there.digest)) in going:
                found.setdefault((repository, str(there.digest)), set()).add(f"{repository}:{tag}")
    return found


def _also(
    place: Place, item: Item, known: _Known, items: Sequence[Item], foreign: Mapping[Place, Set[str]]
) -> Tuple[str, ...]:
    """Return what else of a repository goes with a manifest."""
    names = {
        f"{entry.destination}:{entry.tag}" if entry.tag else f"{entry.source} by its digest"
        for entry in known.entries
        if _place(entry) == place and entry.tag != item.reference
    }
    names |= foreign.get(place, set())
    return tuple(sorted(names - {each.name for each in items}))


def _place(entry: Entry) -> Place:
    return entry.destination, entry.digest
