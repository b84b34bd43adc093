"""The user's file of clusters and their addresses; its format is in ``docs/dns.md``."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

from bootstrap.cluster.own_file import raise_wrong, read_own_file
from bootstrap.imageset.fields import Fields, Problems
from bootstrap.site.formats import is_hostname

_PAGE = "docs/dns.md"
_LONGEST_NAME = 253  # RFC 1035, written out


@dataclass(frozen=True)
class Cluster:
    """A cluster as its clients reach it.

    Attributes:
        api: Addresses of the API, canonical, in the user's order; one or more. So is ``ingress``.
        is_hosted: Its control plane runs on another cluster.
    """

    name: str
    base_domain: str
    api: tuple[str, ...]
    ingress: tuple[str, ...]
    is_hosted: bool = False

    @property
    def domain(self) -> str:
        """What its names end in."""
        return f"{self.name}.{self.base_domain}"


@dataclass(frozen=True)
class Clusters:
    """The whole file.

    Attributes:
        registries: Addresses by host name, where the inventory does not have the right ones.
    """

    clusters: tuple[Cluster, ...] = ()
    registries: dict[str, tuple[str, ...]] = field(default_factory=dict)


def read_clusters(path: Path) -> Clusters:
    """Read the file ``path``.

    Raises:
        ConfigError: It cannot be read, or something in it is wrong; ``why`` has a line for each problem.
    """
    top, problems = read_own_file(
        path, "the clusters", known=("clusters", "registries"), fix=f"write it as {_PAGE} shows"
    )
    clusters = tuple(_cluster(item, at, problems) for item, at in top.items("clusters"))
    registries = _registries(top.value("registries"), problems)
    domains = [each.domain for each in clusters]
    for domain in sorted({each for each in domains if domains.count(each) > 1}):
        problems.add("clusters", f"{domain} is there twice")
    raise_wrong(path, problems, _PAGE)
    return Clusters(clusters, registries)


def _cluster(value: object, at: str, problems: Problems) -> Cluster:
    fields = Fields(value, at, problems, known=("name", "base_domain", "api", "ingress", "hosted"))
    found = Cluster(
        fields.parsed("name", _label, required=True) or "",
        fields.parsed("base_domain", _domain, required=True) or "",
        _addresses(fields, "api", problems),
        _addresses(fields, "ingress", problems),
        fields.boolean("hosted"),
    )
    if len(longest := f"*.apps.{found.domain}") > _LONGEST_NAME:
        fields.problem(
            "base_domain", f"{longest} has {len(longest)} characters, and DNS takes {_LONGEST_NAME}"
        )
    return found


def _registries(value: object, problems: Problems) -> dict[str, tuple[str, ...]]:
    names = [name for name in value if isinstance(name, str)] if isinstance(value, dict) else []
    fields = Fields(value, "registries", problems, known=names)
    return {name.lower(): _addresses(fields, name, problems) for name in names}


def _addresses(fields: Fields, key: str, problems: Problems) -> tuple[str, ...]:
    found: list[str] = []
    count = len(problems.lines)
    for item, at in fields.items(key):
        try:
            found.append(canonical(item if isinstance(item, str) else repr(item)))
        except ValueError as error:
            problems.add(at, str(error))
    if not found and count == len(problems.lines):
        fields.problem(key, "it needs an address")
    for address in sorted({each for each in found if found.count(each) > 1}):
        fields.problem(key, f"{address} is there twice")
    return tuple(found)


def canonical(text: str) -> str:
    """Return an address as DNS answers are compared with it.

    Raises:
        ValueError: It is none, or none that another host could reach.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError as error:
        raise ValueError(f"{text} is no IPv4 or IPv6 address (an IPv6 address without brackets)") from error
    if address.is_loopback or address.is_unspecified or address.is_multicast or address.is_link_local:
        raise ValueError(f"{text} is no address that other hosts reach")
    return str(address)


def _label(text: str) -> str:
    if "." in text or not is_hostname(text) or text.lower() != text:
        raise ValueError(f"{text} is no cluster name: small letters, digits and hyphens, no dot")
    return text


def _domain(text: str) -> str:
    if not is_hostname(text) or text.lower() != text:
        raise ValueError(f"{text} is no domain: small letters, and no dot at its end")
    return text
