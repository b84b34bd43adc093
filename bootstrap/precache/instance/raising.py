"""Defects of users' files as errors, all of them at once, or as notes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from bootstrap.errors import BootstrapError, ConfigError, Problems
from bootstrap.precache.instance.defect import Defect, text
from bootstrap.precache.instance.judge import KIND, judged
from bootstrap.precache.instance.rules_secrets import about_secrets
from bootstrap.precache.instance.site_config import judged_site_config


def defects_of_all(items: Iterable[Mapping[str, Any]]) -> list[Defect]:
    """Return the defects of ClusterInstances and SiteConfigs, and of Secrets that they refer to."""
    known, found = list(items), list[Defect]()
    for item in known:
        if text(item, "kind") == KIND:
            found += judged(item)
        elif text(item, "kind") == "SiteConfig":
            found += judged_site_config(item)
    return [*found, *about_secrets(known)]


def notes_of(defects: Iterable[Defect]) -> tuple[str, ...]:
    """Return defects as sentences."""
    return tuple(f"{each.path}: {each.why}; {each.fix}" for each in defects)


def raise_both(error: BootstrapError, defects: Iterable[Defect], name: str) -> NoReturn:
    """Refuse what cannot be merged with, and in the same breath what has other defects.

    Raises:
        ConfigError: (several as ``Problems``) Always.
    """
    problems = list(error.problems) if isinstance(error, Problems) else [error]
    told = {each.what.partition(": ")[2].partition(": ")[0] for each in problems}
    problems += _problems((each for each in defects if each.path not in told), name)
    raise problems[0] if len(problems) == 1 else Problems(problems)


def raise_defects(defects: Iterable[Defect], name: str) -> None:
    """Refuse what has defects.

    Raises:
        ConfigError: (several as ``Problems``) It has some that keep it from working.
    """
    found = _problems(defects, name)
    if found:
        raise found[0] if len(found) == 1 else Problems(found)


def _problems(defects: Iterable[Defect], name: str) -> list[BootstrapError]:
    return [
        ConfigError(f"{name}: {each.path} will not do", why=each.why, fix=each.fix)
        for each in defects
        if each.is_error
    ]
