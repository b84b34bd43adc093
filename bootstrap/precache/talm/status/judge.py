"""Whether a group may be enabled, and what is wrong with it."""

from __future__ import annotations

import datetime as dt
import json
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bootstrap.errors import BootstrapError, ConfigError, ExitCode, HostError
from bootstrap.precache.talm.status.clusters import (
    Generation,
    Outcome,
    Seen,
    generation_of,
    is_over,
    seen_of,
    verdict_of,
)
from bootstrap.precache.talm.status.group import KIND, Group
from bootstrap.precache.talm.status.obstacles import obstacles
from bootstrap.precache.talm.status.states import State
from bootstrap.precache.talm.status.threshold import Threshold

NAMESPACE = "openshift-talo-pre-cache"  # on the cluster; another spelling that documents have never existed
_PATCH = json.dumps({"spec": {"enable": True}}, separators=(",", ":"))
_AGAIN = f"delete the {KIND} and create it again, with enable: false: a final state stays"
_LOOK = f"see `oc -n {NAMESPACE} logs job/pre-cache` on each of them"


@dataclass(frozen=True)
class Judged:
    """One group.

    Attributes:
        counts: How many clusters are in each outcome.
        enabled: None where a status alone was given.
        go: Whether it may be enabled, or was: every cluster is pre-cached, or as many as are enough.
        patch: What enables it; None when it may not be, or is already.
        left_out: Clusters that are not pre-cached though it may be enabled.
        notes: What is worth knowing.
    """

    namespace: str
    name: str
    conditions: str
    platform_image: str
    clusters: tuple[Seen, ...]
    counts: dict[str, int]
    enabled: bool | None
    go: bool
    patch: str | None
    left_out: tuple[str, ...]
    notes: tuple[str, ...]
    problems: tuple[BootstrapError, ...]
    exit_code: ExitCode


def judge(group: Group, now: dt.datetime, threshold: Threshold | None = None) -> Judged:
    """Return what ``group`` comes to.

    Args:
        group: As it was read.
        now: With a time zone.
        threshold: How many clusters are enough; None for all.
    """
    seen = seen_of(group, now)
    by = {outcome: [each for each in seen if each.outcome is outcome] for outcome in Outcome}
    wanted = [each for each in seen if each.outcome is not Outcome.UNNEEDED]
    done = len(by[Outcome.DONE])
    is_all = bool(wanted) and done == len(wanted) and is_over(group)
    problems = [*obstacles(group), *_threshold_problems(group, threshold, len(wanted))]
    # TALM of the older conditions never begins unless every cluster has Succeeded.
    is_enough = (
        threshold is not None
        and generation_of(group) is Generation.SUCCEEDED
        and threshold.of(len(wanted)) <= done < len(wanted)
        and done > 0
    )
    go = not problems and (is_all or is_enough)
    if not go:
        problems += _cluster_problems(group, by[Outcome.FAILED], by[Outcome.STUCK], done)
    is_idle = bool(seen) and not wanted
    code = problems[0].exit_code if problems else ExitCode.OK if go or is_idle else ExitCode.UNFINISHED
    return Judged(
        group.namespace,
        group.name,
        generation_of(group).value,
        group.platform_image,
        seen,
        {outcome.value: len(found) for outcome, found in by.items()},
        group.is_enabled,
        go,
        _patch(group) if go and not group.is_enabled else None,
        tuple(each.name for each in wanted if each.outcome is not Outcome.DONE) if go else (),
        tuple(_notes(group, by, go=go, is_all=is_all)),
        tuple(problems),
        code,
    )


def _patch(group: Group) -> str:
    name, namespace = (group.name, group.namespace) if group.name else ("NAME", "NAMESPACE")
    words = [
        "oc",
        "-n",
        namespace,
        "patch",
        f"clustergroupupgrades.ran.openshift.io/{name}",
        "--type=merge",
        "-p",
    ]
    return f"{shlex.join(words)} {shlex.quote(_PATCH)}"


def _threshold_problems(group: Group, threshold: Threshold | None, clusters: int) -> Iterator[BootstrapError]:
    if threshold is not None and threshold.of(clusters) > clusters > 0:
        yield ConfigError(
            f"{group.title}: the threshold cannot be met",
            why=f"{threshold} clusters are asked for, and it has {clusters} to pre-cache",
            fix="give a smaller --threshold, or a part of them: --threshold 90%",
        )


def _cluster_problems(
    group: Group, failed: Sequence[Seen], stuck: Sequence[Seen], done: int
) -> Iterator[BootstrapError]:
    timeouts = [each for each in failed if each.state is State.TIMEOUT]
    errors = [each for each in failed if each.state is State.ERROR]
    never = [each for each in failed if each.state is State.NOT_STARTED]
    after = _after(group, done)
    is_part = bool(done) and generation_of(group) is Generation.SUCCEEDED
    without = f"; or go on without them: --threshold {done}" if is_part else ""
    if errors:
        room = f" ({group.space_required} GiB have to be free)" if group.space_required else ""
        fix = f"{_LOOK}: is there room{room}, is the mirror reached and trusted; then {_AGAIN}{without}"
        yield _problem(f"{group.title}: pre-caching failed on {_counted(errors)}", errors, after, fix)
    if timeouts:
        fix = f"{_AGAIN}, images that came are kept; for more time raise spec.remediationStrategy.timeout"
        fix += f" (minutes, now {group.timeout_minutes}){without}"
        yield _problem(
            f"{group.title}: pre-caching did not end in time on {_counted(timeouts)}", timeouts, after, fix
        )
    if never:
        fix = f"see `oc get managedcluster`, whether they are Available; then {_AGAIN}{without}"
        yield _problem(f"{group.title}: pre-caching was never begun on {_counted(never)}", never, after, fix)
    if stuck:
        fix = "see `oc get managedcluster`, whether they are Available, and the ManagedClusterViews and"
        fix += f" ManagedClusterActions in their namespaces on the hub; {_LOOK}"
        yield _problem(
            f"{group.title}: pre-caching goes on for longer than it may on {_counted(stuck)}", stuck, "", fix
        )


def _after(group: Group, done: int) -> str:
    """Return what TALM makes of a part that failed; "" while there is nothing to say."""
    verdict = verdict_of(group)
    if generation_of(group) is Generation.READY:
        return "; this TALM never updates any cluster of a group unless all have Succeeded"
    if verdict is not None and verdict.status == "True" and done:
        return (
            f"; {Generation.SUCCEEDED} is True all the same ({verdict.reason}): once enabled, TALM updates"
            " what has Succeeded, and leaves these as they are"
        )
    return ""


def _problem(what: str, clusters: Sequence[Seen], after: str, fix: str) -> HostError:
    states = ", ".join(dict.fromkeys(str(each.state) for each in clusters))
    return HostError(
        what,
        why=f"{_named(clusters)}: {states}{after}",
        fix=fix,
    )


def _notes(group: Group, by: dict[Outcome, list[Seen]], *, go: bool, is_all: bool) -> Iterator[str]:
    waiting, failed = [*by[Outcome.WAITING], *by[Outcome.STUCK]], by[Outcome.FAILED]
    if by[Outcome.UNNEEDED]:
        complying = by[Outcome.UNNEEDED]
        yield f"nothing to pre-cache on {_counted(complying)}, which comply: {_named(complying)}"
    if go and failed:
        yield f"left out: {_named(failed)}: TALM leaves them as they are, until another {KIND} names them"
    if go and waiting:
        yield (
            f"on their way still: {_named(waiting)}: TALM begins when they are through, and updates those"
            " that have Succeeded by then; once it is enabled, the first error of another one is final"
        )
    if by[Outcome.DONE] and not failed and not waiting and not is_all:
        yield f"every cluster has Succeeded, and {generation_of(group)} is not True yet"
    if group.is_enabled:
        ended = group.conditions.get("Succeeded")
        if ended is not None:
            yield f"it has ended: {ended.said}"
        elif is_over(group):
            yield "it is enabled already: clusters that have Succeeded are being updated"
        else:
            yield "it is enabled already: TALM begins by itself when pre-caching is over, whatever came of it"


def _counted(clusters: Sequence[Seen]) -> str:
    return f"{len(clusters)} cluster{'s' if len(clusters) != 1 else ''}"


def _named(clusters: Sequence[Seen], most: int = 10) -> str:
    """Return their names, the first ones of many."""
    names = ", ".join(each.name for each in clusters[:most])
    return names if len(clusters) <= most else f"{names} and {len(clusters) - most} more"
