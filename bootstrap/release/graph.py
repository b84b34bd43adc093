"""The update graph: which releases a channel has, and which updates lead from one to another.

Source: openshift/cincinnati, docs/design/cincinnati.md, "Update Graph"; oc-mirror v2,
``internal/pkg/cincinnati/graph_data.go``.
"""

from __future__ import annotations

import json
import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from bootstrap.errors import ConfigError, RegistryError
from bootstrap.oci.reference import Reference
from bootstrap.release.version import Version

if TYPE_CHECKING:
    from bootstrap.release.download import Downloader

_GRAPH_LIMIT = 64 * 1024 * 1024  # bytes; a channel of today has well under 1 MiB
_CHANNELS = "io.openshift.upgrades.graph.release.channels"


@dataclass(frozen=True)
class Node:
    """One release of the graph.

    Attributes:
        payload: Its release image.
        channels: All channels that have it, as the graph says; sorted.
    """

    version: Version
    payload: Reference
    channels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Graph:
    """Nodes in the order received; ``updates`` has, for each node's number, those one can go to."""

    nodes: tuple[Node, ...]
    updates: Mapping[int, tuple[int, ...]] = field(default_factory=dict)

    def find(self, version: Version) -> Node | None:
        """Return the release ``version``, or None."""
        number = self._number(version)
        return None if number is None else self.nodes[number]

    def oldest(self) -> Version | None:
        """Return the lowest version, or None when there is none at all."""
        return min((node.version for node in self.nodes), default=None)

    def newest(self) -> Version | None:
        """Return the highest version, or None when there is none at all."""
        return max((node.version for node in self.nodes), default=None)

    def between(self, low: Version, high: Version) -> tuple[Node, ...]:
        """Return the releases from ``low`` to ``high``, both included, oldest first."""
        found = [node for node in self.nodes if low <= node.version <= high]
        return tuple(sorted(found, key=lambda node: node.version))

    def shortest_path(self, start: Version, end: Version) -> tuple[Node, ...]:
        """Return the fewest releases that lead from ``start`` to ``end``, both included.

        Of several such ways the one that takes the highest version at each step; empty when there is none, or
        when one of the two is not in the graph.
        """
        first, last = self._number(start), self._number(end)
        if first is None or last is None:
            return ()
        came_from = {first: first}
        pending = deque([first])
        while pending and last not in came_from:
            here = pending.popleft()
            for there in sorted(
                self.updates.get(here, ()), key=lambda number: self.nodes[number].version, reverse=True
            ):
                if there not in came_from:
                    came_from[there] = here
                    pending.append(there)
        if last not in came_from:
            return ()
        path = [last]
        while path[-1] != first:
            path.append(came_from[path[-1]])
        return tuple(self.nodes[number] for number in reversed(path))

    def _number(self, version: Version) -> int | None:
        return next((number for number, node in enumerate(self.nodes) if node.version == version), None)


class GraphClient:
    """Asks an update service; every channel once.

    Args:
        url: As in ``https://api.openshift.com/api/upgrades_info/v1/graph``; its own parameters are kept.
    """

    def __init__(self, url: str, downloader: Downloader) -> None:
        self._url, self._downloader = url, downloader
        self._id = str(uuid.uuid4())
        self._known: dict[tuple[str, str], Graph] = {}

    def graph(self, channel: str, architecture: str) -> Graph:
        """Return the graph of ``channel``; it has no nodes when the service does not know the channel.

        Raises:
            RegistryError: The answer is no graph.
            TransferError: The service cannot be talked to.
        """
        key = (channel, architecture)
        if key not in self._known:
            what = f"cannot read the update graph of channel {channel} ({architecture})"
            url = with_query(self._url, {"channel": channel, "arch": architecture, "id": self._id})
            body = self._downloader.get(url, what=what, limit=_GRAPH_LIMIT, accept="application/json")
            self._known[key] = parse_graph(body, what=what)
        return self._known[key]


def with_query(url: str, more: Mapping[str, str]) -> str:
    """Return ``url`` with the parameters ``more``, which replace its own of the same name."""
    parts = urlsplit(url)
    query = [*((key, value) for key, value in parse_qsl(parts.query) if key not in more), *more.items()]
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(query), ""))


def parse_graph(body: bytes, *, what: str = "cannot read an update graph") -> Graph:
    """Read the answer of an update service.

    Raises:
        RegistryError: It is no graph; ``what`` says which one was asked for.
    """
    try:
        value = json.loads(body)
        nodes = tuple(_node(node) for node in value["nodes"])
        updates: dict[int, tuple[int, ...]] = {}
        for start, end in value.get("edges") or ():
            if not (0 <= start < len(nodes) and 0 <= end < len(nodes)):
                raise ValueError(f"the edge [{start}, {end}] leads to a node that is not there")
            updates[start] = (*updates.get(start, ()), end)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, ConfigError) as error:
        raise RegistryError(
            what,
            why=f"the answer is not an update graph: {error!r}"[:500],
            fix="check the URL of the update service, and whether a proxy answers in its place",
        ) from error
    return Graph(nodes, updates)


def _node(value: Mapping[str, Any]) -> Node:
    payload = Reference.parse(value["payload"])
    if payload.digest is None:
        raise ValueError(f"the payload {payload} has no digest")
    metadata = value.get("metadata") or {}
    channels = {name.strip() for name in str(metadata.get(_CHANNELS, "")).split(",")} - {""}
    return Node(Version.parse(value["version"]), payload, tuple(sorted(channels)))
