"""Which images a site's disk has, of what is mirrored: the release's, its operators' and the user's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bootstrap.cluster.given import Given, MirroredRelease
from bootstrap.errors import BootstrapError, ConfigError, HostError
from bootstrap.oci.digest import Digest
from bootstrap.oci.reference import Reference
from bootstrap.precache.images.chosen import Choice, Chosen, asked, choice_of, noted, raise_all
from bootstrap.precache.images.classify import BOTH, DISCOVERY, Stages, is_assisted, stages_of
from bootstrap.precache.images.exclude import Exclude
from bootstrap.release.payload import Component

_IMAGESET = "add it to imageset.yaml, and run `bootstrap-registry mirror`"


@dataclass(frozen=True)
class Wishes:
    """What a disk is to have beside the release.

    Attributes:
        operators: Pull specs of the images of the site's operators, and of their catalogs.
        additional: Pull specs of the user's own.
        discovery: Of these, what nodes need while they are discovered.
        exclude: Patterns of what is left out.
    """

    operators: tuple[str, ...] = ()
    additional: tuple[str, ...] = ()
    discovery: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


def choose(
    given: Given,
    release: MirroredRelease,
    components: Sequence[Component],
    wishes: Wishes,
    architecture: str,
) -> Choice:
    """Return the images of a disk.

    Args:
        given: Of the site.
        release: That is installed.
        components: Of its payload.
        wishes: The site's.
        architecture: Of the nodes.

    Raises:
        ConfigError, HostError: (several as ``Problems``) A pattern or pull spec is none, or an image is not
            mirrored; all are named.
    """
    ledger = _Mirrored(given)
    problems: list[BootstrapError] = []
    found: list[Chosen] = []

    def take(source: Reference, stages: Stages | None = None, component: str | None = None) -> None:
        entry = ledger.find(source)
        if entry is None:
            problems.append(_lacking(source, release, component))
            return
        stages = stages or stages_of(str(entry["destination"]), component=component)
        found.append(ledger.chosen(source, entry, stages))

    take(Reference.parse(release.source), BOTH)
    for component in components:
        take(component.image, component=component.name)
    for stages, named in (
        (None, (*wishes.operators, *wishes.additional)),
        (DISCOVERY, wishes.discovery),
    ):
        for text in named:
            reference = noted(problems, lambda text=text: _reference(text))  # type: ignore[misc]  # bound now
            if reference is not None:
                take(reference, stages)
    found += ledger.assisted()
    exclude = noted(problems, lambda: Exclude(wishes.exclude))
    raise_all(problems)
    assert exclude is not None, "it is among the problems"
    return choice_of(found, exclude, (release.version, release.digest), architecture)


def _reference(text: str) -> Reference:
    """Return a pull spec that names an image.

    Raises:
        ConfigError: It names none, or no image of its repository.
    """
    found = Reference.parse(text)
    if found.tag is None and found.digest is None:
        raise ConfigError(
            f"cannot tell which image {text} is",
            why="it has neither a tag nor a digest",
            fix="write it as it is in imageset.yaml, with tag or digest",
        )
    return found


def _lacking(source: Reference, release: MirroredRelease, component: str | None) -> BootstrapError:
    if component is None:
        return HostError(f"{source} is not mirrored", why="the ledger does not have it", fix=_IMAGESET)
    return HostError(
        f"{source} is not mirrored",
        why=f"the ledger does not have this image ({component}) of release {release.version}",
        fix="run `bootstrap-registry mirror`, which completes the release",
    )


class _Mirrored:
    """The ledger, by what clusters ask for."""

    def __init__(self, given: Given) -> None:
        self._given = given
        self._by_digest: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._by_tag: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._assisted: list[Mapping[str, Any]] = []
        for image in sorted(given.ledger["images"], key=lambda each: str(each["mirrored_at"])):
            source = Reference.parse(str(image["source"]))
            self._by_digest[source.name, str(image["digest"])] = image
            tag = source.tag or image.get("source_tag")
            if tag and image["tag"] is not None:  # else the tag has moved on to another image
                self._by_tag[source.name, str(tag)] = image
            if is_assisted(str(image["destination"])) or is_assisted(source.repository):
                self._assisted.append(image)

    def find(self, source: Reference) -> Mapping[str, Any] | None:
        """Return the entry of an image; None when there is none."""
        if source.digest is not None:
            return self._by_digest.get((source.name, str(source.digest)))
        return self._by_tag.get((source.name, str(source.tag)))

    def assisted(self) -> Iterable[Chosen]:
        """Yield the images of the Assisted Installer that are mirrored."""
        for image in self._assisted:
            source = Reference.parse(str(image["source"]))
            if source.digest is None and image["tag"] is None:
                continue
            repository = str(image["destination"])
            yield self.chosen(
                source, image, stages_of(repository if is_assisted(repository) else source.repository)
            )

    def chosen(self, source: Reference, image: Mapping[str, Any], stages: Stages) -> Chosen:
        """Return an entry as a choice."""
        known = [each for each in self._given.registries if each in image["registries"]]
        places = tuple(f"{each}/{image['destination']}" for each in known or self._given.registries)
        end = f":{image['tag']}" if image["tag"] else f"@{image['digest']}"
        return Chosen(asked(source), Digest(str(image["digest"])), places, f"{places[0]}{end}", stages)
