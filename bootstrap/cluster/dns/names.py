"""Which names there have to be, and where they have to lead."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bootstrap.cluster.dns.clusters import Cluster


@dataclass(frozen=True)
class Name:
    """One name.

    Attributes:
        name: Without a dot at its end; ``*.apps.…`` stands for every name below ``apps.…``.
        purpose: What it is for, for a person.
        domain: The domain in which its records are written down; empty for a name of one label.
        addresses: Canonical, in the order given; none when it only has to lead anywhere.
    """

    name: str
    purpose: str
    domain: str
    addresses: tuple[str, ...]

    @property
    def is_wildcard(self) -> bool:
        """Whether it stands for every name below."""
        return self.name.startswith("*.")

    @property
    def ipv4(self) -> tuple[str, ...]:
        """Its IPv4 addresses."""
        return of_version(self.addresses, 4)

    @property
    def ipv6(self) -> tuple[str, ...]:
        """Its IPv6 addresses."""
        return of_version(self.addresses, 6)


def of_version(addresses: Iterable[str], version: int) -> tuple[str, ...]:
    """Return those of ``addresses`` that are of IP version 4 or 6."""
    return tuple(each for each in addresses if ipaddress.ip_address(each).version == version)


def names_of(
    registries: Mapping[str, Sequence[str]],
    clusters: Iterable[Cluster],
    web_servers: Mapping[str, Sequence[str]] | None = None,
) -> tuple[Name, ...]:
    """Return every name, the hosts' of the site first, then each cluster's API, api-int and applications.

    Args:
        registries: Addresses by host name.
        clusters: In the order in which to name them.
        web_servers: Addresses by host name, of those that are no registries.
    """
    known = tuple(clusters)
    domains = {each.base_domain for each in known}
    found = [
        Name(name, purpose, _domain_of(name, domains), tuple(addresses))
        for purpose, hosts in (("registry", registries), ("web server of boot images", web_servers or {}))
        for name, addresses in hosts.items()
    ]
    for each in known:
        kind = "hosted cluster" if each.is_hosted else "cluster"
        found += [
            Name(f"api.{each.domain}", f"API of the {kind}", each.base_domain, each.api),
            Name(f"api-int.{each.domain}", f"API of the {kind}, for its nodes", each.base_domain, each.api),
            Name(f"*.apps.{each.domain}", f"applications of the {kind}", each.base_domain, each.ingress),
        ]
    return tuple(found)


def _domain_of(name: str, domains: Iterable[str]) -> str:
    """Return the narrowest of ``domains`` that ``name`` is in, else the one that it is in by its own dots."""
    fitting = [each for each in domains if name.endswith(f".{each}")]
    return max(fitting, key=len) if fitting else name.partition(".")[2]
