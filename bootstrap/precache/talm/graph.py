"""Whether an update is one that the mirrored release and the mirrored graph data know.

Source: openshift/cincinnati, ``docs/design/openshift.md`` (``previous`` of a release's metadata);
openshift/cincinnati-graph-data, ``docs/schema`` (``channels``, ``blocked-edges``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from bootstrap.cluster.given import Given
from bootstrap.cluster.installer.images import MirroredImages, image_for
from bootstrap.errors import BootstrapError, ConfigError
from bootstrap.release.architecture import ARCHITECTURES
from bootstrap.release.graph_data import DIRECTORY
from bootstrap.release.layer import walk_layer
from bootstrap.release.payload import Payload
from bootstrap.release.version import Version

_FILE_LIMIT = 4 * 1024 * 1024  # bytes
_NEAR = 4  # versions to name


@dataclass(frozen=True)
class GraphData:
    """What an update service is fed with.

    Attributes:
        channels: Versions by channel.
        blocked: Documents of ``blocked-edges``.
    """

    channels: Mapping[str, tuple[str, ...]]
    blocked: tuple[Mapping[str, Any], ...]


def mirrored_graph(images: MirroredImages, given: Given) -> GraphData | None:
    """Return the mirrored graph data; None where none is mirrored, or it cannot be read."""
    known = [each for each in given.ledger["images"] if each["kind"] == "graph"]
    for image in sorted(known, key=lambda each: str(each["mirrored_at"]), reverse=True)[:1]:
        repository, digest = str(image["destination"]), str(image["digest"])
        try:
            store, found = images.find_at_home(repository, digest)
            manifest, _ = image_for(store, repository, found, ARCHITECTURES)
            with store.open_blob(repository, manifest.layers[-1]) as reader:
                entries = walk_layer(manifest.layers[-1], reader, name="the graph data")
                files = {
                    entry.path[len(DIRECTORY) + 1 :]: entry.read(_FILE_LIMIT)
                    for entry in entries
                    if entry.kind == "file" and entry.path.startswith(f"{DIRECTORY}/")
                }
            return _graph_data(files)
        except (BootstrapError, yaml.YAMLError, ValueError, TypeError, AttributeError):
            return None
    return None


def check_update(payload: Payload, before: Version, graph: GraphData | None) -> tuple[str, ...]:
    """Return what is to be known of an update that can be done, a sentence each.

    Args:
        payload: Of the release to update to.
        before: The version that clusters have.
        graph: None where it is not known.

    Raises:
        ConfigError: It cannot be done.
    """
    what = f"cannot update from {before} to {payload.version}"
    if not before < payload.version:
        raise ConfigError(what, why="that is not a later version", fix="correct --from, or --to")
    previous = [each for each in map(_version, payload.previous) if each is not None]
    if previous and before not in previous:
        near = sorted(each for each in previous if each > before)[:_NEAR]
        names = ", ".join(map(str, near or sorted(previous)[-_NEAR:]))
        raise ConfigError(
            what,
            why=f"the release can be updated to from other versions, such as {names}",
            fix=f"update to {near[0]} first" if near else "choose another release, and mirror it",
        )
    notes = [] if previous else [f"{payload.version} does not say from which versions one can update to it"]
    for edge in _blocked(graph, before, payload.version):
        told = f"{edge.get('name') or 'no name'}: {' '.join(str(edge.get('message') or '').split())}"
        if not edge.get("matchingRules"):
            raise ConfigError(what, why=f"the graph data block it ({told})", fix="choose another release")
        notes.append(f"the graph data know a risk of this update, {told} {edge.get('url') or ''}".strip())
    return tuple(notes)


def _version(text: str) -> Version | None:
    try:
        return Version.parse(text)
    except ValueError:
        return None


def channel_note(channel: str, version: str, graph: GraphData | None) -> str:
    """Return what is wrong with a channel for a version; empty for nothing."""
    if graph is None:
        return ""
    if channel not in graph.channels:
        return f"the mirrored graph data have no channel {channel}; name one with --channel"
    return "" if version in graph.channels[channel] else f"the channel {channel} does not have {version}"


def _graph_data(files: Mapping[str, bytes]) -> GraphData:
    channels, blocked = {}, []
    for path, content in files.items():
        folder, _, name = path.rpartition("/")
        if not name.endswith((".yaml", ".yml")) or folder not in ("channels", "blocked-edges"):
            continue
        value = yaml.safe_load(content)
        if folder == "channels":
            channels[str(value["name"])] = tuple(str(each) for each in value.get("versions") or ())
        else:
            blocked.append(dict(value))
    return GraphData(channels, tuple(blocked))


def _blocked(graph: GraphData | None, before: Version, after: Version) -> Iterator[Mapping[str, Any]]:
    for edge in graph.blocked if graph is not None else ():
        to = str(edge.get("to")).partition("+")[0]
        try:
            is_meant = to == str(after) and re.search(str(edge.get("from")), str(before)) is not None
        except re.error:
            continue
        if is_meant:
            yield edge
