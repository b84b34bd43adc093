"""A ClusterGroupUpgrade as plain values, read strictly: what is not understood is an error, and no guess."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bootstrap.cluster.read import parse_objects, read_text
from bootstrap.errors import ConfigError
from bootstrap.imageset.document import UNREADABLE
from bootstrap.precache.talm.status.reader import Condition, Reader
from bootstrap.precache.talm.status.states import State, state_of

KIND = "ClusterGroupUpgrade"
QUESTION = "oc get cgu NAME -n NAMESPACE -o json"
DEFAULT_TIMEOUT_MINUTES = 240  # the CRD's default of spec.remediationStrategy.timeout
_OF_A_STATUS = {"conditions", "precaching", "computedMaxConcurrency"}


@dataclass(frozen=True)
class Group:
    """One ClusterGroupUpgrade, or the status of one.

    Attributes:
        name: Empty, as ``namespace``, where a status alone was given.
        clusters: Of its spec; those that selectors found are in ``states`` and ``plan``.
        is_asked: Whether pre-caching is asked for; None where a status alone was given, as ``is_enabled``.
        timeout_minutes: Deadline of each cluster's job.
        conditions: By type.
        states: By cluster, as far as TALM has come to it.
        selected: Clusters that TALM of the older conditions found.
        plan: Clusters that have to be remediated; None before TALM has looked.
        platform_image: The release to pre-cache; empty for none.
        space_required: GiB as text; empty where it is not told.
    """

    name: str = ""
    namespace: str = ""
    clusters: tuple[str, ...] = ()
    is_asked: bool | None = None
    is_enabled: bool | None = None
    timeout_minutes: int = DEFAULT_TIMEOUT_MINUTES
    conditions: Mapping[str, Condition] = field(default_factory=dict)
    states: Mapping[str, State] = field(default_factory=dict)
    selected: tuple[str, ...] = ()
    plan: tuple[str, ...] | None = None
    platform_image: str = ""
    space_required: str = ""

    @property
    def title(self) -> str:
        """Kind and name."""
        return f"{KIND} {self.namespace}/{self.name}" if self.name else f"the {KIND}"


def read_groups(path: Path) -> tuple[Group, ...]:
    """Return what is in a file, or (``-``) on standard input, see :func:`parse_groups`.

    Raises:
        ConfigError: It cannot be read, or is something else.
    """
    return parse_groups(read_text(path), "standard input" if str(path) == "-" else str(path))


def parse_groups(text: str, name: str) -> tuple[Group, ...]:
    """Return the ClusterGroupUpgrades in ``text``, by namespace and name; other kinds are left out.

    Args:
        text: JSON or YAML: an object, a List, or a status alone, as ``-o jsonpath='{.status}'`` prints it.
        name: Where it came from.

    Raises:
        ConfigError: It is something else, or has something in it that TALM does not store.
    """
    if not text.strip():
        raise ConfigError(
            f"there is nothing in {name}",
            why="whatever wrote it has failed, most often; then it said why",
            fix=f"give what `{QUESTION}` prints",
        )
    status = _bare_status(text)
    if status is not None:
        return (_group({"status": status}, f"the status in {name}"),)
    items = [item for item in parse_objects(text, name) if item["kind"] == KIND]
    if not items:
        raise ConfigError(
            f"there is no {KIND} in {name}",
            why="that is what TALM tells in how it gets on",
            fix=f"give what `{QUESTION}` prints",
        )
    groups = [
        _group(item, f"{item['metadata'].get('namespace')}/{item['metadata']['name']}") for item in items
    ]
    return tuple(sorted(groups, key=lambda group: (group.namespace, group.name)))


def _bare_status(text: str) -> Mapping[str, Any] | None:
    document: object = None
    try:
        with suppress(ValueError):
            document = json.loads(text)
        document = document if document is not None else yaml.safe_load(text)
    except UNREADABLE:
        return None  # who reads objects tells what is wrong with it
    is_status = isinstance(document, dict) and "kind" not in document and bool(_OF_A_STATUS & set(document))
    return document if is_status and isinstance(document, dict) else None


def _group(item: Mapping[str, Any], name: str) -> Group:
    read = Reader(item, name)
    precaching = read.mapping("status.precaching")
    states = {
        cluster: state_of(text, cluster, name)
        for cluster, text in read.texts("status.precaching.status").items()
    }
    plan = read.items("status.remediationPlan")
    has_spec = item.get("spec") is not None
    return Group(
        read.text("metadata.name"),
        read.text("metadata.namespace"),
        read.names("spec.clusters"),
        read.flag("spec.preCaching", False) if has_spec else None,
        read.flag("spec.enable", True) if has_spec else None,
        read.minutes("spec.remediationStrategy.timeout", DEFAULT_TIMEOUT_MINUTES),
        read.conditions(),
        states,
        read.names("status.precaching.clusters"),
        tuple(dict.fromkeys(each for batch in plan for each in read.batch(batch))) if plan else None,
        read.text("status.precaching.spec.platformImage") if precaching else "",
        read.text("status.precaching.spec.spaceRequired") if precaching else "",
    )
