"""What the operator makes of policies: the release, the catalogs and the operators that it pre-caches.

Source: Topology Aware Lifecycle Manager at dacf199, ``controllers/precache.go`` (``stripPolicy``,
``extractPrecachingSpecFromPolicies``, ``checkPreCacheSpecConsistency``) and ``controllers/validation.go``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

_FIELDS = ("upstream", "channel", "version", "image")


@dataclass(frozen=True)
class Software:
    """What policies come to.

    Attributes:
        release: ``upstream``, ``channel``, ``version``, ``image`` of the ClusterVersions, as far as given.
        catalogs: Images of the CatalogSources.
        packages: ``package:channel`` of the Subscriptions.
        has_release: Whether there is a ClusterVersion at all.
    """

    release: Mapping[str, str]
    catalogs: tuple[str, ...]
    packages: tuple[str, ...]
    has_release: bool


def software_of(policies: Sequence[Mapping[str, Any]]) -> tuple[Software, tuple[str, ...]]:
    """Return what the policies come to, and why the operator would not take it, a sentence each."""
    release: dict[str, str] = {}
    found: list[str] = []
    catalogs, packages = [], []
    has_release = False
    for where, item in _objects(policies, found):
        spec = item.get("spec")
        if not isinstance(spec, dict):
            continue
        kind = item.get("kind")
        if kind == "Subscription":
            packages.append(f"{spec.get('name')}:{spec.get('channel')}")
        elif kind == "CatalogSource":
            catalogs.append(str(spec.get("image")))
        elif kind == "ClusterVersion":
            has_release = True
            found += _merge(where, spec, release)
    is_named = "image" in release and "{{" not in release["image"]
    if not is_named and any("{{" in value for value in release.values()):
        found.append("a field of the ClusterVersion is a template, which pre-caching does not take")
    software = Software(release, tuple(catalogs), tuple(packages), has_release)
    return software, tuple(dict.fromkeys(found))


def incomplete(software: Software, packages: Sequence[str]) -> tuple[str, ...]:
    """Return why there is nothing to pre-cache, or not all of it.

    Args:
        software: Of the policies.
        packages: ``package:channel``, those of a PreCachingConfig instead of the policies' where it has any.
    """
    found = []
    lacking = [key for key in ("upstream", "channel", "version") if not software.release.get(key)]
    if software.has_release and not software.release.get("image") and lacking:
        found.append(
            f"the ClusterVersion has no desiredUpdate.image, and no {', '.join(lacking)} to find it by"
        )
    if software.catalogs and not packages:
        found.append("there is a CatalogSource, and no operator")
    if not software.catalogs and packages:
        found.append("there are operators and no CatalogSource in the policies: no operator is pre-cached")
    if not software.catalogs and not software.has_release:
        found.append("the policies have neither a ClusterVersion nor a CatalogSource")
    return tuple(found)


def _merge(where: str, spec: Mapping[str, Any], into: dict[str, str]) -> Iterable[str]:
    update = spec.get("desiredUpdate")
    values = {**spec, **(update if isinstance(update, dict) else {})}
    for key in _FIELDS:
        value = values.get(key)
        if value is not None and into.setdefault(key, str(value)) != str(value):
            yield f"{where}: {key} of the ClusterVersion is {value}, and {into[key]} in another one"


def _objects(
    policies: Sequence[Mapping[str, Any]], problems: list[str]
) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """Yield the policies' objects with the policies' names; what has to be absent is not among them."""
    for policy in policies:
        where = f"Policy {policy['metadata']['name']}"
        templates = (policy.get("spec") or {}).get("policy-templates") or ()
        for each in templates if isinstance(templates, list) else ():
            try:
                spec = each["objectDefinition"]["spec"]
                for item in _templates(spec):
                    if item.get("complianceType") != "mustnothave":
                        yield where, dict(item["objectDefinition"])
            except (KeyError, TypeError, AttributeError, ValueError, yaml.YAMLError) as error:
                problems.append(f"{where}: its object-templates cannot be read ({type(error).__name__})")


def _templates(spec: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    plain, raw = spec.get("object-templates"), spec.get("object-templates-raw")
    if (plain is None) == (raw is None):
        raise ValueError("one of the two has to be there")
    return list(yaml.safe_load(str(raw)) if plain is None else plain)
