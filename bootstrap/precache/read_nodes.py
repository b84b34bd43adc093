"""The section ``nodes`` of an edge site, and what their controllers have in common."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bootstrap.cluster.hosted import values
from bootstrap.cluster.hosted.read import choice, texts
from bootstrap.cluster.hosted.read_hosts import BOOT_MODES, BmcReader
from bootstrap.imageset.fields import Fields, Problems
from bootstrap.precache.spec import Interface, Node

ROLES = ("master", "worker", "arbiter")
_KEYS = (
    *("hostName", "role", "bmc", "bootMACAddress", "bootMode", "rootDeviceHints"),
    *("installerArgs", "nodeNetwork"),
)
# metal3, RootDeviceHints: texts, numbers, booleans.
_HINTS: Mapping[str, type] = {
    **dict.fromkeys(("deviceName", "hctl", "model", "vendor", "serialNumber"), str),
    **dict.fromkeys(("wwn", "wwnWithExtension", "wwnVendorExtension"), str),
    "minSizeGigabytes": int,
    "rotational": bool,
}
_WORDS = {str: "a text: put it in quotes", int: "a whole number", bool: "true or false"}
_INTERFACE = re.compile(r"[^\s/]{1,15}")  # linux/if.h: IFNAMSIZ


def read_nodes(top: Fields, path: Path, problems: Problems) -> tuple[Node, ...]:
    """Return the nodes; what is wrong with one is noted, and empty in it."""
    reader = BmcReader(path, problems, top.value("bmc"))
    if top.value("nodes") in (None, []):
        top.problem("nodes", "it is missing: a site without nodes has no cluster")
    return tuple(_node(item, place, problems, reader) for item, place in top.items("nodes"))


def _node(value: object, place: str, problems: Problems, reader: BmcReader) -> Node:
    fields = Fields(value, place, problems, known=_KEYS)
    network = Fields(
        fields.value("nodeNetwork"), f"{place}.nodeNetwork", problems, known=("interfaces", "config")
    )
    nmstate = network.value("config")
    if nmstate is not None and not isinstance(nmstate, dict):
        network.problem("config", f"it has to be a mapping, as nmstate has it, not {nmstate!r}")
    elif nmstate and not network.value("interfaces"):
        network.problem("interfaces", "it is missing: it says by their MAC which interfaces config means")
    return Node(
        host_name=fields.parsed("hostName", values.host_name, required=True) or "",
        role=choice(fields, "role", ROLES, "master"),
        bmc=reader.bmc(fields.value("bmc"), f"{place}.bmc"),
        boot_mac=fields.parsed("bootMACAddress", values.mac, required=True) or "",
        boot_mode=choice(fields, "bootMode", BOOT_MODES, "UEFI"),
        root_device=_hints(fields.value("rootDeviceHints"), f"{place}.rootDeviceHints", problems),
        interfaces=tuple(_interface(item, at, problems) for item, at in network.items("interfaces")),
        nmstate=nmstate if isinstance(nmstate, dict) else {},
        installer_args=texts(fields, "installerArgs", str),
    )


def _interface(value: object, place: str, problems: Problems) -> Interface:
    fields = Fields(value, place, problems, known=("name", "macAddress"))
    return Interface(
        name=fields.parsed("name", _interface_name, required=True) or "",
        mac=fields.parsed("macAddress", values.mac, required=True) or "",
    )


def _interface_name(text: str) -> str:
    if not _INTERFACE.fullmatch(text):
        raise ValueError(f"{text!r} is no name of an interface: up to 15 characters, no blank and no '/'")
    return text


def _hints(value: object, place: str, problems: Problems) -> dict[str, Any]:
    fields = Fields(value, place, problems, known=tuple(_HINTS))
    found: dict[str, Any] = {}
    for key, kind in _HINTS.items():
        hint = fields.value(key)
        if hint is None:
            continue
        parse: Callable[[str], str] = values.device if key == "deviceName" else str
        if type(hint) is not kind:
            fields.problem(key, f"it has to be {_WORDS[kind]}, not {hint!r}")
        else:
            found[key] = fields.parsed(key, parse) if kind is str else hint
    return {key: hint for key, hint in found.items() if hint is not None}
