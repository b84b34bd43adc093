"""A hosted cluster as its user wants it: ``hosted-cluster.yaml``, checked, with defaults."""

from __future__ import annotations

from dataclasses import dataclass, field

from bootstrap.cluster.hosted.values import Network

# What a cluster has where the file does not say it; by IP family, 4 and 6.
CLUSTER_NETWORKS = {4: "10.132.0.0/14", 6: "fd01::/48"}
SERVICE_NETWORKS = {4: "172.31.0.0/16", 6: "fd02::/112"}
FAMILIES = {"ipv4": (4,), "ipv6": (6,), "dual": (4, 6)}
_LONGEST_NAMESPACE = 63


@dataclass(frozen=True)
class Networking:
    """Networks of the hosted cluster, and those of the management cluster that they keep clear of."""

    cluster: tuple[Network, ...]
    service: tuple[Network, ...]
    machine: tuple[Network, ...]
    management: tuple[Network, ...]


@dataclass(frozen=True)
class Publishing:
    """How the control plane is reached.

    Attributes:
        kind: ``LoadBalancer`` (the API by a load balancer, the rest by routes) or ``NodePort`` (all of it).
        address: Of the management cluster's nodes; for NodePort only.
    """

    kind: str
    address: str | None


@dataclass(frozen=True)
class ControlPlane:
    """What can never be changed later.

    Attributes:
        availability: ``HighlyAvailable`` or ``SingleReplica``.
        storage_class: Of etcd; None takes the management cluster's default.
        etcd_key: 32 bytes that the user brought; None takes the site's own.
    """

    availability: str
    etcd_size: str
    storage_class: str | None
    fips: bool
    etcd_key: bytes | None = field(repr=False, default=None)


@dataclass(frozen=True)
class Bmc:
    """A baseboard management controller."""

    address: str
    username: str
    password: str = field(repr=False)
    is_verified: bool


@dataclass(frozen=True)
class Host:
    """One bare-metal host.

    Attributes:
        boot_mac: Of the interface that it boots from, never the controller's.
        disk: Where the node is installed; None leaves the choice to the Assisted Service.
        boot_mode: ``UEFI``, ``UEFISecureBoot``, ``legacy``, or None.
    """

    name: str
    bmc: Bmc
    boot_mac: str
    disk: str | None
    boot_mode: str | None


@dataclass(frozen=True)
class HostedCluster:
    """Everything.

    Attributes:
        version: Of a mirrored release; None takes the newest.
        architecture: Of the nodes, in Go's words.
        placement: ``guest`` or ``management``: where operator catalogs run.
        catalogs_by: ``digest`` or ``tag``: how the management cluster's catalogs are named.
        replicas: Nodes after scaling.
        has_own_mirrors: Whether the InfraEnv names mirrors of its own, beside AgentServiceConfig's.
        has_role: Whether the Role for older HyperShift is made.
        pull_secret: Entries of the user's own beside the site's registries, by key.
    """

    name: str
    namespace: str
    base_domain: str
    version: str | None
    architecture: str
    ssh_key: str
    networking: Networking
    publishing: Publishing
    control_plane: ControlPlane
    placement: str
    catalogs_by: str
    replicas: int
    upgrade: str
    repairs: bool
    ntp: tuple[str, ...]
    has_own_mirrors: bool
    has_role: bool
    hosts: tuple[Host, ...]
    pull_secret: dict[str, dict[str, object]] = field(repr=False, default_factory=dict)

    @property
    def control_plane_namespace(self) -> str:
        """Where HyperShift puts the control plane, and we put the hosts.

        Source: openshift/hypershift at 3ee9615, ``hypershift-operator/controllers/manifests``:
        ``HostedControlPlaneNamespace``.
        """
        return control_plane_namespace(self.namespace, self.name)


def control_plane_namespace(namespace: str, name: str) -> str:
    """Return the namespace of a control plane; raises ValueError when no namespace can have that name."""
    found = f"{namespace}-{name.replace('.', '-')}"
    if len(found) > _LONGEST_NAMESPACE:
        raise ValueError(
            f"the control plane's namespace {found} has {len(found)} characters, {_LONGEST_NAMESPACE} at most"
        )
    return found
