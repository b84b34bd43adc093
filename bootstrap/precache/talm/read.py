"""From what is typed to an upgrade: all that is wrong is said at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from bootstrap.cluster.object_names import dns_label, dns_name
from bootstrap.errors import BootstrapError, ConfigError
from bootstrap.oci.reference import Reference
from bootstrap.precache.images.chosen import raise_all
from bootstrap.precache.spec import Content
from bootstrap.precache.talm.space import gib_of
from bootstrap.precache.talm.spec import (
    EVERY_SET,
    NAMESPACE,
    TIMEOUT_MINUTES,
    Operator,
    Upgrade,
    read_selector,
)
from bootstrap.release.architecture import ARCHITECTURES
from bootstrap.release.version import Version

T = TypeVar("T")


@dataclass(frozen=True)
class Typed:
    """The options of ``precache talm``, as typed; lists may have commas in their members."""

    before: str | None = None
    version: str | None = None
    clusters: Sequence[str] = ()
    selectors: Sequence[str] = ()
    canaries: Sequence[str] = ()
    operators: Sequence[str] = ()
    catalog: str | None = None
    exclude: Sequence[str] = ()
    additional: Sequence[str] = ()
    architecture: str | None = None
    name: str | None = None
    namespace: str = NAMESPACE
    space: str | None = None
    max_concurrency: int = 1
    timeout_minutes: int = TIMEOUT_MINUTES
    channel: str | None = None
    upstream: str | None = None
    cluster_set: str = EVERY_SET


def read_upgrade(typed: Typed, content: Content | None = None) -> Upgrade:
    """Return the upgrade.

    Args:
        typed: The options.
        content: Of an edge site, whose operators and additional images are taken, too; its patterns are not,
            for they are of another kind.

    Raises:
        ConfigError: (several as ``Problems``) Something of it cannot be.
    """
    problems: list[BootstrapError] = []

    def judged(option: str, text: str, read: Callable[[str], T], fallback: T) -> T:
        try:
            return read(text)
        except (ValueError, BootstrapError) as error:
            why = error.why if isinstance(error, BootstrapError) else str(error)
            problems.append(ConfigError(f"cannot use {option} {text}", why=why, fix="correct it"))
            return fallback

    def each(
        option: str, texts: Sequence[str], read: Callable[[str], T], *, is_split: bool = True
    ) -> tuple[T, ...]:
        parts = [part for text in texts for part in (text.split(",") if is_split else [text])]
        found = [judged(option, part.strip(), read, None) for part in parts if part.strip()]
        return tuple(item for item in found if item is not None)

    operators = [*each("--operators", typed.operators, lambda text: Operator.parse(text, typed.catalog))]
    additional = [*each("--additional-image", typed.additional, _image)]
    for group in content.operators if content else ():
        operators += [Operator(one.name, one.channel, catalog=group.catalog) for one in group.packages]
    additional += content.additional if content else ()
    clusters = each("--clusters", typed.clusters, dns_name)
    canaries = each("--canary", typed.canaries, dns_name)
    version = judged("--to", typed.version, _version, None) if typed.version else None
    before = judged("--from", typed.before, _version, None) if typed.before else None
    name = typed.name or "upgrade-" + (version or "operators").replace(".", "-").lower()
    upgrade = Upgrade(
        version=version,
        name=judged("--name", name, dns_label, name),
        before=before,
        architecture=judged("--architecture", typed.architecture, _architecture, None)
        if typed.architecture
        else None,
        clusters=tuple(dict.fromkeys(clusters)),
        selectors=each("--selector", typed.selectors, read_selector, is_split=False),
        namespace=judged("--namespace", typed.namespace, dns_label, NAMESPACE),
        operators=tuple(dict.fromkeys(operators)),
        exclude=tuple(each for each in typed.exclude if each.strip()),
        additional=tuple(dict.fromkeys(additional)),
        space_gib=judged("--space", typed.space, _space, None) if typed.space else None,
        max_concurrency=typed.max_concurrency,
        timeout_minutes=typed.timeout_minutes,
        canaries=tuple(dict.fromkeys(canaries)),
        channel=typed.channel,
        upstream=judged("--upstream", typed.upstream, _url, None) if typed.upstream else None,
        cluster_set=judged("--cluster-set", typed.cluster_set, dns_label, EVERY_SET),
    )
    problems += _together(upgrade, is_for_some=_is_any((*typed.clusters, *typed.selectors)))
    raise_all(problems)
    return upgrade


def _is_any(texts: Sequence[str]) -> bool:
    return any(text.strip(", ") for text in texts)


def _together(upgrade: Upgrade, *, is_for_some: bool) -> list[BootstrapError]:
    """Return what does not fit together.

    Args:
        upgrade: What could be read.
        is_for_some: Whether clusters are named at all, were it by what cannot be used.
    """
    found: list[BootstrapError] = []
    if not is_for_some:
        found.append(
            ConfigError(
                "cannot tell which clusters to upgrade",
                why="neither --clusters nor --selector is given",
                fix="give --clusters NAME,NAME as `oc get managedclusters` has them, or --selector KEY=VALUE",
            )
        )
    strangers = [each for each in upgrade.canaries if each not in upgrade.clusters]
    if strangers and upgrade.clusters and not upgrade.selectors:
        found.append(
            ConfigError(
                f"cannot use --canary {strangers[0]}",
                why=f"it is not among the clusters {', '.join(upgrade.clusters)}",
                fix="name clusters of --clusters",
            )
        )
    for option, number in (
        ("--max-concurrency", upgrade.max_concurrency),
        ("--timeout", upgrade.timeout_minutes),
    ):
        if number < 1:
            found.append(
                ConfigError(f"cannot use {option} {number}", why="it is less than 1", fix="correct it")
            )
    return found


def _image(text: str) -> str:
    found = Reference.parse(text)
    if found.tag is None and found.digest is None:
        raise ValueError("it has neither a tag nor a digest")
    return text


def _version(text: str) -> str:
    return str(Version.parse(text))


def _architecture(text: str) -> str:
    if text not in ARCHITECTURES:
        raise ValueError(f"it is none of {', '.join(ARCHITECTURES)}")
    return text


def _space(text: str) -> int:
    found = gib_of(text)
    if found < 1:
        raise ValueError("it is nothing")
    return found


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(
            "it is not the address of an update service, https://HOST/api/upgrades_info/v1/graph"
        )
    return text
