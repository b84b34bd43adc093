"""Single values of somebody's ClusterInstance: names, keys, addresses, labels, references."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bootstrap.cluster.hosted import values
from bootstrap.cluster.object_names import dns_label, dns_name
from bootstrap.precache.instance.defect import Defect, mapping, mappings, text, texts
from bootstrap.precache.spec import Templates

_KEY = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_WITH_VERSION = re.compile(r"(?:^|[-_.])(?:ocp-?)?4[-_.]?\d{1,2}$")
_OLD_NAMESPACE = "siteconfig-system"
_OF_THE_CLUSTER: Mapping[str, tuple[Callable[[str], object], str]] = {
    "clusterName": (dns_label, "give it another name"),
    "baseDomain": (dns_name, "correct it"),
    "clusterImageSetNameRef": (dns_name, "name a ClusterImageSet: `resources assisted` makes them"),
    "sshPublicKey": (values.ssh_key, "give the public key of who is to get into the nodes"),
}
_OF_A_NODE: Mapping[str, tuple[Callable[[str], object], str]] = {
    "hostName": (values.host_name, "give it another name"),
    "bmcAddress": (values.bmc_address, "write it so: redfish-virtualmedia://192.0.2.1/redfish/v1/Systems/1"),
    "bootMACAddress": (values.mac, "give that of the interface that the node boots from"),
}


def about_values(spec: Mapping[str, Any]) -> Iterator[Defect]:
    """Yield what is wrong with single values of ``spec``."""
    for key, (read, fix) in _OF_THE_CLUSTER.items():
        yield from _about(read, spec, key, key, fix)
    if "sshPublicKey" not in spec:
        yield Defect("sshPublicKey", "it is missing: nobody gets into the nodes", "give one", is_error=False)
    if not text(spec, "clusterType"):
        yield Defect(
            "clusterType",
            "it is missing, and so deduced from the nodes",
            "write SNO or HighlyAvailable",
            False,
        )
    for path, item in texts(spec, "additionalNTPSources"):
        yield from _about(values.address_or_name, {"": item}, "", path, "give a name or an address")
    if {'"', "\\"} & set(text(spec, "sshPublicKey")):
        yield Defect("sshPublicKey", "the operator puts it between quotes, and one is in it", "take it out")
    yield from _about_labels(spec, "extraLabels", "")
    yield from _about_templates(spec, "")
    for path, node in mappings(spec, "nodes"):
        for key, (read, fix) in _OF_A_NODE.items():
            yield from _about(read, node, key, f"{path}.{key}", fix)
        hints = mapping(node.get("rootDeviceHints"))
        at = f"{path}.rootDeviceHints.deviceName"
        yield from _about(values.device, hints, "deviceName", at, "name it as metal3 takes it")
        for key in ("extraLabels", "nodeLabels"):
            yield from _about_labels(node, key, f"{path}.")
        yield from _about_templates(node, f"{path}.")


def _about(
    read: Callable[[str], object], parent: Mapping[str, Any], key: str, path: str, fix: str
) -> Iterator[Defect]:
    found = parent.get(key)
    if not isinstance(found, str) or not found:
        return
    try:
        read(found)
    except ValueError as error:
        yield Defect(path, str(error), fix)


def _about_labels(parent: Mapping[str, Any], key: str, path: str) -> Iterator[Defect]:
    found = mapping(parent.get(key))
    kinds = (
        {"": found} if key == "nodeLabels" else {f".{kind}": mapping(each) for kind, each in found.items()}
    )
    for kind, labels in kinds.items():
        for name, value in labels.items():
            at = f"{path}{key}{kind}.{name}"
            if not isinstance(name, str) or not isinstance(value, str):
                continue  # a matter of shape
            if not _KEY.fullmatch(name) or not _VALUE.fullmatch(value):
                yield Defect(
                    at, f"{name}={value!r} is no label", "up to 63 letters, digits and '-', '_', '.'"
                )
            elif kind == ".ManagedCluster" and _WITH_VERSION.search(name):
                why = "it has a version in it, which will be another one after the first upgrade"
                yield Defect(at, why, "bind policies to a label that stays", is_error=False)


def _about_templates(parent: Mapping[str, Any], path: str) -> Iterator[Defect]:
    for at, each in mappings(parent, "templateRefs", path):
        for key in ("name", "namespace"):
            yield from _about(dns_name, each, key, f"{at}.{key}", "name a ConfigMap with templates")
        if text(each, "namespace") == _OLD_NAMESPACE:
            yield Defect(
                f"{at}.namespace",
                f"{_OLD_NAMESPACE} was the operator's while it was developed, and is in no release of it",
                f"write {Templates().namespace}, or where the operator is",
            )
