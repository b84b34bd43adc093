"""What a pre-caching job will pull, computed as it does.

Source: Topology Aware Lifecycle Manager at dacf199, ``pre-cache/release.sh``, ``olm.sh``, ``parse_index.py``
and ``pull.sh``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bootstrap.catalog.model import Catalog
from bootstrap.precache.talm.patterns import Pattern, excluded_by
from bootstrap.release.payload import Component


@dataclass(frozen=True)
class Excluded:
    """A component of the release that is not pulled, and the pattern that says so."""

    component: str
    pattern: str


@dataclass(frozen=True)
class ImageList:
    """Images by pull spec at the source, each once, in the order in which the job has them.

    Attributes:
        images: What each is for, by pull spec.
        excluded: Components that are left out.
        idle: Patterns that leave nothing out.
    """

    images: Mapping[str, str]
    excluded: tuple[Excluded, ...] = ()
    idle: tuple[str, ...] = ()


@dataclass(frozen=True)
class Missed:
    """A channel whose head the job does not see: it takes an entry that another one skips.

    Attributes:
        taken: The bundle whose images it pulls.
        head: The one that is installed.
        images: Those that the job does not pull.
    """

    package: str
    channel: str
    taken: str
    head: str
    images: tuple[str, ...]


def line_of(component: Component) -> str:
    """Return what the patterns are matched with; ``jq`` writes it with its quotes."""
    return f'"{component.name}${component.image}"'


def image_list(
    components: Sequence[Component],
    patterns: Sequence[Pattern],
    catalogs: Sequence[Catalog],
    channels: Mapping[str, str],
    additional: Sequence[str],
) -> ImageList:
    """Return what the job pulls, without the release image and the catalogs, which it looks into.

    Args:
        components: Of the release; none where the release stays.
        patterns: For the components alone.
        catalogs: Each has the packages that were asked for as far as they are in it; the job looks for all
            of them in each.
        channels: Channel by package.
        additional: Pull specs.
    """
    found: dict[str, str] = {}
    excluded = []
    for component in components:
        pattern = excluded_by(line_of(component), patterns)
        if pattern is None:
            found.setdefault(str(component.image), f"release {component.name}")
        else:
            excluded.append(Excluded(component.name, pattern.text))
    for catalog in catalogs:
        for package, channel in channels.items():
            name = _taken(catalog, package, channel)
            for image in catalog.bundle(package, name).related if name else ():
                found.setdefault(image, name)
    for image in additional:
        found.setdefault(image, "additional")
    lines = [line_of(each) for each in components]
    idle = [each.text for each in patterns if not any(map(each.matches, lines))]
    return ImageList(found, tuple(excluded), tuple(idle) if components else ())


def missed(catalogs: Sequence[Catalog], channels: Mapping[str, str]) -> tuple[Missed, ...]:
    """Return the channels of which the job pulls another version than the one that is installed."""
    found = []
    for catalog in catalogs:
        for package, channel in channels.items():
            name = _taken(catalog, package, channel)
            head = catalog.head(package, channel) if name else None
            if head is not None and head.name != name:
                pulled = catalog.bundle(package, name).related
                images = tuple(each for each in head.related if each not in pulled)
                found.append(Missed(package, channel, name, head.name, images))
    return tuple(found)


def _taken(catalog: Catalog, package: str, channel: str) -> str:
    """Return the bundle that the job takes out of a catalog; empty where it has no such channel."""
    known = catalog.packages.get(package)
    if known is None or channel not in known.channels:
        return ""
    return known.channels[channel].precached or ""
