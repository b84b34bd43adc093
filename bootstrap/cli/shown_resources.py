"""Cluster resources, and what changes about them, as text for a person."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bootstrap.cluster.compare import EntryChange, ObjectChange
from bootstrap.cluster.drains import Effect
from bootstrap.errors import BootstrapError
from bootstrap.workflow.resources import Compared, Published

_NODES = {
    Effect.NOTHING: "nothing changes for nodes",
    Effect.RELOAD: "CRI-O is reloaded on each; none drains, none reboots",
    Effect.MAY_DRAIN: "each MAY DRAIN, one after the other",
    Effect.DRAIN: "each WILL DRAIN, one after the other, then CRI-O is reloaded; none reboots",
    Effect.REBOOT: "each WILL DRAIN AND REBOOT, one after the other: the cluster's NodeDisruptionPolicy",
}


def published_text(done: Published) -> str:
    """Return where the set is, what is in it, and how to use it."""
    state = "new" if done.is_new else "as before"
    lines = [f"{_short(done.directory)}   ({state})", *(f"  {name}" for name in done.objects)]
    lines += _left_out(done.left_out)
    return "\n".join(lines) + f"\napply them: oc apply -f {shlex.quote(_short(done.directory))}\n"


def compared_text(found: Compared) -> str:
    """Return what changes, object by object, and what it does to nodes."""
    against = found.against or "nothing: no earlier set gave a cluster anything else"
    if found.against and not found.is_cluster:
        against = _short(Path(found.against))
    lines = [f"compared with {against}", ""]
    for change in found.changes.objects:
        if change.change not in ("unchanged", "kept"):
            lines += _object_lines(change)
    for word, meaning in (("unchanged", "unchanged"), ("kept", "not ours, and stays")):
        names = [_name(each) for each in found.changes.objects if each.change == word]
        if names:
            lines.append(f"{meaning}: {', '.join(names)}")
    if not found.is_different:
        lines.append("nothing to apply")
    lines += [*_left_out(found.left_out), "", *_node_lines(found)]
    return "\n".join(lines) + "\n"


def _object_lines(change: ObjectChange) -> Iterable[str]:
    yield f"{change.change}: {_name(change)}"
    for entry in change.entries:
        yield from _entry_lines(entry, is_data=change.kind == "ConfigMap")
    if change.change == "removed":
        space = f" -n {change.namespace}" if change.namespace else ""
        yield f"    `oc apply` leaves it there: oc delete {change.kind.lower()} {change.name}{space}"


def _entry_lines(entry: EntryChange, *, is_data: bool) -> Iterable[str]:
    if is_data:  # a signature says nothing to a person
        yield f"  {'+' if entry.before is None else '-' if entry.after is None else '~'} {entry.entry}"
    elif entry.before is None:
        yield f"  + {entry.entry}: {_value(entry.after)}"
    elif entry.after is None:
        yield f"  - {entry.entry}: {_value(entry.before)}"
    else:
        yield f"  ~ {entry.entry}: {_value(entry.before)}"
        yield f"    {' ' * len(entry.entry)}→ {_value(entry.after)}"


def _value(value: Any) -> str:  # noqa: ANN401  # what a field of an object may be
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _node_lines(found: Compared) -> Iterable[str]:
    nodes = found.changes.nodes
    if nodes.effect == Effect.NOTHING:
        yield f"nodes: {_NODES[nodes.effect]}"
        return
    yield f"nodes of {', '.join(nodes.pools)}: {_NODES[nodes.effect]}"
    yield from (f"  because {reason}" for reason in nodes.reasons)
    if found.changes.is_gentle_without_tags:
        yield "  without itms.yaml none would drain: apply it by itself, when nodes may"
    if not found.is_cluster:
        beside = "what this is compared with, and " if found.against else ""
        yield f"  assuming the cluster has {beside}no other mirror sets"
    yield from (f"  assuming {assumption}" for assumption in nodes.assumptions)
    yield f"  the rule: {nodes.rule}"


def _left_out(problems: Iterable[BootstrapError]) -> Iterable[str]:
    return (f"warning: {problem}" for problem in problems)


def _name(change: ObjectChange) -> str:
    return (
        f"{change.kind} {change.namespace}/{change.name}"
        if change.namespace
        else f"{change.kind} {change.name}"
    )


def _short(path: Path) -> str:
    """Return ``path`` from here where it is below here, else whole."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
