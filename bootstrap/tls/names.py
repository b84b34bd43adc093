"""Under which names a registry is reached: what a server certificate has to cover."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# Bridges of container engines and hypervisors: no other machine reaches these addresses; they come and go.
_INNER_LINK = re.compile(
    r"lo|(?:docker|podman|cni-podman|cni|virbr|vnet|veth|cali|flannel\.)\S*|br-[0-9a-f]{12}"
)
# A DNS host name of RFC 1123 that x509 can hold; the user's own names were judged by their limits before.
_DNS_NAME = re.compile(
    r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*",
    re.IGNORECASE,
)
_NOT_TO_STAY = ("temporary", "deprecated", "tentative", "dadfailed")


def wanted_names(
    hostname: str, others: Iterable[str], nodename: str, hosts_file: str, links: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Return every DNS name and address by which a host is reached, each once.

    Args:
        hostname: The registry's public name or address; it comes first.
        others: More of them: the user's, the inventory's. Those that are no name at all are left out.
        nodename: The kernel's name of the host.
        hosts_file: The host's ``/etc/hosts``, for its full name.
        links: What ``ip -json address`` said.
    """
    candidates = [hostname, *others, nodename, *full_names(nodename, hosts_file)]
    found = [normalized(name) for name in candidates if name == hostname or _is_public(name)]
    return list(dict.fromkeys([*found, *global_addresses(links)]))


def normalized(name: str) -> str:
    """Return a name as certificates are compared: DNS in lower case, addresses in their shortest form."""
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name.lower().rstrip(".")


def global_addresses(links: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the addresses that other machines can use, from ``ip -json address``.

    Loopback, link-local and multicast addresses are not among them, nor IPv6 addresses that are temporary
    (RFC 8981), deprecated or still being checked, nor those of container and virtual machine bridges.
    """
    return [
        normalized(entry["local"])
        for link in links
        if not _INNER_LINK.fullmatch(str(link.get("ifname", "")))
        for entry in link.get("addr_info", [])
        if "local" in entry
        and entry.get("scope") == "global"
        and not any(entry.get(flag) for flag in _NOT_TO_STAY)
        and _is_reachable(entry["local"])
    ]


def full_names(nodename: str, hosts_file: str) -> list[str]:
    """Return the full names that ``/etc/hosts`` gives to a short node name.

    DNS is not asked: where it does not answer, every run would wait for it. Names that do not begin with
    the node name are not taken: a hosts file may point foreign names here.
    """
    if not nodename or "." in nodename:
        return []
    lines = (line.partition("#")[0].split()[1:] for line in hosts_file.splitlines())
    return [name for line in lines if nodename in line for name in line if name.startswith(f"{nodename}.")]


def _is_public(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        # "localhost", "localhost.localdomain": every machine is called so.
        return _DNS_NAME.fullmatch(name) is not None and not name.startswith("localhost")
    return _is_reachable(name)


def _is_reachable(address: str) -> bool:
    parsed = ipaddress.ip_address(address)
    return not (parsed.is_loopback or parsed.is_link_local or parsed.is_unspecified or parsed.is_multicast)
