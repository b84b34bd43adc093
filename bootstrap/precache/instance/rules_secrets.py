"""Secrets that stand beside a ClusterInstance in its file: passwords that everybody tries, other types."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bootstrap.cluster.hosted import values
from bootstrap.cluster.pull_secret_files import KEY, TYPE
from bootstrap.precache.instance.defect import Defect, mapping, mappings, text


def about_secrets(items: Sequence[Mapping[str, Any]]) -> Iterator[Defect]:
    """Yield what is wrong with those Secrets in ``items`` that clusters and nodes in it refer to."""
    specs = [mapping(each.get("spec")) for each in items if each.get("kind") != "Secret"]
    clusters = [*specs, *(cluster for spec in specs for _, cluster in mappings(spec, "clusters"))]
    nodes = [node for cluster in clusters for _, node in mappings(cluster, "nodes")]
    controllers = {text(mapping(each.get("bmcCredentialsName")), "name") for each in nodes}
    pulls = {text(mapping(each.get("pullSecretRef")), "name") for each in specs}
    for item in items:
        name = text(mapping(item.get("metadata")), "name")
        if item.get("kind") != "Secret" or not name:
            continue
        if name in controllers:
            yield from _about_controller(name, _data(item))
        if name in pulls and (text(item, "type") != TYPE or KEY not in _data(item)):
            why = f"it is of type {text(item, 'type') or 'Opaque'}, or has no key {KEY}"
            yield Defect(f"Secret {name}", why, f"write type: {TYPE}, and that key")


def _about_controller(name: str, data: Mapping[str, str]) -> Iterator[Defect]:
    for key in ("username", "password"):
        if not data.get(key):
            yield Defect(f"Secret {name}: data.{key}", "it is missing, or no base64", "write it")
            return
    try:
        values.bmc_password(data["username"], data["password"])
    except ValueError as error:
        yield Defect(f"Secret {name}: data.password", str(error), "set another in the BMC, and here")


def _data(item: Mapping[str, Any]) -> dict[str, str]:
    """Return what a Secret holds; what is no base64 is left out."""
    found = {str(key): str(value) for key, value in mapping(item.get("stringData")).items()}
    for key, value in mapping(item.get("data")).items():
        try:
            found[str(key)] = base64.b64decode(str(value), validate=True).decode(errors="replace")
        except (binascii.Error, ValueError):
            continue
    return found
