"""Reading ``hosted-cluster.yaml``: all that is wrong with it is said at once, each with its path."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from bootstrap.cluster.hosted import values
from bootstrap.cluster.hosted.read_hosts import read_hosts
from bootstrap.cluster.hosted.read_networking import read_networking
from bootstrap.cluster.hosted.spec import ControlPlane, HostedCluster, Publishing, control_plane_namespace
from bootstrap.cluster.object_names import dns_label, dns_name
from bootstrap.cluster.own_file import raise_wrong, read_own_file
from bootstrap.credentials.pull_secret import PullSecret
from bootstrap.errors import BootstrapError
from bootstrap.imageset.fields import Fields, Problems
from bootstrap.release.version import Version

T = TypeVar("T")

_TOP = (
    *("name", "namespace", "baseDomain", "release", "sshKey", "sshKeyFile", "pullSecretFile", "networking"),
    *("publishing", "controlPlane", "catalogs", "nodePool", "infraEnv", "role", "bmc", "hosts"),
)
_ARCHITECTURES = ("amd64", "arm64", "ppc64le")  # NodePool CRD, rules of spec: s390x has KubeVirt only
_APPLICATIONS = "console-openshift-console.apps."  # the longest name of a cluster's own
_LONGEST_NAME = 253  # RFC 1035, written out


def read_file(path: Path) -> HostedCluster:
    """Read the hosted cluster in the file ``path``; files that it names are relative to its directory.

    Raises:
        ConfigError: It cannot be read, or something in it is wrong; ``why`` has a line for each problem.
    """
    top, problems = read_own_file(
        path,
        "the hosted cluster",
        known=_TOP,
        fix="`bootstrap-registry resources hosted-cluster-init` writes a commented one to begin with",
    )
    found = _document(top, path, problems)
    raise_wrong(path, problems, "docs/hosted-cluster.md")
    return found


def _document(top: Fields, path: Path, problems: Problems) -> HostedCluster:
    # A NodePool refers to it, and takes a label: NodePool CRD, rule of clusterName.
    name = top.parsed("name", dns_label, required=True) or ""
    namespace = top.parsed("namespace", dns_label) or "clusters"
    try:
        control_plane_namespace(namespace, name)
    except ValueError as error:
        top.problem("name", str(error))
    release = Fields(top.value("release"), "release", problems, known=("version", "architecture"))
    pool = Fields(
        top.value("nodePool"), "nodePool", problems, known=("replicas", "upgradeType", "autoRepair")
    )
    catalogs = Fields(top.value("catalogs"), "catalogs", problems, known=("placement", "by"))
    infra = Fields(top.value("infraEnv"), "infraEnv", problems, known=("ownMirrors", "additionalNTPSources"))
    hosts = read_hosts(top, path, problems)
    base_domain = top.parsed("baseDomain", values.base_domain, required=True) or ""
    if len(longest := f"{_APPLICATIONS}{name}.{base_domain}") > _LONGEST_NAME:
        top.problem("baseDomain", f"{longest} has {len(longest)} characters, and DNS takes {_LONGEST_NAME}")
    ssh_key = read_ssh_key(top, path)
    return HostedCluster(
        name=name,
        namespace=namespace,
        base_domain=base_domain,
        version=release.parsed("version", lambda text: str(Version.parse(text))),
        architecture=choice(release, "architecture", _ARCHITECTURES, "amd64"),
        ssh_key=ssh_key,
        networking=read_networking(top.value("networking"), problems),
        publishing=_publishing(top.value("publishing"), problems),
        control_plane=_control_plane(top.value("controlPlane"), path, problems),
        placement=choice(catalogs, "placement", ("guest", "management"), "guest"),
        catalogs_by=choice(catalogs, "by", ("digest", "tag"), "digest"),
        replicas=_replicas(pool, len(hosts)),
        upgrade=choice(pool, "upgradeType", ("InPlace", "Replace"), "InPlace"),
        repairs=pool.boolean("autoRepair"),
        ntp=texts(infra, "additionalNTPSources", values.address_or_name),
        has_own_mirrors=infra.boolean("ownMirrors"),
        has_role=top.boolean("role"),
        hosts=hosts,
        pull_secret=read_pull_secret(top, path),
    )


def choice(fields: Fields, key: str, known: Sequence[str], default: str) -> str:
    """Return one of ``known``; ``default`` when it is not there, or something else, which is noted."""
    text = fields.text(key)
    if text is not None and text not in known:
        fields.problem(key, f"{text!r} is not one of {', '.join(known)}")
    return text if text is not None and text in known else default


def texts(fields: Fields, key: str, parse: Callable[[str], T]) -> tuple[T, ...]:
    """Return the texts of a list after ``parse``; the message of its ValueError becomes a problem."""
    found = []
    for number, (item, _) in enumerate(fields.items(key)):
        place = f"{key}[{number}]"
        if not isinstance(item, str):
            fields.problem(place, f"it has to be a text, not {item!r}: put it in quotes")
            continue
        try:
            found.append(parse(item))
        except ValueError as error:
            fields.problem(place, str(error))
    return tuple(found)


def read_ssh_key(top: Fields, path: Path) -> str:
    """Return ``sshKey``, or what is in ``sshKeyFile``; empty when there is a problem, which is noted."""
    if top.has("sshKey") and top.has("sshKeyFile"):
        top.problem("sshKeyFile", "sshKey is there, too: give one of them")
    if not top.has("sshKeyFile"):
        return top.parsed("sshKey", values.ssh_key, required=True) or ""
    return top.parsed("sshKeyFile", lambda name: values.ssh_key(beside(path, name))) or ""


def beside(path: Path, name: str) -> str:
    """Return the text of a file that ``path`` names; raises ValueError."""
    file = path.parent / Path(name).expanduser()
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"cannot read {file}: {getattr(error, 'strerror', None) or error}") from None


def read_pull_secret(top: Fields, path: Path) -> dict[str, dict[str, object]]:
    """Return the entries of the auth file that ``pullSecretFile`` names."""

    def parse(name: str) -> dict[str, dict[str, object]]:
        file = path.parent / Path(name).expanduser()
        try:
            auths = PullSecret.load(file).auths
        except BootstrapError as error:
            raise ValueError(f"{error.what}: {error.why}") from None
        # As JSON has it: a copy, so that what was read is not shared.
        return dict(json.loads(json.dumps(auths)))

    return top.parsed("pullSecretFile", parse) or {}


def _publishing(value: object, problems: Problems) -> Publishing:
    fields = Fields(value, "publishing", problems, known=("type", "address"))
    kind = choice(fields, "type", ("LoadBalancer", "NodePort"), "LoadBalancer")
    address = fields.parsed("address", values.address_or_name, required=kind == "NodePort")
    if kind == "LoadBalancer" and address is not None:
        fields.problem("address", "a LoadBalancer gets its own; this is for type NodePort")
    return Publishing(kind, address)


def _control_plane(value: object, path: Path, problems: Problems) -> ControlPlane:
    fields = Fields(value, "controlPlane", problems, known=("availability", "etcd", "fips"))
    etcd = Fields(
        fields.value("etcd"), "controlPlane.etcd", problems, known=("size", "storageClass", "keyFile")
    )
    return ControlPlane(
        availability=choice(fields, "availability", ("HighlyAvailable", "SingleReplica"), "HighlyAvailable"),
        etcd_size=etcd.parsed("size", values.quantity) or "8Gi",
        storage_class=etcd.parsed("storageClass", dns_name),
        fips=fields.boolean("fips"),
        etcd_key=etcd.parsed("keyFile", lambda name: values.encoded_etcd_key(beside(path, name))),
    )


def _replicas(pool: Fields, hosts: int) -> int:
    value = pool.value("replicas")
    if value is None:
        return hosts
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        pool.problem("replicas", f"it has to be a whole number, not {value!r}")
    elif value > hosts:
        pool.problem("replicas", f"{value} nodes need as many hosts, and {hosts} are listed")
    else:
        return value
    return hosts
