"""Does a ClusterInstance's ``spec`` hang together? What no schema says of its networks and its nodes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bootstrap.precache.instance.defect import Defect
from bootstrap.precache.instance.rules_networks import about_networks
from bootstrap.precache.instance.rules_nodes import about_nodes


def defects_of(spec: Mapping[str, Any]) -> tuple[Defect, ...]:
    """Return all that does not fit together in ``spec``, which may be anybody's; a part may be missing."""
    return (*about_networks(spec), *about_nodes(spec))
