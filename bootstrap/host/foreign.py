"""Registries on a host that somebody else set up: finding them, and saying what can be done about each.

The finding is one script (``roles/registry_service/files/foreign_registries.py``) that the driver sends over
its connection and the role over Ansible's; the judgement is here, for both.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from bootstrap.errors import HostError
from bootstrap.host.interface import Connection
from bootstrap.shipped import shipped
from bootstrap.tls.certificates import describe, names, read_chain

SCRIPT = "registry_service/files/foreign_registries.py"


@dataclass(frozen=True)
class Place:
    """Where our registry is to be.

    Attributes:
        host: Inventory name.
        port: TCP port.
        root: Directory with ``data`` in it.
        keeps_certificate: The site brings its own certificate (``registry_tls_mode: provided``), so that
            the one of an adopted registry can go on.
    """

    host: str
    port: int
    root: str
    keeps_certificate: bool = False


def look(connection: Connection, place: Place) -> list[dict[str, Any]]:
    """Return what stands in our registry's way, as the script describes it; [] on a healthy host.

    Raises:
        HostError: The host cannot be reached, or the script fails there.
    """
    script = (shipped("roles") / SCRIPT).read_text(encoding="utf-8")
    asked = json.dumps({"action": "look", "port": place.port, "root": place.root})
    done = connection.run(["python3", "-", asked], as_root=True, stdin=script, check=False)
    if done.returncode != 0:
        raise HostError(
            f"{place.host}: cannot look for registries of others",
            why=done.stderr.strip()[-500:],
            fix="see that `podman container inspect` and `ss -ltnp` work there",
        )
    found: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])["found"]
    return found


def judge(place: Place, found: Iterable[Mapping[str, Any]], *, adopt: bool) -> list[HostError]:
    """Return what keeps us from setting up our registry there, [] when nothing does.

    Args:
        place: Where ours is to be.
        found: What :func:`look` returned.
        adopt: The user agreed that registries of others are taken over.
    """
    return [problem for one in found if (problem := _problem(place, one, adopt)) is not None]


def forecasts(place: Place, found: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return what adopting will do, one text for each registry; for a user who agreed to it."""
    return [f"{_what(place, one)}. It will be adopted. {consequences(place, one)}" for one in found]


def consequences(place: Place, one: Mapping[str, Any]) -> str:
    """Return what adopting a container means for those who use it, in whole sentences."""
    users = ", ".join(one["users"]) or "nobody"
    said = f"Unit and container are stopped and kept; data and users ({users}) stay."
    if not one["certificate_pem"]:
        return (
            f"{said} It has no certificate; the new one is of this site's CA, and clients have to trust that."
        )
    if place.keeps_certificate:
        return f"{said} The certificate becomes the one you provide."
    return (
        f"{said} Its certificate is replaced by one of this site's CA: clients that trust"
        f" {_certificate(one)} need the new trust bundle. To keep it, copy {one['certificate']} and"
        f" {one['key']} to the controller, set registry_tls_mode: provided, and name them in"
        " registry_tls_provided_certificate and _ca, and _key."
    )


def _problem(place: Place, one: Mapping[str, Any], adopt: bool) -> HostError | None:
    if one["kind"] == "process":
        return _taken(place, one)
    if one["why_not"]:
        fix = _other_fix(place, one)
        return HostError(_what(place, one), why=f"it cannot be adopted: {one['why_not']}", fix=fix)
    if adopt:
        return None
    served = f"it serves {one['repositories']} repositories from {one['data']} on this host"
    if not one["running"]:
        served = f"it is stopped, starts when the host boots, and has {one['repositories']} repositories in"
        served += f" {one['data']}"
    return HostError(
        _what(place, one),
        why=served,
        fix="run `up` again with --adopt (registry_service_adopt: true) to take it over."
        f" {consequences(place, one)} Or set registry_service_port and registry_storage_root to others,"
        " and leave it alone",
    )


def _what(place: Place, one: Mapping[str, Any]) -> str:
    units = f", started by {', '.join(one['units'])}" if one["units"] else ""
    return (
        f"{place.host}: a registry that somebody else set up is in the way:"
        f" container {one['name']} ({one['image']}){units}"
    )


def _other_fix(place: Place, one: Mapping[str, Any]) -> str:
    data = PurePosixPath(one["data"]) if one["data"] else None
    leave = "set registry_service_port and registry_storage_root to others, and leave it alone"
    if data is None or "its data is in" not in one["why_not"]:
        return f"stop it and disable what starts it ({_units(one['units'])}); or {leave}"
    if data.name == "data":
        return f"set registry_storage_root: {data.parent}, then run `up --adopt`; or {leave}"
    return f"`ln -s {data} {place.root}/data` there, then run `up --adopt`; or {leave}"


def _taken(place: Place, one: Mapping[str, Any]) -> HostError:
    unit = f" of {one['unit']}" if one["unit"] else ""
    whose = f", a container of the user with id {one['uid']}" if one["container"] and one["uid"] else ""
    return HostError(
        f"{place.host}: port {place.port} is taken",
        why=f"{one['name'] or 'something'} (process {one['pid']}{unit}{whose}) listens on it, and it is no"
        " registry in a container of root's, which could be adopted",
        fix=f"stop {one['unit'] or one['name'] or 'it'}, or set registry_service_port to a free port",
    )


def _units(units: Sequence[str]) -> str:
    return ", ".join(units) or "no unit is known"


def _certificate(one: Mapping[str, Any]) -> str:
    try:
        leaf = read_chain(one["certificate_pem"].encode()).leaf
    except ValueError:
        return f"{one['certificate']}"
    return f"{describe(leaf)} for {', '.join(sorted(names(leaf))) or 'no name'}"
