"""Names as name servers read them: zone files (RFC 1035, section 5), and dnsmasq(8)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bootstrap.cluster.dns.names import Name


def zone_fragments(names: Iterable[Name]) -> dict[str, str]:
    """Return the records of each domain, sorted by domain; a name of one label is in none.

    Each owner is written out with its last dot, so that a fragment can be included in any zone that the
    domain is in, whatever its origin. It has no SOA, no NS and no serial number: those are the zone's.
    """
    found: dict[str, list[Name]] = {}
    for name in names:
        if name.domain:
            found.setdefault(name.domain, []).append(name)
    return {domain: _fragment(domain, found[domain]) for domain in sorted(found)}


def _fragment(domain: str, names: Sequence[Name]) -> str:
    lines = [
        f"; Records of {domain}, for a zone that it is in:  $INCLUDE {domain}.zone",
        "; Made by bootstrap-registry; give the zone a new serial number when they change.",
    ]
    width = max(len(name.name) for name in names) + 1
    for name in names:
        lines.append(f"; {name.purpose}")
        lines += [f"{name.name + '.':<{width}} IN A    {address}" for address in name.ipv4]
        lines += [f"{name.name + '.':<{width}} IN AAAA {address}" for address in name.ipv6]
    return "\n".join(lines) + "\n"


def dnsmasq_conf(names: Iterable[Name]) -> str:
    """Return the configuration of dnsmasq for all names.

    Each name is answered by dnsmasq alone (``local=``): for the address family that it does not have, dnsmasq
    would else ask its own upstream, of which a disconnected network has none.
    """
    lines = [
        "# For /etc/dnsmasq.d/, made by bootstrap-registry.",
        "# `dnsmasq --test` checks it, a restart takes it up.",
    ]
    for name in names:
        owner = name.name.removeprefix("*.")
        lines += ["", f"# {name.purpose}", f"local=/{owner}/"]
        if name.is_wildcard:  # which dnsmasq takes as all below the domain, and the domain itself
            lines += [f"address=/{owner}/{address}" for address in name.addresses]
        else:
            lines += [f"host-record={owner},{pair}" for pair in _pairs(name)]
    return "\n".join(lines) + "\n"


def _pairs(name: Name) -> list[str]:
    """Return the addresses as ``host-record`` takes them: at most one of each family in a line."""
    count = max(len(name.ipv4), len(name.ipv6))
    return [
        ",".join([*name.ipv4[number : number + 1], *name.ipv6[number : number + 1]])
        for number in range(count)
    ]
