"""The port, the registry's name, the firewall and the proxy, as the host has them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bootstrap.errors import HostError
from bootstrap.host.preflight.wanted import Wanted
from bootstrap.tls.names import normalized

_REGISTRIES = ("registry", "distribution", "quay", "zot", "harbor", "pulp")


def port(host: str, seen: Mapping[str, Any], wanted: Wanted) -> list[HostError]:
    """Return who else has the registry's port; containers of root's podman are ``host/foreign.py``'s."""
    who = seen["listener"]
    if who is None or (seen["unit"] == "active" and who.get("unit") in (None, "mirror-registry.service")):
        return []
    named = _named(who)
    is_registry = any(word in str(who.get(key) or "") for key in ("process", "image") for word in _REGISTRIES)
    if is_registry or who.get("holds_our_data"):
        where = " on data below registry_storage_root" if who.get("holds_our_data") else ""
        fix = f"stop it: {_stop(who)}; or set registry_service_port to a free port"
        return [
            HostError(
                f"{host}: another registry has port {wanted.port}",
                why=f"{named} listens on it{where}, and it is not our mirror-registry.service",
                fix=f"{fix} (--adopt takes over what runs in a container of root's podman)",
            )
        ]
    return [
        HostError(
            f"{host}: port {wanted.port} is taken",
            why=f"{named} listens on it, and it is not our mirror-registry.service",
            fix=f"stop it: {_stop(who)}; or set registry_service_port to a free port",
        )
    ]


def web_port(host: str, seen: Mapping[str, Any], wanted: Wanted) -> list[HostError]:
    """Return who else has the web server's port, or will have it."""
    who, ours = seen["web_listener"], "mirror-web-server.service"
    if wanted.is_registry and wanted.port == wanted.web_port:
        return [
            HostError(
                f"{host}: registry and web server cannot share port {wanted.port}",
                why=f"registry_service_port and web_server_port are both {wanted.port} there",
                fix="set web_server_port to another port",
            )
        ]
    if who is None or (seen["web_unit"] == "active" and who.get("unit") in (None, ours)):
        return []
    return [
        HostError(
            f"{host}: the web server's port {wanted.web_port} is taken",
            why=f"{_named(who)} listens on it, and it is not our {ours}",
            fix=f"stop it: {_stop(who)}; or set web_server_port to a free port",
        )
    ]


def _named(who: Mapping[str, Any]) -> str:
    found = who["process"] or "something"
    if who.get("pid"):
        found += f" (process {who['pid']}"
        found += f", container {who['container']}" if who.get("container") else ""
        found += f", image {who['image']}" if who.get("image") else ""
        found += f", unit {who['unit']}" if who.get("unit") else ""
        found += ")"
    return found


def _stop(who: Mapping[str, Any]) -> str:
    if who.get("unit"):
        return f"systemctl disable --now {who['unit']}"
    if who.get("container"):
        return f"podman stop {who['container']}"
    return f"kill {who['pid']}" if who.get("pid") else "see `ss -ltnp`"


def own_addresses(seen: Mapping[str, Any]) -> frozenset[str]:
    """Return every address that the host has, loopback included."""
    return frozenset(
        normalized(str(entry["local"]))
        for link in seen["links"]
        for entry in link.get("addr_info", [])
        if "local" in entry
    )


def name(host: str, seen: Mapping[str, Any], wanted: Wanted) -> list[HostError]:
    """Return what is wrong with the registry's name on the registry's own host."""
    found = seen["resolved"].get(wanted.name, [])
    own = own_addresses(seen) | wanted.known_addresses if seen["links"] else frozenset()
    return list(name_problems(host, "there", wanted.name, found, own))


def other_names(host: str, seen: Mapping[str, Any], wanted: Wanted) -> list[HostError]:
    """Return which registries the mirror host cannot find by name."""
    return [
        _unresolved(host, "there", other)
        for other in wanted.others
        if not (other == wanted.name and wanted.is_registry) and not seen["resolved"].get(other)
    ]


def name_problems(
    host: str, where: str, registry: str, found: Iterable[str], own: frozenset[str]
) -> Iterator[HostError]:
    """Yield why a registry's name does not lead to its host.

    Args:
        host: The registry's host, in the inventory.
        where: On which machine the name was asked for, in words.
        registry: The name.
        found: The addresses that it has there.
        own: Addresses of the host, loopback included; empty when they are not known.
    """
    addresses = sorted({normalized(address) for address in found})
    if not addresses:
        yield _unresolved(host, where, registry)
        return
    loopback = [address for address in addresses if ipaddress.ip_address(address).is_loopback]
    if loopback and registry != "localhost" and registry not in loopback:
        yield HostError(
            f"{host}: the registry's name leads back to the asker {where}",
            why=f"{registry} is {', '.join(loopback)} {where}, which is every machine's own address",
            fix=f"take {registry} out of the line {loopback[0]} of /etc/hosts, and give it the host's address"
            " there or in DNS",
        )
    stale = [address for address in addresses if address not in own and address not in loopback]
    if own and stale:
        known = sorted(address for address in own if not _is_inner(address))
        yield HostError(
            f"{host}: the registry's name leads elsewhere {where}",
            why=f"{registry} is {', '.join(stale)} {where}, and the host has {', '.join(known)}",
            fix="correct DNS or /etc/hosts; or, if that address is translated to the host's, add it to"
            " registry_tls_names",
        )


def _is_inner(address: str) -> bool:
    parsed = ipaddress.ip_address(address)
    return parsed.is_loopback or parsed.is_link_local


def _unresolved(host: str, where: str, registry: str) -> HostError:
    return HostError(
        f"{host}: the registry's name does not resolve {where}",
        why=f"{registry} has no address {where}",
        fix=f"add {registry} to DNS or /etc/hosts, or set registry_service_hostname to a name that resolves",
    )


def firewall(host: str, seen: Mapping[str, Any], wanted: Wanted) -> list[HostError]:
    """Return why the port could not be opened, or would be closed after the next boot."""
    found = seen["firewall"]
    zones = ", ".join(wanted.zones)
    if not found["is_installed"] or found["state"] in ("active", "reloading"):
        if found["unknown_zones"]:
            unknown = ", ".join(found["unknown_zones"])
            return [
                HostError(
                    f"{host}: firewalld has no zone {unknown}",
                    why=f"registry_firewall_zones names it; it has {', '.join(found['zones']) or 'none'}",
                    fix="correct registry_firewall_zones, or make the zone first: firewall-cmd --permanent"
                    f" --new-zone={found['unknown_zones'][0]} && firewall-cmd --reload",
                )
            ]
        return []
    if found["is_enabled"] and not found["is_masked"]:
        return [
            HostError(
                f"{host}: firewalld is enabled and does not run",
                why=f"systemd says {found['state']}; the port cannot be opened in it now, and after the next"
                " boot it would be closed",
                fix="systemctl start firewalld; or, if it is not wanted, systemctl disable firewalld",
            )
        ]
    if zones:
        state = "masked" if found["is_masked"] else "disabled"
        return [
            HostError(
                f"{host}: firewalld does not run, and zones of it are named",
                why=f"registry_firewall_zones is {zones}, and firewalld.service is {state}",
                fix="systemctl unmask firewalld && systemctl enable --now firewalld; or empty"
                " registry_firewall_zones",
            )
        ]
    return []


def proxy(host: str, seen: Mapping[str, Any], wanted: Wanted) -> list[HostError]:
    """Return which registries the mirror host would look for behind its proxy."""
    found = unproxied(seen["proxies"], wanted.others or (wanted.name,))
    if not found:
        return []
    return [
        HostError(
            f"{host}: its proxy stands between it and the registry",
            why=f"services get https_proxy there, and no_proxy does not hold {', '.join(found)}",
            fix=f"add {','.join(found)} to no_proxy where the proxy is set (DefaultEnvironment= in"
            " /etc/systemd/system.conf.d), then systemctl daemon-reexec",
        )
    ]


def unproxied(variables: Mapping[str, str], registries: Iterable[str]) -> list[str]:
    """Return the names that ``no_proxy`` does not hold though there is a proxy for https.

    Source: what urllib does with these variables (``proxy_bypass_environment``): a name is held by itself,
    by any of its parents, with or without a leading dot, and by ``*``.
    """
    if not (variables.get("https_proxy") or variables.get("HTTPS_PROXY")):
        return []
    value = variables.get("no_proxy") or variables.get("NO_PROXY") or ""
    held = [word.strip().lower().lstrip(".") for word in value.split(",") if word.strip()]
    return [
        registry
        for registry in registries
        if "*" not in held
        and not any(registry.lower() == word or registry.lower().endswith(f".{word}") for word in held)
    ]
