"""What keeps TALM from pre-caching at all, or from pre-caching what a cluster will take."""

from __future__ import annotations

from collections.abc import Iterator

from bootstrap.errors import BootstrapError, ConfigError
from bootstrap.oci.reference import Reference
from bootstrap.precache.talm.status.group import KIND, Group

_AGAIN = "TALM looks again by itself"
_BY_DIGEST = "set spec.desiredUpdate.image of the policy's ClusterVersion to the release by its digest"


def obstacles(group: Group) -> Iterator[BootstrapError]:
    """Yield what somebody has to mend, in the order in which TALM comes to it."""
    yield from _refused(
        group,
        "ClustersSelected",
        f"{group.title}: its clusters cannot be selected",
        f"correct spec.clusters and its selectors: each name is that of a ManagedCluster; {_AGAIN}",
    )
    yield from _refused(group, "Validated", f"{group.title}: it is not valid", _validity(group))
    yield from _refused(
        group, "PrecacheSpecValid", f"{group.title}: what is to be pre-cached is not known", _content(group)
    )
    yield from _platform_image(group)


def _refused(group: Group, kind: str, what: str, fix: str) -> Iterator[BootstrapError]:
    found = group.conditions.get(kind)
    if found is not None and found.status == "False":
        yield ConfigError(
            what,
            why=f"{kind} is False: {found.said}",
            fix=fix,
        )


def _validity(group: Group) -> str:
    found = group.conditions.get("Validated")
    if found is not None and found.reason == "InvalidPlatformImage":
        service = "to an update service that the hub reaches and trusts"
        return f"{_BY_DIGEST}, or its spec.upstream {service}; {_AGAIN}"
    return f"correct spec.managedPolicies, or apply the policies that it names; {_AGAIN}"


def _content(group: Group) -> str:
    found = group.conditions.get("PrecacheSpecValid")
    message = found.message if found is not None else ""
    if "no packages" in message:
        return (
            "put a Subscription for each operator into the managed policies, or"
            f" overrides.operatorsPackagesAndChannels into its PreCachingConfig; {_AGAIN}"
        )
    if "no software spec" in message:
        return (
            "put a ClusterVersion with spec.desiredUpdate.image, by digest, or a CatalogSource and"
            f" Subscriptions into the managed policies; {_AGAIN}"
        )
    if "PreCachingConfig" in message:
        return (
            "see that spec.preCachingConfigRef names a PreCachingConfig that is there, and that its"
            f" spaceRequired is a size; {_AGAIN}"
        )
    return f"correct the managed policies; {_AGAIN}"


def _platform_image(group: Group) -> Iterator[BootstrapError]:
    image = group.platform_image
    if not image or _has_digest(image):
        return
    yield ConfigError(
        f"{group.title}: the release is not named by its digest",
        why=f"status.precaching.spec.platformImage is {image}, and clusters verify releases by their digests:"
        " they would pre-cache what they then refuse",
        fix=f"{_BY_DIGEST}, and make the {KIND} again: TALM keeps what it once found valid",
    )


def _has_digest(image: str) -> bool:
    try:
        return Reference.parse(image).digest is not None
    except ConfigError:
        return False
