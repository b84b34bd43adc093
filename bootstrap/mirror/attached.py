"""What is attached to images at their source: signatures, attestations, bills of materials.

Two ways are in use. cosign's tags ``sha256-<hex>.sig``, ``.att`` and ``.sbom`` are images like others. The
OCI way is a manifest with a ``subject``; a registry lists those (referrers API), or an index does that is
tagged ``sha256-<hex>``. At the destination such an index is always kept: distribution has no such API,
neither 2.8 nor 3.0, and a registry that has one lists the manifests besides. What the index lists there
already stays.

Who asks for all of that on every run asks more than for the images themselves; so it is asked for images
that are new, and for those whose attached artefacts were never seen to be whole (``Entry.attached``).

Source: OCI distribution-spec v1.1.1, "Listing Referrers" and "Referrers Tag Schema"; cosign,
specs/SIGNATURE_SPEC.md, "Tag-based discovery".
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Callable, Iterable, Mapping, Sequence

from bootstrap.errors import BootstrapError, NotFound, RegistryError
from bootstrap.mirror import layout
from bootstrap.mirror.image import Failure, Image, Kind, Wanted
from bootstrap.mirror.pool import each
from bootstrap.mirror.survey import Read, walk
from bootstrap.oci.digest import Digest
from bootstrap.oci.manifest import OCI_INDEX, AnyManifest, Index, parse_manifest

if TYPE_CHECKING:
    from bootstrap.mirror.collected import Sources
    from bootstrap.oci.descriptor import Descriptor
    from bootstrap.store.interface import Source

_TAGS = (".sig", ".att", ".sbom")
_DEEPEST = 3  # a signature of a bill of materials of an image is the second
_MOST_SUBJECTS = 32  # manifests of one image that are asked for one by one
_MOST_ARTEFACTS = 200  # of one image

Known = Mapping["tuple[str, Digest]", "tuple[str, ...]"]


@dataclass
class Found:
    """What is attached to the images of a run.

    Attributes:
        tags: By image, those that its attached artefacts have in its repository; only of images of which all
            could be read.
        warnings: What is not mirrored, and why that is no failure.
    """

    images: list[Image] = field(default_factory=list)
    whole: set[Wanted] = field(default_factory=set)
    failures: list[Failure] = field(default_factory=list)
    tags: dict[Wanted, tuple[str, ...]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


class Finder:
    """Looks for attached artefacts.

    Args:
        sources: Where images are.
        destination: The registry to fill.
        known: By repository and digest there, the tags of what is attached to the image, as proved before.
        is_blocked: Whether the user wants an image left out.
        workers: Most images looked at at once.
    """

    def __init__(
        self,
        sources: Sources,
        destination: Source,
        known: Known,
        *,
        is_blocked: Callable[[Wanted], bool],
        workers: int,
        stop: threading.Event,
    ) -> None:
        self._sources, self._destination, self._known = sources, destination, known
        self._is_blocked, self._workers, self._stop = is_blocked, workers, stop

    def find(self, read: Read) -> Found:
        """Return what is attached to the release images and additional images of ``read``."""
        subjects = [image for image in read.images if image.wanted.kind in (Kind.RELEASE, Kind.ADDITIONAL)]
        answers = each(
            lambda image: self._one(image, image.wanted in read.whole),
            subjects,
            workers=self._workers,
            stop=self._stop,
        )
        found = Found()
        taken = {(image.wanted.repository, image.wanted.tag) for image in read.images}
        for image, answer in zip(subjects, answers):  # noqa: B905  # strict= is not in 3.9
            if isinstance(answer, BootstrapError):
                found.failures.append(Failure(image.wanted, answer))
                continue
            found.failures += answer.failures
            found.warnings += answer.warnings
            found.tags.update(answer.tags)
            found.whole |= answer.whole
            for one in answer.images:
                if (one.wanted.repository, one.wanted.tag) not in taken:  # two tags of one image share them
                    taken.add((one.wanted.repository, one.wanted.tag))
                    found.images.append(one)
        return found

    def _one(self, image: Image, is_whole: bool) -> Found:
        tags = self._known.get((image.wanted.repository, image.wanted.digest))
        if is_whole and tags is not None:
            kept = [self._kept(image.wanted, tag) for tag in tags]
            if None not in kept:
                images = [each for each in kept if each is not None]
                return Found(images, {each.wanted for each in images}, tags={image.wanted: tags})
        store, repository = self._sources.store_for(image.wanted.source.name)
        probe = _Probe(store, repository, self._destination, image, self._is_blocked)
        return probe.run()

    def _kept(self, subject: Wanted, tag: str) -> Image | None:
        """Return what the destination has under ``tag``; None when that is not there, or not whole."""
        try:
            there = self._destination.tagged(subject.repository, tag)
            if there is None:
                return None
            wanted = _attached(subject, tag, Digest.of(there[0]))
            return Image(wanted, walk(self._destination, subject.repository, wanted.digest))
        except RegistryError:
            return None


class _Probe:
    """One image, asked for at its source."""

    def __init__(
        self,
        store: Source,
        repository: str,
        destination: Source,
        image: Image,
        is_blocked: Callable[[Wanted], bool],
    ) -> None:
        self._store, self._repository, self._destination = store, repository, destination
        self._image, self._is_blocked = image, is_blocked
        self._found, self._seen, self._artefacts = Found(), set[Digest](), 0

    def run(self) -> Found:
        manifests = self._image.manifests
        if len(manifests) > _MOST_SUBJECTS:
            manifests = manifests[-1:]
        for manifest in manifests:
            self._subject(manifest.descriptor.digest, 0)
        if not self._found.failures:
            tags = tuple(image.wanted.tag for image in self._found.images)
            self._found.tags[self._image.wanted] = tags
        return self._found

    def _subject(self, digest: Digest, depth: int) -> None:
        if digest in self._seen or depth >= _DEEPEST:
            return
        self._seen.add(digest)
        suffixes: tuple[str, ...] = _TAGS if depth == 0 else _TAGS[:1]
        if self._image.wanted.kind is Kind.RELEASE:
            suffixes = ()  # its signature is asked for with the release; nobody asks for more of it by tag
        for suffix in suffixes:
            self._tagged(digest, suffix, depth)
        listed = self._listed(digest)
        if listed:
            self._count(len(listed))
            self._index(digest, listed)
            for descriptor in listed:
                self._subject(descriptor.digest, depth + 1)

    def _tagged(self, digest: Digest, suffix: str, depth: int) -> None:
        tag = layout.digest_tag(digest) + suffix
        wanted = _attached(self._image.wanted, tag, digest)
        if self._is_blocked(wanted):
            return
        try:
            there = self._store.manifest_exists(self._repository, tag)
            if there is None:
                return
            self._count(1)
            wanted = _attached(self._image.wanted, tag, there.digest)
            self._found.images.append(
                Image(wanted, walk(self._store, self._repository, there.digest)),
            )
        except BootstrapError as error:
            self._found.failures.append(Failure(wanted, error))
            return
        self._subject(there.digest, depth + 1)

    def _listed(self, digest: Digest) -> tuple[Descriptor, ...]:
        """Return the manifests whose subject is ``digest``."""
        tag = layout.digest_tag(digest)
        wanted = _attached(self._image.wanted, tag, digest)
        if self._is_blocked(wanted):
            return ()
        try:
            listed = self._store.referrers(self._repository, digest)
            if listed is not None:
                return listed
            there = _listing(self._store, self._repository, digest)
            return there.manifests if there is not None else ()
        except BootstrapError as error:
            self._found.failures.append(Failure(wanted, error))
            return ()

    def _index(self, digest: Digest, listed: Sequence[Descriptor]) -> None:
        """Add the index that lists ``listed``, and what the destination lists for ``digest`` already."""
        subject, tag = self._image.wanted, layout.digest_tag(digest)
        if tag == subject.tag:
            self._found.warnings.append(
                f"{len(listed)} artefacts attached to {subject.source} are not mirrored: the tag that would"
                f" list them ({tag}) is that of the image, which was asked for by digest alone; give it a"
                " targetTag"
            )
            return
        held = _listing(self._destination, subject.repository, digest)
        manifests: dict[Digest, AnyManifest] = {}
        entries: dict[Digest, Descriptor] = {}
        for each_ in held.manifests if held is not None else ():
            self._take(each_, self._destination, subject.repository, entries, manifests)
        known = set(entries)
        for each_ in listed:
            if each_.digest not in known:
                self._take(each_, self._store, self._repository, entries, manifests)
        if held is not None and {each_.digest for each_ in held.manifests} >= set(entries):
            index: AnyManifest = held
        else:
            index = _index_of(entries.values())
        if entries:
            wanted = _attached(subject, tag, index.descriptor.digest)
            self._found.images.append(Image(wanted, (*manifests.values(), index)))

    def _take(
        self,
        descriptor: Descriptor,
        store: Source,
        repository: str,
        entries: dict[Digest, Descriptor],
        manifests: dict[Digest, AnyManifest],
    ) -> None:
        """Read an artefact; one that cannot be read is a failure of its own, and leaves the others alone."""
        try:
            for manifest in walk(store, repository, descriptor.digest):
                manifests[manifest.descriptor.digest] = manifest
        except BootstrapError as error:
            named = self._image.wanted.source.with_digest(descriptor.digest)
            place = self._image.wanted.repository, layout.digest_tag(descriptor.digest)
            self._found.failures.append(
                Failure(Wanted(Kind.ATTACHED, named, descriptor.digest, *place), error)
            )
            return
        entries[descriptor.digest] = descriptor

    def _count(self, number: int) -> None:
        self._artefacts += number
        if self._artefacts > _MOST_ARTEFACTS:
            raise RegistryError(
                f"cannot mirror what is attached to {self._image.wanted.source}",
                why=f"that is more than {_MOST_ARTEFACTS} artefacts",
                fix="leave them out: blockedImages with the pattern sha256-[0-9a-f]{64}",
            )


def _attached(subject: Wanted, tag: str, digest: Digest) -> Wanted:
    return Wanted(
        Kind.ATTACHED,
        subject.source.with_tag(tag),
        digest,
        subject.repository,
        tag,
        subject.release,
        subject.architecture,
    )


def _listing(store: Source, repository: str, digest: Digest) -> Index | None:
    """Return the index by which ``store`` lists what is attached to ``digest``; None when it has none.

    An image that was mirrored by digest alone has the same tag: then it is no listing.
    """
    try:
        there = store.tagged(repository, layout.digest_tag(digest))
    except NotFound:
        return None
    if there is None or Digest.of(there[0]) == digest:
        return None
    manifest = parse_manifest(*there, name=f"{repository}:{layout.digest_tag(digest)}")
    return manifest if isinstance(manifest, Index) else None


def _index_of(entries: Iterable[Descriptor]) -> AnyManifest:
    """Return the index of the referrers tag schema; the same entries always give the same bytes."""
    value = {
        "schemaVersion": 2,
        "mediaType": OCI_INDEX,
        "manifests": [entry.to_json() for entry in entries],
    }
    return parse_manifest(json.dumps(value, separators=(",", ":"), sort_keys=True).encode(), OCI_INDEX)
