"""Does a set of objects hang together? Names that lead somewhere, networks, digests, keys, credentials.

No schema says any of this. Our own sets are held against it each time; so may be anybody's.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from bootstrap.cluster.hosted import values
from bootstrap.cluster.hosted.machines import INFRA_ENV_LABEL
from bootstrap.cluster.hosted.read_networking import overlaps
from bootstrap.cluster.hosted.spec import control_plane_namespace

Object = Mapping[str, Any]


def problems_of(objects: Sequence[Object]) -> list[str]:
    """Return what is wrong, ``Kind name: field: why`` each; empty when all of it fits together."""
    known = _Known(objects)
    found = [
        f"{item['kind']} {item['metadata']['name']}: {path}: {why}"
        for item in objects
        for path, why in _CHECKS.get(item["kind"], _nothing)(item, known)
    ]
    return [*known.twice, *found]


class _Known:
    """All objects, by kind, namespace and name."""

    def __init__(self, objects: Sequence[Object]) -> None:
        self._by_key: dict[tuple[str, str, str], Object] = {}
        self.twice: list[str] = []
        for item in objects:
            metadata = item["metadata"]
            key = (str(item["kind"]), str(metadata.get("namespace") or ""), str(metadata["name"]))
            if key in self._by_key:
                self.twice.append(f"{key[0]} {key[2]}: metadata.name: it is there twice")
            self._by_key[key] = item

    def find(self, kind: str, namespace: str, name: str) -> Object | None:
        return self._by_key.get((kind, namespace, name))

    def lacks(self, kind: str, namespace: str, name: str, *keys: str) -> str | None:
        """Return why a reference leads nowhere, or to an object without one of ``keys``."""
        found = self.find(kind, namespace, name)
        if found is None:
            return f"there is no {kind} {namespace}/{name}"
        missing = [key for key in keys if key not in _data(found)]
        return f"{kind} {namespace}/{name} has no key {missing[0]}" if missing else None


def _data(item: Object) -> dict[str, bytes]:
    """Return the data of a ConfigMap or Secret; what is no base64 is left out."""
    texts = item.get("data") if item["kind"] == "ConfigMap" else item.get("stringData")
    found = {str(key): str(value).encode() for key, value in (texts or {}).items()}
    if item["kind"] == "Secret":
        for key, value in (item.get("data") or {}).items():
            try:
                found[str(key)] = base64.b64decode(str(value), validate=True)
            except binascii.Error:
                continue
    return found


def _at(item: Object, path: str) -> Any:  # noqa: ANN401  # anything may be there
    value: Any = item
    for each in path.split("."):
        value = value.get(each) if isinstance(value, Mapping) else None
    return value


def _nothing(_item: Object, _known: _Known) -> Iterator[tuple[str, str]]:
    yield from ()


def _refers(item: Object, known: _Known, path: str, kind: str, *keys: str) -> Iterator[tuple[str, str]]:
    name = _at(item, path)
    why = known.lacks(kind, item["metadata"]["namespace"], str(name), *keys) if name else None
    if why is not None:
        yield path, why


def _refused(path: str, read: Callable[[], object]) -> Iterator[tuple[str, str]]:
    try:
        read()
    except ValueError as error:
        yield path, str(error)


def _hosted_cluster(item: Object, known: _Known) -> Iterator[tuple[str, str]]:
    namespace, name = str(item["metadata"]["namespace"]), str(item["metadata"]["name"])
    encryption = "spec.secretEncryption.aescbc.activeKey.name"
    yield from _refers(item, known, "spec.pullSecret.name", "Secret", ".dockerconfigjson")
    yield from _refers(item, known, "spec.sshKey.name", "Secret", "id_rsa.pub")
    yield from _refers(item, known, "spec.additionalTrustBundle.name", "ConfigMap", "ca-bundle.crt")
    yield from _refers(item, known, encryption, "Secret", "key")
    key = known.find("Secret", namespace, str(_at(item, encryption)))
    if key is not None:
        yield from _refused(encryption, lambda: values.etcd_key(_data(key).get("key", b"")))
    agents = "spec.platform.agent.agentNamespace"
    if _at(item, agents) != control_plane_namespace(namespace, name):
        yield agents, f"HyperShift's namespace is {control_plane_namespace(namespace, name)}"
    for each in dict.fromkeys((namespace, str(_at(item, agents)))):
        if known.find("Namespace", "", each) is None:
            yield agents if each != namespace else "metadata.namespace", f"there is no Namespace {each}"
    yield from _by_digest(item)
    yield from _apart(item)


def _by_digest(item: Object) -> Iterator[tuple[str, str]]:
    image = str(_at(item, "spec.release.image"))
    if "@sha256:" not in image:
        yield "spec.release.image", f"{image} is not named by digest"


def _apart(item: Object) -> Iterator[tuple[str, str]]:
    named = [
        (f"spec.networking.{key}[{number}]", values.network(str(each["cidr"])))
        for key in ("clusterNetwork", "serviceNetwork", "machineNetwork")
        for number, each in enumerate(_at(item, f"spec.networking.{key}") or ())
    ]
    for name, one, other_name, other in overlaps(named):
        yield other_name, f"{other} overlaps with {one} of {name}"


def _node_pool(item: Object, known: _Known) -> Iterator[tuple[str, str]]:
    cluster = known.find("HostedCluster", item["metadata"]["namespace"], str(_at(item, "spec.clusterName")))
    yield from _refers(item, known, "spec.clusterName", "HostedCluster")
    yield from _by_digest(item)
    if cluster is not None and _at(cluster, "spec.release.image") != _at(item, "spec.release.image"):
        yield "spec.release.image", f"the HostedCluster's is {_at(cluster, 'spec.release.image')}"


def _infra_env(item: Object, known: _Known) -> Iterator[tuple[str, str]]:
    yield from _refers(item, known, "spec.pullSecretRef.name", "Secret", ".dockerconfigjson")
    yield from _refused(
        "spec.sshAuthorizedKey", lambda: values.ssh_key(str(_at(item, "spec.sshAuthorizedKey")))
    )
    mirrors = _at(item, "spec.mirrorRegistryRef")
    if mirrors is not None:
        why = known.lacks(
            "ConfigMap", mirrors["namespace"], mirrors["name"], "registries.conf", "ca-bundle.crt"
        )
        if why is not None:
            yield "spec.mirrorRegistryRef", why


def _bare_metal_host(item: Object, known: _Known) -> Iterator[tuple[str, str]]:
    namespace, path = str(item["metadata"]["namespace"]), "spec.bmc.credentialsName"
    yield from _refers(item, known, path, "Secret", "username", "password")
    found = known.find("Secret", namespace, str(_at(item, path)))
    if found is not None:
        data = {key: value.decode(errors="replace") for key, value in _data(found).items()}
        user, password = data.get("username", ""), data.get("password", "")
        yield from _refused(path, lambda: values.bmc_password(user, password))
    yield from _refused("spec.bmc.address", lambda: values.bmc_address(str(_at(item, "spec.bmc.address"))))
    yield from _refused("spec.bootMACAddress", lambda: values.mac(str(_at(item, "spec.bootMACAddress"))))
    label = (_at(item, "metadata.labels") or {}).get(INFRA_ENV_LABEL)
    if known.find("InfraEnv", namespace, str(label)) is None:
        yield f"metadata.labels.{INFRA_ENV_LABEL}", f"there is no InfraEnv {namespace}/{label}"


_CHECKS: dict[str, Callable[[Object, _Known], Iterator[tuple[str, str]]]] = {
    "HostedCluster": _hosted_cluster,
    "NodePool": _node_pool,
    "InfraEnv": _infra_env,
    "BareMetalHost": _bare_metal_host,
}
