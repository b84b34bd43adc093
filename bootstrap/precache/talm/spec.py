"""An upgrade with pre-caching, as it is asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bootstrap.cluster.object_names import dns_label, dns_name

NAMESPACE = "ztp-upgrade"
EVERY_SET = "global"  # a ManagedClusterSet that Advanced Cluster Management makes; it has all clusters
TIMEOUT_MINUTES = 240  # ran.openshift.io/v1alpha1 ClusterGroupUpgrade, remediationStrategy.timeout
_OPERATOR = re.compile(r"(?P<package>[^:@/]+)(?::(?P<channel>[^:@/]+))?(?:@(?P<where>.+))?")
_KEY = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")


@dataclass(frozen=True)
class Operator:
    """An operator that clusters have, and are to have anew.

    Attributes:
        channel: None takes the package's default channel.
        namespace: Of its Subscription; None takes what its bundle suggests.
        subscription: Name of its Subscription; None takes the package's.
        catalog: As the user names it; None takes the mirrored one that has the package.
    """

    package: str
    channel: str | None = None
    namespace: str | None = None
    subscription: str | None = None
    catalog: str | None = None

    @classmethod
    def parse(cls, text: str, catalog: str | None = None) -> Operator:
        """Read ``package[:channel][@namespace[/subscription]]``.

        Raises:
            ValueError: It is something else.
        """
        found = _OPERATOR.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is not package[:channel][@namespace[/subscription]]")
        namespace, _, name = (found["where"] or "").partition("/")
        if namespace:
            dns_label(namespace)
        if name:
            dns_name(name)
        return cls(found["package"], found["channel"], namespace or None, name or None, catalog)


@dataclass(frozen=True)
class Upgrade:
    """The upgrade of some clusters from one release to another, or of their operators alone.

    Attributes:
        before: Version that the clusters have; None where it is not known.
        version: That they are to have; None leaves it.
        architecture: Of their nodes, in Go's words; None takes that of the mirrored release.
        clusters: Names of ManagedClusters.
        selectors: Labels of ManagedClusters; one has to have all labels of one of them.
        name: Of the ClusterGroupUpgrade; the other objects' names begin with it.
        exclude: Patterns as the pre-caching job takes them.
        additional: Pull specs at their sources.
        space_gib: To ask for; None computes it.
        timeout_minutes: For the job of a cluster, and for the upgrade itself.
        channel: Of the ClusterVersion; None takes ``stable-4.20``.
        upstream: Update service that the clusters ask.
        cluster_set: ManagedClusterSet that has the clusters.
    """

    version: str | None
    name: str
    before: str | None = None
    architecture: str | None = None
    clusters: tuple[str, ...] = ()
    selectors: tuple[Mapping[str, str], ...] = ()
    namespace: str = NAMESPACE
    operators: tuple[Operator, ...] = ()
    exclude: tuple[str, ...] = ()
    additional: tuple[str, ...] = ()
    space_gib: int | None = None
    max_concurrency: int = 1
    timeout_minutes: int = TIMEOUT_MINUTES
    canaries: tuple[str, ...] = field(default=())
    channel: str | None = None
    upstream: str | None = None
    cluster_set: str = EVERY_SET


def read_selector(text: str) -> dict[str, str]:
    """Read ``group=du,site=north``.

    Raises:
        ValueError: It is something else, or no label can be so.
    """
    found: dict[str, str] = {}
    for part in text.split(","):
        key, equals, value = part.strip().partition("=")
        if not equals or key in found or not _KEY.fullmatch(key) or not _VALUE.fullmatch(value):
            raise ValueError(f"{text!r} is not KEY=VALUE[,KEY=VALUE]")
        found[key] = value
    return found
