"""The overrides of an edge site, and how they go into ones that are there already."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bootstrap.errors import ConfigError
from bootstrap.precache.ignition.config import (
    ANNOTATIONS_LIMIT,
    ARCHIVE_LIMIT,
    ITS_OWN,
    OTHER_ANNOTATIONS,
    VERSION,
    VERSIONS,
    archive_size,
    compact,
    data_url,
    parse,
)
from bootstrap.precache.ignition.stages import (
    DISCOVERY,
    INSTALL,
    SCRIPT,
    STAGES,
    Stage,
    partition_label,
    unit_of,
)
from bootstrap.precache.spec import LABEL

_SCRIPT_MODE = 0o755
# What sites have of ours, and of those from whom they had it: documents and telco-ran-tools. The text of the
# documents has other names than their samples.
MISNAMED = frozenset({"precache-ocp.service", "precache-images.services", "precache-ocp-images.services"})
_OUR_UNITS = MISNAMED | {stage.unit for stage in STAGES}
_OUR_FILES = frozenset({*(stage.script for stage in STAGES), "/usr/local/bin/agent-fix-bz1964591"})


@dataclass(frozen=True)
class Overrides:
    """What makes the nodes of an edge site load images from their disks.

    Attributes:
        discovery: Ignition, compact JSON: ``spec.ignitionConfigOverride`` of a ClusterInstance.
        install: Ignition, compact JSON: ``spec.nodes[].ignitionConfigOverride``.
        installer_args: ``spec.nodes[].installerArgs``, a word each: the partition outlives the installation.
    """

    discovery: str
    install: str
    installer_args: tuple[str, ...]


def overrides(label: str = LABEL) -> Overrides:
    """Return the overrides for disks whose partition has the name ``label``.

    Raises:
        ConfigError: No partition that nodes look for can have that name.
    """
    try:
        partition_label(label)
    except ValueError as error:
        raise ConfigError(
            "cannot write Ignition for the partition", why=str(error), fix="give the partition another name"
        ) from None
    return Overrides(
        discovery=compact(config_of(DISCOVERY, label)),
        install=compact(config_of(INSTALL, label)),
        installer_args=("--save-partlabel", label),
    )


def config_of(stage: Stage, label: str) -> dict[str, Any]:
    """Return the Ignition config of one stage."""
    return {
        "ignition": {"version": VERSION},
        "systemd": {"units": [{"name": stage.unit, "enabled": True, "contents": unit_of(stage, label)}]},
        "storage": {
            "files": [
                {
                    "path": stage.script,
                    "overwrite": True,
                    "mode": _SCRIPT_MODE,
                    "user": {"name": "root"},
                    "contents": {"source": data_url(SCRIPT.read_text(encoding="utf-8"))},
                }
            ]
        },
    }


def merge(existing: str, ours: str) -> str:
    """Return ``existing`` with what is in ``ours``, compact.

    What it had of ours, or of the documents' and telco-ran-tools' scripts and units, is replaced; everything
    else stays as it is, with its keys in their order. Merging the same twice changes nothing.

    Args:
        existing: Ignition as a site has it, any JSON.
        ours: As from :func:`overrides`.

    Raises:
        ConfigError: ``existing`` is no Ignition that assisted-service takes, or both together are too large.
    """
    config = parse(existing, "the existing Ignition config")
    version = member(config, "ignition").get("version")
    if version not in VERSIONS:
        raise ConfigError(
            "cannot merge into the existing Ignition config",
            why=f"its version is {version!r}, and assisted-service takes {' and '.join(VERSIONS)}",
            fix="`bootstrap-registry precache ignition --check FILE` says what else it has",
        )
    prune(config)
    added = parse(ours)
    for section, key in (("systemd", "units"), ("storage", "files")):
        inner = config[section] = member(config, section)
        inner[key] = [*objects(inner, key, section), *added[section][key]]
    merged = compact(config)
    names = {unit["name"] for unit in added["systemd"]["units"]}
    for stage in STAGES:
        if stage.unit in names:
            raise_too_large(merged, stage)
    return merged


def prune(config: dict[str, Any]) -> None:
    """Take out of ``config`` what is ours, and what others made for the same purpose.

    Raises:
        ConfigError: What has to be a list or an object in it is none.
    """
    for section, key, is_ours in (("systemd", "units", is_our_unit), ("storage", "files", is_our_file)):
        inner = member(config, section)
        if inner.get(key) is not None:
            inner[key] = [each for each in objects(inner, key, section) if not is_ours(each)]


def is_our_unit(unit: Mapping[str, Any]) -> bool:
    """Return whether it is there for pre-cached images alone; a mount unit may be for something else, too."""
    name, contents = str(unit.get("name")), str(unit.get("contents") or "")
    return name in _OUR_UNITS or (name == "var-mnt.mount" and "BindsTo=precache" in contents)


def is_our_file(file: Mapping[str, Any]) -> bool:
    """Return whether it is a script that loads pre-cached images, or one that was there for them."""
    return str(file.get("path")) in _OUR_FILES


def member(config: dict[str, Any], key: str) -> dict[str, Any]:
    """Return the object at ``key``, an empty one when there is none.

    Raises:
        ConfigError: It is something else.
    """
    found = config.get(key)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise _wrong(key, "object", found)
    return found


def objects(inner: Mapping[str, Any], key: str, section: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of a list.

    Raises:
        ConfigError: It is no list, or has something else in it.
    """
    found = inner.get(key)
    if found is None:
        return
    if not isinstance(found, list):
        raise _wrong(f"{section}.{key}", "list", found)
    for number, each in enumerate(found):
        if not isinstance(each, dict):
            raise _wrong(f"{section}.{key}[{number}]", "object", each)
        yield each


def raise_too_large(text: str, stage: Stage) -> None:
    """Refuse an override that its consumer has no room for.

    Raises:
        ConfigError: It is too large.
    """
    has, size, room = room_of(text, stage)
    if size > room:
        raise ConfigError(
            f"cannot use the Ignition config of the {stage.name} stage",
            why=f"it has {size} bytes{has}, and there is room for {room}",
            fix="take large files out of it",
        )


def room_of(text: str, stage: Stage) -> tuple[str, int, int]:
    """Return as what it is measured, how many bytes it has, and for how many there is room."""
    if stage is DISCOVERY:
        return " as a gzip'd cpio archive in a discovery image", archive_size(text), ARCHIVE_LIMIT - ITS_OWN
    room = ANNOTATIONS_LIMIT - OTHER_ANNOTATIONS
    return " in the annotations of a BareMetalHost", len(text.encode()), room


def _wrong(where: str, kind: str, found: object) -> ConfigError:
    return ConfigError(
        "cannot use the Ignition config",
        why=f"{where} has to be a JSON {kind}, and is {json.dumps(found)[:60]}",
        fix="correct it there",
    )
