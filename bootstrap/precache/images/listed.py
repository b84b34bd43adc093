"""The images of a disk as a user's own list has them: ``--mapping FILE``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bootstrap.errors import BootstrapError, HostError
from bootstrap.oci.reference import Reference
from bootstrap.precache.images.chosen import Choice, Chosen, asked, choice_of, noted, raise_all
from bootstrap.precache.images.classify import DISCOVERY, Stages, is_assisted, stages_of
from bootstrap.precache.images.exclude import Exclude
from bootstrap.precache.images.mapping import Mapped, read_mapping


def listed(
    path: Path,
    registries: Sequence[str],
    architecture: str,
    *,
    discovery: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> Choice:
    """Return the images that a mapping file names, to be read from the site's registries.

    A registry in the file is asked first when it is one of the site's, and passed over when it is not: what
    ``oc-mirror`` writes for archives names its own cache.

    Args:
        path: Of the file.
        registries: Of the site, the preferred one first.
        architecture: Of the nodes.
        discovery: Pull specs of it that nodes need while they are discovered.
        exclude: Patterns of what is left out.

    Raises:
        ConfigError, HostError: (several as ``Problems``) A line or pattern is none, or ``discovery`` names an
            image that is not in the list.
    """
    problems: list[BootstrapError] = []
    mapped = noted(problems, lambda: read_mapping(path)) or ()
    patterns = noted(problems, lambda: Exclude(exclude))
    early = {
        str(asked(named))
        for text in discovery
        if (named := noted(problems, lambda text=text: Reference.parse(text)))  # type: ignore[misc]  # bound now
    }
    names = {str(asked(each.source)) for each in mapped}
    problems += [
        HostError(
            f"{name} is not in {path}",
            why="it is given as an image for the discovery, and only listed images are taken",
            fix="add its line to the file",
        )
        for name in sorted(early - names)
        if mapped
    ]
    raise_all(problems)
    assert patterns is not None, "it is among the problems"
    found = [_chosen(each, registries, early) for each in mapped]
    return choice_of(found, patterns, None, architecture)


def _chosen(line: Mapped, registries: Sequence[str], early: set[str]) -> Chosen:
    place, source = line.destination, asked(line.source)
    order = sorted(registries, key=lambda each: each != place.registry)
    digest = source.digest or place.digest
    places = tuple(f"{each}/{place.repository}" for each in order)
    tag = place.tag or source.tag
    end = f":{place.tag}" if place.tag else f"@{digest}" if digest else f":{tag}"
    stages = DISCOVERY if str(source) in early else _stages(line)
    return Chosen(source, digest, places, f"{places[0]}{end}", stages, tag)


def _stages(line: Mapped) -> Stages:
    place = line.destination
    if is_assisted(line.source.repository) and not is_assisted(place.repository):
        return stages_of(line.source.repository)
    return stages_of(place.repository, place.tag)
