"""From channels to releases, by the rules of oc-mirror v2.

Source: oc-mirror v2, ``internal/pkg/release/cincinnati.go`` (``resolveChannelVersions``,
``getChannelDownloads``, ``getCrossChannelDownloads``) and ``core-cincinnati.go`` (``GetUpdates``,
``CalculateUpgrades``). Conditional edges are no updates there, and so not here; the releases that they lead
to are in the range all the same. The one difference: a channel that yields nothing is an error here, always.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Callable, Iterable, Sequence

from bootstrap.errors import BootstrapError, ConfigError, Problems
from bootstrap.release.channel import Channel, split_name
from bootstrap.release.graph import Graph, Node
from bootstrap.release.version import Version

GraphOf = Callable[[str], Graph]


@dataclass(frozen=True)
class Resolved:
    """Releases, oldest first, each once; ``warnings`` are sentences for the user."""

    nodes: tuple[Node, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Bounded:
    """A channel with both of its ends known."""

    channel: Channel
    oldest: Version
    newest: Version


def resolve(channels: Sequence[Channel], graph_of: GraphOf) -> Resolved:
    """Return the releases that ``channels`` ask for, and those needed to update from one channel to the next.

    Args:
        channels: In the order of the image set.
        graph_of: Gives the graph of a channel, for the architecture that all of this is about.

    Raises:
        BootstrapError: What is wrong with any of the channels, all of it together.
    """
    nodes: list[Node] = []
    warnings: list[str] = []
    bounded: list[_Bounded] = []
    problems: list[BootstrapError] = []
    warnings += _eus(channels)
    for channel in channels:
        try:
            known = _bounds(channel, graph_of(channel.name))
            nodes += _releases(known, graph_of(channel.name), warnings)
            bounded.append(known)
        except BootstrapError as error:
            problems.append(error)
    if problems:
        raise problems[0] if len(problems) == 1 else Problems(problems)
    if len(bounded) > 1:
        nodes += _across(bounded, graph_of, warnings)
    return Resolved(_unique(nodes), tuple(warnings))


def _eus(channels: Sequence[Channel]) -> list[str]:
    """Warn as cincinnati.go does (``warnEUSChannel``): an update that skips a minor pauses the workers."""
    for channel in channels:
        low, high = channel.min_version, channel.max_version
        if "eus" in channel.name and low is not None and high is not None and high.minor - low.minor >= 2:
            where = "https://access.redhat.com/labs/ocpupgradegraph/update_path"
            return [
                f"channel {channel.name} spans two minors or more, {low} to {high}: see {where} for its path"
            ]
    return []


def _bounds(channel: Channel, graph: Graph) -> _Bounded:
    """Fill in the ends that the user left open."""
    first, last = graph.oldest(), graph.newest()
    if first is None or last is None:
        raise ConfigError(
            f"channel {channel.name} cannot be mirrored",
            why="the update service knows no release in it for this architecture",
            fix="check the name of the channel and the architectures",
        )
    newest = channel.max_version or last
    if channel.min_version is not None:
        oldest = channel.min_version
    elif channel.max_version is None and not channel.is_full:
        oldest = newest
    else:
        oldest = first
    return _Bounded(channel, oldest, newest)


def _releases(known: _Bounded, graph: Graph, warnings: list[str]) -> tuple[Node, ...]:
    if known.channel.is_shortest_path:
        return _path(known.channel.name, graph, known.oldest, known.newest, warnings)
    found = graph.between(known.oldest, known.newest)
    if not found:
        raise ConfigError(
            f"channel {known.channel.name} cannot be mirrored",
            why=f"it has no release from {known.oldest} to {known.newest}; "
            f"it goes from {graph.oldest()} to {graph.newest()}",
            fix="change minVersion or maxVersion",
        )
    return found


def _path(name: str, graph: Graph, start: Version, end: Version, warnings: list[str]) -> tuple[Node, ...]:
    """Return the releases of the way, or, where there is none, its two ends."""
    first, last = _find(name, graph, start), _find(name, graph, end)
    path = graph.shortest_path(start, end)
    if not path:
        warnings.append(
            f"channel {name} has no update path from {start} to {end}: only these two are mirrored"
        )
        return (first, last)
    return path


def _find(name: str, graph: Graph, version: Version) -> Node:
    node = graph.find(version)
    if node is None:
        raise ConfigError(
            f"there is no release {version} in channel {name}",
            why=f"it has {len(graph.nodes)} others, from {graph.oldest()} to {graph.newest()}",
            fix="change minVersion or maxVersion, or the channel",
        )
    return node


def _across(bounded: Sequence[_Bounded], graph_of: GraphOf, warnings: list[str]) -> tuple[Node, ...]:
    """Return what one has to step on to update from the oldest release of all to the newest."""
    first = min(bounded, key=lambda known: known.oldest)
    last = max(bounded, key=lambda known: known.newest)
    source, target = first.channel.name, last.channel.name
    start, end = first.oldest, last.newest
    if source == target:
        return _path(target, graph_of(target), start, end, warnings)
    prefix, *source_minor = _split(source)
    _, *target_minor = _split(target)
    if source_minor == target_minor:
        start = start if graph_of(target).find(start) else _blocked(target, start, end, warnings)
        return _path(target, graph_of(target), start, end, warnings)
    if source_minor > target_minor:  # oc-mirror goes on to minors that there are not, and fails there
        raise ConfigError(
            f"there is no update path from channel {source} to {target}",
            why=f"the oldest release, {start}, is of {source}, and the newest, {end}, of the older {target}",
            fix=f"raise the minVersion of {source}, or mirror the two by image sets of their own",
        )
    newest = _bounds(Channel(source), graph_of(source)).newest
    found = _steps(source, graph_of(source), start, newest, warnings) or (
        _find(source, graph_of(source), start),
    )
    return (*found, *_onward(prefix, tuple(source_minor), target, newest, end, graph_of, warnings))


def _onward(
    prefix: str,
    minor: tuple[int, ...],
    target: str,
    here: Version,
    end: Version,
    graph_of: GraphOf,
    warnings: list[str],
) -> tuple[Node, ...]:
    """Go on, minor by minor, from ``here`` (newest of the channel before) to ``end`` in ``target``."""
    found: list[Node] = []
    _, *target_minor = _split(target)
    while list(minor) != target_minor:
        minor = (minor[0], minor[1] + 1)
        is_last = list(minor) == target_minor
        name = target if is_last else f"{prefix}-{minor[0]}.{minor[1]}"
        goal = end if is_last else _bounds(Channel(name), graph_of(name)).newest
        if graph_of(name).find(here) is None:
            goal = _blocked(name, here, goal, warnings)
            return (*found, _find(target, graph_of(target), goal))
        found += _steps(name, graph_of(name), here, goal, warnings)
        here = goal
    return (*found, _find(target, graph_of(target), end))


def _steps(name: str, graph: Graph, start: Version, end: Version, warnings: list[str]) -> tuple[Node, ...]:
    """Return the releases of the way from ``start``, a part of a longer one; none where there is none."""
    for version in (start, end):
        _find(name, graph, version)
    path = graph.shortest_path(start, end)
    if not path:
        warnings.append(f"channel {name} has no update path from {start} to {end}: there is a gap")
    return path


def _blocked(name: str, start: Version, end: Version, warnings: list[str]) -> Version:
    warnings.append(f"there is no update path from {start} in channel {name}: {end} is mirrored without one")
    return end


def _split(name: str) -> tuple[str, int, int]:
    try:
        return split_name(name)
    except ValueError as error:
        raise ConfigError(
            "cannot find the update path between the channels",
            why=str(error),
            fix="name channels as the update service does, or mirror this one by an image set of its own",
        ) from error


def _unique(nodes: Iterable[Node]) -> tuple[Node, ...]:
    """Return each payload once, with the channels of all its mentions, oldest version first."""
    found: dict[object, Node] = {}
    for node in nodes:
        before = found.get(node.payload.digest)
        if before is not None:
            channels = tuple(sorted({*before.channels, *node.channels}))
            node = replace(before, channels=channels)  # noqa: PLW2901  # the merged one takes its place
        found[node.payload.digest] = node
    return tuple(sorted(found.values(), key=lambda node: (node.version, str(node.payload))))
