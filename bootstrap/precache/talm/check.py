"""Objects of a user's own judged before TALM gets them: what it ignores, what it refuses, what contradicts.

Source: Topology Aware Lifecycle Manager at dacf199, ``controllers/precache.go``
(``includePreCachingConfigs``), ``controllers/overrides.go``,
``controllers/clustergroupupgrade_controller.go`` (``validateCR``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bootstrap.errors import ConfigError
from bootstrap.oci.reference import Reference
from bootstrap.precache.talm.patterns import read_patterns
from bootstrap.precache.talm.shape import misshapen
from bootstrap.precache.talm.software import incomplete, software_of
from bootstrap.precache.talm.space import gib_of, is_refused, text_of

OVERRIDES = "cluster-group-upgrade-overrides"
_PUBLIC = "api.openshift.com"
_WHERE = {
    "platformImage": "desiredUpdate.image of the ClusterVersion in a policy",
    "platform.image": "desiredUpdate.image of the ClusterVersion in a policy",
    "operatorsIndexes": "the CatalogSources in the policies",
    "operators.indexes": "the CatalogSources in the policies",
    "preCacheImage": "TALM's own installation (PRECACHE_IMG)",
    "precache.image": "TALM's own installation (PRECACHE_IMG)",
}
_KEPT = {
    "operators.packagesAndChannels": "overrides.operatorsPackagesAndChannels",
    "excludePrecachePatterns": "excludePrecachePatterns",
    "precache.spaceRequired": "spaceRequired",
}

Object = Mapping[str, Any]


@dataclass(frozen=True)
class Judgement:
    """One thing about one object.

    Attributes:
        where: ``PreCachingConfig ztp/x: spec.spaceRequired``.
        is_error: TALM refuses it, or does something else than is written; else it is a warning.
    """

    where: str
    why: str
    fix: str
    is_error: bool

    @property
    def problem(self) -> ConfigError:
        """The finding as a failure."""
        return ConfigError(f"cannot pre-cache with {self.where}", why=self.why, fix=self.fix)


@dataclass(frozen=True)
class Checked:
    """What was looked at, and what was found: errors first."""

    objects: tuple[str, ...]
    findings: tuple[Judgement, ...]


def check(objects: Sequence[Object]) -> Checked:
    """Judge ClusterGroupUpgrades, PreCachingConfigs, policies and TALM's ConfigMap of overrides.

    Raises:
        ConfigError: None of them is there.
    """
    groups = _of(objects, "ClusterGroupUpgrade")
    configs = _of(objects, "PreCachingConfig")
    policies = _of(objects, "Policy")
    maps = [each for each in _of(objects, "ConfigMap") if each["metadata"]["name"] == OVERRIDES]
    known = [*groups, *configs, *policies, *maps]
    if not known:
        raise ConfigError(
            "there is nothing of TALM's to check",
            why="no object is a ClusterGroupUpgrade, a PreCachingConfig or a Policy",
            fix="give a file with them, or `oc get cgu,precachingconfig,policy -n NAMESPACE -o json`",
        )
    found = [
        Judgement(_at(each, field), why, "write it as the CRD has it: `oc explain`", is_error=True)
        for each in known
        for field, why in misshapen(each)
    ]
    groups, configs, policies, maps = (
        [each for each in some if not any(misshapen(each))] for some in (groups, configs, policies, maps)
    )
    for config in configs:
        found += _about_config(config)
    for each in maps:
        found += _about_map(each)
    for group in groups:
        found += _about_group(group, configs, policies)
    if not _of(known, "ClusterGroupUpgrade"):
        found += _about_policies("the policies", policies, None)
    found.sort(key=lambda each: not each.is_error)
    return Checked(tuple(_name(each) for each in known), tuple(dict.fromkeys(found)))


def _about_config(config: Object) -> Iterator[Judgement]:
    spec = config.get("spec") or {}
    overrides = spec.get("overrides") or {}
    for key in ("platformImage", "operatorsIndexes", "preCacheImage"):
        if overrides.get(key):
            yield _ignored(_at(config, f"spec.overrides.{key}"), key)
    yield from _about_packages(config, overrides.get("operatorsPackagesAndChannels") or ())
    if spec.get("spaceRequired") is not None:
        yield from _about_space(_at(config, "spec.spaceRequired"), spec["spaceRequired"])
    yield from _about_patterns(
        _at(config, "spec.excludePrecachePatterns"), spec.get("excludePrecachePatterns")
    )
    images = [str(each) for each in spec.get("additionalImages") or ()]
    if images and images[-1] not in images[:-1]:
        yield Judgement(
            _at(config, "spec.additionalImages"),
            f"current TALM ends the list without a line feed, and the job passes over {images[-1]}",
            "write the last image twice",
            is_error=False,
        )


def _about_packages(config: Object, packages: Iterable[object]) -> Iterator[Judgement]:
    where = _at(config, "spec.overrides.operatorsPackagesAndChannels")
    channels: dict[str, str] = {}
    for each in packages:
        package, colon, channel = each.partition(":") if isinstance(each, str) else ("", "", "")
        if not colon or ":" in channel or not package.strip() or not channel.strip():
            shown = (
                ", ".join(f"{key}: {value}" for key, value in each.items())
                if isinstance(each, dict)
                else each
            )
            yield Judgement(
                where,
                f"{shown!r} is no text PACKAGE:CHANNEL",
                'write "PACKAGE:CHANNEL", in quotes',
                is_error=True,
            )
        elif channels.setdefault(package.strip(), channel.strip()) != channel.strip():
            yield Judgement(
                where,
                f"{package} is there with {channels[package.strip()]} and {channel}; a job takes the last",
                "name each package once",
                is_error=True,
            )


def _about_map(each: Object) -> Iterator[Judgement]:
    for key, value in (each.get("data") or {}).items():
        where = _at(each, f"data.{key}")
        if key in _WHERE:
            yield _ignored(where, key)
        elif key in _KEPT:
            why = "the ConfigMap is deprecated, and goes after a PreCachingConfig"
            yield Judgement(where, why, f"write {_KEPT[key]} of a PreCachingConfig", is_error=False)
        if key == "precache.spaceRequired":
            yield from _about_space(where, value)
        if key == "excludePrecachePatterns":
            yield from _about_patterns(where, str(value).split("\n"))


def _about_group(group: Object, configs: Sequence[Object], policies: Sequence[Object]) -> Iterator[Judgement]:
    spec = group.get("spec") or {}
    if spec.get("preCaching") is not True:
        yield Judgement(
            _at(group, "spec.preCaching"), "it is not true: nothing is pre-cached", "set it", is_error=False
        )
        return
    if spec.get("enable", True):
        why = (
            "it is true, or left out, which is the same: the upgrade begins as soon as pre-caching has ended"
        )
        yield Judgement(
            _at(group, "spec.enable"), why, "set it to false until all have succeeded", is_error=False
        )
    clusters = spec.get("clusters") or ()
    canaries = (spec.get("remediationStrategy") or {}).get("canaries") or ()
    for canary in canaries if not (spec.get("clusterLabelSelectors") or spec.get("clusterSelector")) else ():
        if canary not in clusters:
            where = _at(group, "spec.remediationStrategy.canaries")
            yield Judgement(where, f"{canary} is not among the clusters", "correct it", is_error=True)
    config = _referred(group, configs)
    reference = (spec.get("preCachingConfigRef") or {}).get("name")
    if reference and config is None:
        where = _at(group, "spec.preCachingConfigRef")
        yield Judgement(where, f"{reference} is not among what was given", "give it, too", is_error=False)
    names = spec.get("managedPolicies") or ()
    own = [each for each in policies if each["metadata"]["name"] in names]
    missing = [each for each in names if each not in {str(one["metadata"]["name"]) for one in own}]
    if missing:
        where = _at(group, "spec.managedPolicies")
        yield Judgement(
            where, f"not among what was given: {', '.join(missing)}", "give them, too", is_error=False
        )
    else:
        yield from _about_policies(_name(group), own, config)


def _about_policies(where: str, policies: Sequence[Object], config: Object | None) -> Iterator[Judgement]:
    software, contradictions = software_of(policies)
    for why in contradictions:
        yield Judgement(where, why, "let the policies of one upgrade say one thing", is_error=True)
    image = software.release.get("image", "")
    if image and "{{" not in image and not _has_digest(image):
        why = f"the ClusterVersion's image is {image or 'empty'}, which is not by digest"
        yield Judgement(where, why, "name the release by digest: `precache talm` does", is_error=True)
    if _PUBLIC in software.release.get("upstream", "") and not image:
        why = f"the release is looked for at {_PUBLIC}, which a disconnected hub does not reach"
        yield Judgement(where, why, "name it by desiredUpdate.image, by digest", is_error=True)
    overrides = ((config or {}).get("spec") or {}).get("overrides") or {}
    packages = overrides.get("operatorsPackagesAndChannels") or software.packages
    for why in incomplete(software, [str(each) for each in packages]) if policies else ():
        yield Judgement(where, why, "complete the policies: `precache talm` writes such", is_error=True)


def _about_space(where: str, value: object) -> Iterator[Judgement]:
    try:
        gib = gib_of(str(value))
    except ValueError as error:
        yield Judgement(where, str(error), "write 45 GiB", is_error=True)
        return
    if is_refused(str(value)):
        yield Judgement(
            where, f"TALM refuses {value}: its unit has no B", f"write {text_of(gib)}", is_error=True
        )
    elif not gib:
        yield Judgement(where, "it is nothing, so no space is looked for", "write 45 GiB", is_error=False)


def _about_patterns(where: str, texts: Iterable[object] | None) -> Iterator[Judgement]:
    for text in texts or ():
        try:
            read_patterns([str(text)])
        except ValueError as error:
            why = f"grep refuses it, and no image of the release is pulled: {error}"
            yield Judgement(where, why, "write a basic regular expression, as in `man grep`", is_error=True)


def _referred(group: Object, configs: Sequence[Object]) -> Object | None:
    reference = (group.get("spec") or {}).get("preCachingConfigRef") or {}
    namespace = reference.get("namespace") or group["metadata"].get("namespace")
    for each in configs:
        if (each["metadata"]["name"], each["metadata"].get("namespace")) == (
            reference.get("name"),
            namespace,
        ):
            return each
    return None


def _has_digest(image: str) -> bool:
    try:
        return Reference.parse(image).digest is not None
    except ConfigError:
        return False


def _ignored(where: str, key: str) -> Judgement:
    return Judgement(
        where,
        "TALM has ignored it since July 2026",
        f"take it out; it comes from {_WHERE[key]}",
        is_error=False,
    )


def _of(objects: Sequence[Object], kind: str) -> list[Object]:
    return [each for each in objects if each["kind"] == kind]


def _at(item: Object, field: str) -> str:
    return f"{_name(item)}: {field}"


def _name(item: Object) -> str:
    metadata = item["metadata"]
    namespace = f"{metadata['namespace']}/" if metadata.get("namespace") else ""
    return f"{item['kind']} {namespace}{metadata['name']}"
