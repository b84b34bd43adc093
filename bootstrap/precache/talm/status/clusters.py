"""What is seen of each cluster of a group."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass

from bootstrap.precache.talm.status.group import Group
from bootstrap.precache.talm.status.reader import Condition
from bootstrap.precache.talm.status.states import DOING, State

_SLACK = dt.timedelta(minutes=30)  # for what comes before a job and after it


class Outcome(enum.StrEnum):
    """How it gets on: ``stuck`` was on its way for longer than its job may last; ``unneeded`` has it all."""

    DONE = "done"
    WAITING = "waiting"
    STUCK = "stuck"
    FAILED = "failed"
    UNNEEDED = "unneeded"


class Generation(enum.StrEnum):
    """Which conditions tell of pre-caching."""

    READY = "PrecachingDone"  # TALM of 4.10 and 4.11; True when every cluster has Succeeded
    SUCCEEDED = "PrecachingSuceeded"  # since then, and so it is spelt; True of a part, too


@dataclass(frozen=True)
class Seen:
    """One cluster; ``state`` is None where TALM has none for it and needs none."""

    name: str
    state: State | None
    outcome: Outcome
    why: str = ""


def generation_of(group: Group) -> Generation:
    """Return which conditions tell; where an update of TALM left both kinds, those of the newer."""
    is_older = any(kind in group.conditions for kind in ("Ready", Generation.READY))
    is_newer = any(
        kind in group.conditions
        for kind in (Generation.SUCCEEDED, "ClustersSelected", "Validated", "Progressing", "Succeeded")
    )
    return Generation.READY if is_older and not is_newer else Generation.SUCCEEDED


def verdict_of(group: Group) -> Condition | None:
    """Return the condition that tells whether pre-caching is over."""
    return group.conditions.get(generation_of(group))


def is_over(group: Group) -> bool:
    """Whether TALM is through with pre-caching: it looks at no cluster any more."""
    found = verdict_of(group)
    return found is not None and found.status == "True"


def seen_of(group: Group, now: dt.datetime) -> tuple[Seen, ...]:
    """Return what is seen of each cluster: those of the spec in its order, then what selectors found."""
    names = dict.fromkeys((*group.clusters, *group.selected, *(group.plan or ()), *sorted(group.states)))
    return tuple(_seen(group, name, now) for name in names)


def _seen(group: Group, name: str, now: dt.datetime) -> Seen:
    state = group.states.get(name)
    if state is None:
        # TALM pre-caches on clusters that are not compliant, and tells nothing of the others.
        is_newer = generation_of(group) is Generation.SUCCEEDED
        if is_newer and (_has_ended_well(group) or (group.plan is not None and name not in group.plan)):
            return Seen(name, None, Outcome.UNNEEDED, "it complies with the policies already")
        state = State.NOT_STARTED
    if state is State.SUCCEEDED:
        return Seen(name, state, Outcome.DONE)
    if state.is_final:
        return Seen(name, state, Outcome.FAILED, DOING[state])
    if state is State.NOT_STARTED and is_over(group):
        return Seen(name, state, Outcome.FAILED, "TALM is through with pre-caching and did not begin with it")
    begun = verdict_of(group)
    late = None if begun is None or begun.since is None else now - begun.since
    limit = dt.timedelta(minutes=group.timeout_minutes) + _SLACK
    if late is not None and late > limit:
        hours = int(late.total_seconds() // 3600)
        return Seen(name, state, Outcome.STUCK, f"{DOING[state]}; pre-caching began {hours} hours ago")
    return Seen(name, state, Outcome.WAITING, DOING[state])


def _has_ended_well(group: Group) -> bool:
    found = group.conditions.get("Succeeded")
    return found is not None and found.status == "True" and not group.states
