"""An edge site as its user wants it: ``--site FILE``, checked, with defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bootstrap.cluster.hosted.spec import Bmc
from bootstrap.cluster.hosted.values import Network

LABEL = "data"  # of the partition, where a site gives no other: what existing sites use


@dataclass(frozen=True)
class Package:
    """An operator of a catalog.

    Attributes:
        channel: None takes the package's default channel.
    """

    name: str
    channel: str | None = None


@dataclass(frozen=True)
class Operators:
    """Operators out of one catalog.

    Attributes:
        catalog: Pull spec of the catalog at its source, as the image set has it.
    """

    catalog: str
    packages: tuple[Package, ...]


@dataclass(frozen=True)
class Content:
    """What is on a site's disk.

    Attributes:
        label: Name of the GPT partition that nodes find it by.
        operators: Whose images are there beside the release's.
        additional: Pull specs at their sources.
        exclude: Regular expressions (Python's); an image is left out when its source or
            its place in the mirror matches one.
    """

    label: str = LABEL
    operators: tuple[Operators, ...] = ()
    additional: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True)
class Interface:
    """A network interface, as ``nodeNetwork.interfaces`` has it."""

    name: str
    mac: str


@dataclass(frozen=True)
class Node:
    """One host of a site.

    Attributes:
        role: ``master``, ``worker`` or ``arbiter``.
        boot_mode: ``UEFI``, ``UEFISecureBoot`` or ``legacy``.
        root_device: ``rootDeviceHints``, as metal3 has them.
        interfaces: Of nodeNetwork; empty leaves the network to DHCP.
        nmstate: nodeNetwork's ``config``, handed on as it is.
        installer_args: Beside ours, a word each.
    """

    host_name: str
    role: str
    bmc: Bmc
    boot_mac: str
    boot_mode: str = "UEFI"
    root_device: Mapping[str, Any] = field(default_factory=dict)
    interfaces: tuple[Interface, ...] = ()
    nmstate: Mapping[str, Any] = field(default_factory=dict)
    installer_args: tuple[str, ...] = ()


@dataclass(frozen=True)
class Templates:
    """Templates of the SiteConfig operator that render a site; ``namespace`` is the operator's."""

    namespace: str = "open-cluster-management"
    cluster: str = "ai-cluster-templates-v1"
    node: str = "ai-node-templates-v1"


@dataclass(frozen=True)
class Networking:
    """Networks of the site's cluster; ``cluster`` ones with the hosts' prefix length.

    Attributes:
        api_vips: Virtual addresses of the API, one a family; none for a single node.
        ingress_vips: Of the applications, likewise.
    """

    cluster: tuple[tuple[Network, int], ...]
    machine: tuple[Network, ...]
    service: tuple[Network, ...]
    api_vips: tuple[str, ...] = ()
    ingress_vips: tuple[str, ...] = ()


@dataclass(frozen=True)
class EdgeSite:
    """Everything.

    Attributes:
        name: Of the cluster, of its namespace, and of its ClusterInstance.
        version: Of a mirrored release; None takes the newest.
        architecture: Of the nodes, in Go's words.
        kind: ``SNO``, ``HighlyAvailable`` or ``HighlyAvailableArbiter``.
        labels: Of the ManagedCluster.
        pull_secret: Entries of the user's own beside the site's registries, by key.
        is_partitioned: Whether workloads can be kept to CPUs of their own (``cpuPartitioningMode``).
    """

    name: str
    base_domain: str
    version: str | None
    architecture: str
    kind: str
    ssh_key: str
    networking: Networking
    nodes: tuple[Node, ...]
    content: Content = Content()
    ntp: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    templates: Templates = Templates()
    pull_secret: Mapping[str, Mapping[str, object]] = field(repr=False, default_factory=dict)
    is_partitioned: bool = False
