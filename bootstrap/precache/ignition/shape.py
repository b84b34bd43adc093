"""The keys that Ignition 3.2.0 and 3.1.0 know, and what is below each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from bootstrap.precache.ignition.defect import Defect, found

# A type, a list of one shape, or an object by key; ``!`` marks a key that has to be there.
# Source: Ignition's JSON schemas 3.1.0 and 3.2.0; a test compares them.
_RESOURCE = {
    "source": str,
    "compression": str,
    "httpHeaders": [{"name!": str, "value": str}],
    "verification": {"hash": str},
}
_OWNER = {"id": int, "name": str}
_NODE = {"path!": str, "overwrite": bool, "user": _OWNER, "group": _OWNER}
_PARTITION = {
    "label": str,
    "number": int,
    "sizeMiB": int,
    "startMiB": int,
    "typeGuid": str,
    "guid": str,
    "wipePartitionEntry": bool,
    "shouldExist": bool,
    "resize": bool,
}
_LUKS = {
    "name!": str,
    "label": str,
    "uuid": str,
    "device": str,
    "keyFile": _RESOURCE,
    "wipeVolume": bool,
    "options": [str],
    "clevis": {
        "custom": {"pin!": str, "config!": str, "needsNetwork": bool},
        "tpm2": bool,
        "tang": [{"url": str, "thumbprint": str}],
        "threshold": int,
    },
}
_FILESYSTEM = {
    "path": str,
    "device!": str,
    "format": str,
    "options": [str],
    "mountOptions": [str],
    "wipeFilesystem": bool,
    "label": str,
    "uuid": str,
}
_USER = {
    "name!": str,
    "passwordHash": str,
    "sshAuthorizedKeys": [str],
    "uid": int,
    "gecos": str,
    "homeDir": str,
    "noCreateHome": bool,
    "primaryGroup": str,
    "groups": [str],
    "noUserGroup": bool,
    "system": bool,
    "noLogInit": bool,
    "shell": str,
    "shouldExist": bool,
}
_GROUP = {"name!": str, "gid": int, "passwordHash": str, "system": bool, "shouldExist": bool}
SHAPE = {
    "ignition!": {
        "version": str,
        "config": {"merge": [_RESOURCE], "replace": _RESOURCE},
        "timeouts": {"httpResponseHeaders": int, "httpTotal": int},
        "security": {"tls": {"certificateAuthorities": [_RESOURCE]}},
        "proxy": {"httpProxy": str, "httpsProxy": str, "noProxy": [str]},
    },
    "storage": {
        "disks": [{"device!": str, "wipeTable": bool, "partitions": [_PARTITION]}],
        "raid": [{"name!": str, "level!": str, "spares": int, "devices!": [str], "options": [str]}],
        "luks": [_LUKS],
        "filesystems": [_FILESYSTEM],
        "files": [{**_NODE, "mode": int, "contents": _RESOURCE, "append": [_RESOURCE]}],
        "directories": [{**_NODE, "mode": int}],
        "links": [{**_NODE, "target!": str, "hard": bool}],
    },
    "systemd": {
        "units": [
            {
                "name!": str,
                "enabled": bool,
                "mask": bool,
                "contents": str,
                "dropins": [{"name!": str, "contents": str}],
            }
        ]
    },
    "passwd": {"users": [_USER], "groups": [_GROUP]},
}
_SINCE_3_2 = frozenset(
    {
        *("storage.luks", "storage.disks[].partitions[].resize"),
        *("passwd.users[].shouldExist", "passwd.groups[].shouldExist"),
    }
)
_TYPES = {str: "a text", int: "a number", bool: "true or false", dict: "an object", list: "a list"}


def about_shape(config: dict[str, Any]) -> Iterator[Defect]:
    """Yield keys that its version does not know, values of another type, and what is not there."""
    ignition = config.get("ignition")
    version = ignition.get("version") if isinstance(ignition, dict) else None
    yield from _about(config, SHAPE, "")
    if version == "3.1.0":
        for path in _paths(config, ""):
            if re.sub(r"\d+", "", path) in _SINCE_3_2:
                yield found("unknown-key", path, "3.1.0 does not know it, 3.2.0 does")


def _about(value: object, shape: object, where: str) -> Iterator[Defect]:
    if value is None:
        return
    kind = shape if isinstance(shape, type) else type(shape)
    # A bool is an int to Python.
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        is_mode = (
            where.endswith(".mode") and isinstance(value, str) and re.fullmatch(r"0?o?[0-7]{3,4}", value)
        )
        rule = "mode" if is_mode else "wrong-type"
        yield found(rule, where or "it", f"{_short(value)}: it has to be {_TYPES[kind]}")
    elif isinstance(shape, list) and isinstance(value, list):
        for number, each in enumerate(value):
            if each is None:
                yield found(
                    "wrong-type", f"{where}[{number}]", "null: a list has no members that are nothing"
                )
            yield from _about(each, shape[0], f"{where}[{number}]")
    elif isinstance(shape, dict) and isinstance(value, dict):
        known = {key.rstrip("!"): inner for key, inner in shape.items()}
        for key in (each[:-1] for each in shape if each.endswith("!")):
            if value.get(key) is None:
                yield found("missing", _join(where, key), "it is not there, and has to be")
        for key, each in value.items():
            if key in known:
                yield from _about(each, known[key], _join(where, key))
            else:
                yield found("unknown-key", _join(where, key), "Ignition 3.2.0 has no such key")


def _paths(value: object, where: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield _join(where, key)
            yield from _paths(each, _join(where, key))
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from _paths(each, f"{where}[{number}]")


def _join(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) < 40 else f"{text[:37]}..."
