"""Will nodes drain? What the Machine Config Operator does about changed mirror sets, told beforehand.

Every mirror set ends in ``/etc/containers/registries.conf`` of every node: a MachineConfig of its own for
each of the built-in pools, ``master`` and ``worker``; a pool of the user's is made upon ``worker``. A change
of that file reloads CRI-O and never reboots. Whether the node is drained first depends on what changed:

- what is gone (an entry, a mirror of one) drains;
- what is new drains unless it is for digests only;
- whether the source itself may be contacted drains when it changes.

Source: openshift/machine-config-operator, ``pkg/daemon/drain.go``: ``isSafeContainerRegistryConfChanges``,
read in the branches release-4.13 (the first with ImageDigestMirrorSet) to release-5.1, where it is the same;
``drainRequired`` (a cluster of one node never drains); ``pkg/apihelpers/apihelpers.go``:
``defaultClusterPolicies`` (the user may set another action for the file, from 4.17); ``isDrainRequired`` of
release-4.14 to release-4.19 (a ConfigMap of the user switches these drains off);
``pkg/controller/container-runtime-config``: ``syncImageConfig`` (pools).
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bootstrap.cluster.registries_conf import Endpoint, Entry, registries_conf

RULE = (
    "machine-config-operator, pkg/daemon/drain.go, isSafeContainerRegistryConfChanges (OpenShift 4.13 to 5.1)"
)
_CONF = "/etc/containers/registries.conf"
_FIRST, _LAST = (4, 13), (5, 1)  # the branches in which the rule was read
_BUILT_IN = ("master", "worker")
OVERRIDE, OVERRIDE_NAMESPACE = "image-registry-override-drain", "openshift-machine-config-operator"
_OVERRIDE_FIRST, _OVERRIDE_LAST = (4, 14), (4, 19)


class Effect(enum.StrEnum):
    """What happens to nodes, from nothing to the worst."""

    NOTHING = "nothing"
    RELOAD = "reload"  # of CRI-O; pods go on
    MAY_DRAIN = "may drain"  # the rule is not known to hold
    DRAIN = "drain"
    REBOOT = "reboot"


@dataclass(frozen=True)
class Forecast:
    """What applying the resources does to nodes.

    Attributes:
        reasons: Why nodes drain, or may; one for each entry of ``registries.conf``.
        pools: MachineConfigPools whose nodes are concerned; the built-in ones when no cluster was asked.
        assumptions: What was taken for granted, as sentences.
    """

    effect: Effect
    reasons: tuple[str, ...]
    pools: tuple[str, ...]
    assumptions: tuple[str, ...]
    rule: str = RULE


def forecast(before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]) -> Forecast:
    """Return what happens to nodes when a cluster that has ``before`` has ``after``.

    Args:
        before: Objects. Where MachineConfigPool, Infrastructure, ClusterVersion or MachineConfiguration are
            among them, nothing is assumed about what they tell.
        after: All mirror sets that the cluster has then, not only ours.
    """
    known = list(before)
    old, new = registries_conf(known), registries_conf(after)
    if old == new:
        return Forecast(Effect.NOTHING, (), (), ())
    reasons = unsafe(old, new)
    assumptions: list[str] = []
    effect = Effect.DRAIN if reasons and not _is_overridden(known) else Effect.RELOAD
    effect = _by_policy(known, effect, assumptions)
    effect = _by_topology(known, effect, assumptions)
    effect = _by_version(known, effect, assumptions)
    return Forecast(effect, tuple(reasons), _pools(known), tuple(assumptions))


def unsafe(old: Mapping[str, Entry], new: Mapping[str, Entry]) -> list[str]:
    """Return why ``registries.conf`` going from ``old`` to ``new`` drains a node; empty: it does not."""
    reasons = [f"{scope} is gone" for scope in sorted(old.keys() - new.keys())]
    for scope, entry in sorted(new.items()):
        before = old.get(scope)
        if before is None:
            if any(mirror.by != "digest" for mirror in entry.mirrors):
                reasons.append(f"{scope} is new, and not for digests only")
        elif before != entry:
            reasons += _unsafe_entry(scope, before, entry)
    return reasons


def _unsafe_entry(scope: str, old: Entry, new: Entry) -> Iterable[str]:
    if old.is_blocked != new.is_blocked:
        yield f"{scope} is {'no longer' if new.is_blocked else 'again'} to be contacted itself"
    for mirror in old.mirrors:
        if _first(mirror.location, new) is None:
            yield f"{scope} loses its mirror {mirror.location}"
    for mirror in new.mirrors:
        # Upstream looks mirrors up by location alone: of one that is there for digests and for tags it sees
        # the first, so that an entry which has both drains with whatever change of it.
        before = _first(mirror.location, old)
        if mirror.by == "digest":
            continue
        if before is None:
            yield f"{scope} gets the mirror {mirror.location} for tags"
        elif before.by != mirror.by:
            yield f"{scope} has {mirror.location} for digests and for tags, and changes"


def _first(location: str, entry: Entry) -> Endpoint | None:
    return next((mirror for mirror in entry.mirrors if mirror.location == location), None)


def _by_policy(known: Sequence[Mapping[str, Any]], effect: Effect, assumptions: list[str]) -> Effect:
    """Take the cluster's NodeDisruptionPolicy into account; the closest path decides."""
    found = next((item for item in known if item.get("kind") == "MachineConfiguration"), None)
    if found is None:
        assumptions.append(f"no NodeDisruptionPolicy of the cluster is about {_CONF}")
        return effect
    status = (found.get("status") or {}).get("nodeDisruptionPolicyStatus") or {}
    files = (status.get("clusterPolicies") or {}).get("files") or ()
    fitting = [each for each in files if each["path"] == _CONF or _CONF.startswith(f"{each['path']}/")]
    if not fitting:
        return effect
    closest = max(fitting, key=lambda each: len(each["path"]))
    actions = {action["type"] for action in closest["actions"]}
    if "Special" in actions:
        return effect
    if "Reboot" in actions:
        return Effect.REBOOT
    return Effect.DRAIN if "Drain" in actions else Effect.RELOAD


def _by_topology(known: Sequence[Mapping[str, Any]], effect: Effect, assumptions: list[str]) -> Effect:
    found = next((item for item in known if item.get("kind") == "Infrastructure"), None)
    if found is None:
        assumptions.append("the cluster has more than one node (one of a single node does not drain)")
        return effect
    is_single = (found.get("status") or {}).get("controlPlaneTopology") == "SingleReplica"
    return Effect.RELOAD if is_single and effect == Effect.DRAIN else effect


def _by_version(known: Sequence[Mapping[str, Any]], effect: Effect, assumptions: list[str]) -> Effect:
    version = _version(known)
    if version is None:
        assumptions.append("the cluster is OpenShift 4.13 to 5.1, where this rule was read")
        return effect
    if _FIRST <= version <= _LAST:
        return effect
    assumptions.append("the rule was not read for the version that the cluster has")
    return max(effect, Effect.MAY_DRAIN, key=list(Effect).index)


def _is_overridden(known: Sequence[Mapping[str, Any]]) -> bool:
    names = {item["metadata"]["name"] for item in known if item.get("kind") == "ConfigMap"}
    return OVERRIDE in names and _OVERRIDE_FIRST <= (_version(known) or (0, 0)) <= _OVERRIDE_LAST


def _version(known: Sequence[Mapping[str, Any]]) -> tuple[int, int] | None:
    """Return the cluster's minor version; None when it was not asked, ``(0, 0)`` when it does not say."""
    found = next((item for item in known if item.get("kind") == "ClusterVersion"), None)
    if found is None:
        return None
    text = str((((found.get("status") or {}).get("desired")) or {}).get("version", ""))
    match = re.match(r"(\d+)\.(\d+)\.", text)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _pools(known: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the names of all pools, those that are paused with a word about it."""
    found = [item for item in known if item.get("kind") == "MachineConfigPool"]
    paused = {item["metadata"]["name"]: bool((item.get("spec") or {}).get("paused")) for item in found}
    names = (f"{name} (paused: when it goes on)" if is_paused else name for name, is_paused in paused.items())
    return tuple(sorted(names)) or _BUILT_IN
