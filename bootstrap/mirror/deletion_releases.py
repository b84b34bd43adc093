"""Releases to delete: what the ledger has of them, whoever brought it.

oc-mirror lists a release only where it has mirrored it itself, from what it keeps in its workspace. The
ledger has every image of every release, and asks nobody.

Source: oc-mirror v2 at 855b64a, ``internal/pkg/release/local_stored_collector.go``
(``collectImageFromDisk``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, List

import yaml

from bootstrap.mirror import layout
from bootstrap.mirror.deletion import Item
from bootstrap.mirror.image import Kind
from bootstrap.release.version import Version

if TYPE_CHECKING:
    from typing import Any, Mapping

    from bootstrap.imageset.model import Platform
    from bootstrap.mirror.ledger import Entry, Ledger
    from bootstrap.release.channel import Channel

_ADDED = (Kind.SIGNATURE.value, Kind.ATTACHED.value)  # they go with their images


def items(platform: Platform, ledger: Ledger) -> List[Item]:
    """Return the images of the releases that ``platform`` names, and graph data where it wants that gone."""
    architectures = platform.effective_architectures
    chosen = {
        (str(each["version"]), str(each["architecture"]))
        for each in ledger.releases
        if each["architecture"] in architectures
        and any(_is_in(channel, each) for channel in platform.channels)
    }
    if platform.release is not None:
        chosen |= {
            (str(entry.release), str(entry.architecture))
            for entry in ledger.images
            if entry.kind == Kind.RELEASE.value and _is_named(entry, platform)
        }
    found = []
    for entry in ledger.images:
        is_graph = entry.kind == Kind.GRAPH.value
        is_chosen = (entry.release, entry.architecture) in chosen and entry.kind not in _ADDED
        if (is_graph and platform.wants_graph) or (is_chosen and not is_graph):
            reference = entry.tag or entry.digest
            found.append(Item(entry.source, entry.destination, reference, _type(entry)))
    return found


def without_platform(document: str) -> str:
    """Return what of ``document`` oc-mirror has to list; empty when that is nothing."""
    value = yaml.safe_load(document)
    rest = {key: each for key, each in value["delete"].items() if key != "platform" and each}
    return yaml.safe_dump({**value, "delete": rest}) if rest else ""


def _is_in(channel: Channel, release: Mapping[str, Any]) -> bool:
    version = Version.parse(str(release["version"]))
    # An update service need not say which channels a release is in.
    is_there = channel.name in release["channels"] or (
        not release["channels"] and channel.name.endswith(f"-{version.major}.{version.minor}")
    )
    return (
        is_there
        and (channel.min_version is None or not version < channel.min_version)
        and (channel.max_version is None or not channel.max_version < version)
    )


def _is_named(entry: Entry, platform: Platform) -> bool:
    wanted = platform.release
    if wanted is None:
        return False
    if wanted.digest is not None:
        return entry.digest == str(wanted.digest)
    return wanted.tag == entry.source_tag and entry.source.startswith(wanted.name)


def _type(entry: Entry) -> str:
    """Return what oc-mirror calls such an image; it refuses those of releases in other repositories."""
    if entry.kind == Kind.GRAPH.value:
        return "cincinnatiGraph"
    if entry.destination == layout.RELEASE_IMAGES:
        return "ocpRelease"
    return "ocpReleaseContent" if entry.destination == layout.RELEASE_CONTENT else "generic"
