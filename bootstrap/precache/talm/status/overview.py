"""All groups that were asked about, together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from bootstrap.errors import BootstrapError, ConfigError, ExitCode
from bootstrap.precache.talm.status.group import Group
from bootstrap.precache.talm.status.judge import Judged, judge
from bootstrap.precache.talm.status.threshold import Threshold


@dataclass(frozen=True)
class Overview:
    """``groups`` by namespace and name; ``skipped`` are those that ask for no pre-caching."""

    groups: tuple[Judged, ...]
    skipped: tuple[str, ...] = ()

    @property
    def problems(self) -> tuple[BootstrapError, ...]:
        """Of all groups, those of a wrong request before those of clusters."""
        found = [problem for group in self.groups for problem in group.problems]
        return tuple(sorted(found, key=lambda problem: int(problem.exit_code)))

    @property
    def exit_code(self) -> ExitCode:
        """``OK`` when every group may be enabled, was, or needs nothing; else that of what is not so."""
        if self.problems:
            return self.problems[0].exit_code
        is_unfinished = any(group.exit_code is ExitCode.UNFINISHED for group in self.groups)
        return ExitCode.UNFINISHED if is_unfinished else ExitCode.OK


def overview(groups: Iterable[Group], now: dt.datetime, threshold: Threshold | None = None) -> Overview:
    """Return what ``groups`` come to.

    Args:
        groups: As they were read.
        now: With a time zone.
        threshold: How many clusters of each are enough; None for all.

    Raises:
        ConfigError: None of them asks for pre-caching.
    """
    asked: list[Group] = []
    skipped: list[Group] = []
    for group in groups:
        (skipped if group.is_asked is False else asked).append(group)
    if not asked:
        raise ConfigError(
            "there is no pre-caching to tell of",
            why=f"spec.preCaching is not true: {', '.join(group.title for group in skipped)}",
            fix="make it again with preCaching: true and enable: false",
        )
    judged = tuple(judge(group, now, threshold) for group in asked)
    return Overview(judged, tuple(f"{group.namespace}/{group.name}" for group in skipped))
