"""What everything in a sandbox is called, derived from where the sandbox is, so that two run side by side."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bootstrap.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

RANGE = ipaddress.IPv4Network("198.18.0.0/15")  # set aside for tests between networks: RFC 2544, RFC 6890
RANGES = 1 << (24 - RANGE.prefixlen)  # how many sandboxes fit, a /24 each
NETWORKS = (0, 1)  # the first is everybody's; a host may have a second interface on the second
FIRST_HOST = 11  # below: the controller (1) and room for what a test wants to put there
LAST_HOST = 120

_HOST_NAME = re.compile(r"[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?")
_TAKEN = {"localhost", "controller", "hub", "upstream"}


def checked_host_name(name: str) -> str:
    """Return ``name`` when a sandbox host may have it.

    Raises:
        ConfigError: It may not.
    """
    if _HOST_NAME.fullmatch(name) is None or name in _TAKEN:
        raise ConfigError(
            f"cannot name a sandbox host {name!r}",
            why="a name is 1 to 32 lower-case letters, digits and hyphens, begins with a letter, "
            f"and is none of: {', '.join(sorted(_TAKEN))}",
            fix="choose a name such as registry1",
        )
    return name


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one sandbox.

    Args:
        id: Six hex digits, the same for the same directory.
    """

    id: str

    @classmethod
    def of(cls, directory: Path) -> Names:
        """Return the names of the sandbox in ``directory`` (symbolic links do not matter)."""
        return cls(hashlib.sha256(str(directory.resolve()).encode()).hexdigest()[:6])

    @property
    def domain(self) -> str:
        """The domain of every host; ``.test`` is nobody's (RFC 6761)."""
        return f"{self.id}.sandbox.test"

    def fqdn(self, host: str) -> str:
        """Return a host's full name."""
        return f"{host}.{self.domain}"

    @property
    def hub(self) -> str:
        """The network namespace that holds the bridges."""
        return f"sb{self.id}-hub"

    def namespace(self, host: str) -> str:
        """Return a host's network namespace."""
        return f"sb{self.id}-{host}"

    def cgroup(self, host: str) -> str:
        """Return the name of the control group that holds all of a host's processes."""
        return f"bootstrap-registry-sandbox-{self.id}-{host}"

    def controller_link(self, network: int) -> str:
        """Return the interface by which the controller is in a network (15 characters at most, as all)."""
        return f"sb{self.id}{'ab'[network]}"

    def port(self, number: int, network: int) -> str:
        """Return the bridge's end of host ``number``'s cable."""
        return f"sb{self.id}p{number}{'ab'[network]}"

    def mac(self, number: int, network: int) -> str:
        """Return the hardware address of a host's interface; fixed, so no neighbour cache goes stale."""
        digits = f"02{self.id}{network:02x}{number:02x}"
        return ":".join(digits[i : i + 2] for i in range(0, 12, 2))

    @property
    def first_range(self) -> int:
        """The range of addresses to try first, 0 … ``RANGES`` - 1."""
        return int(self.id, 16) % RANGES


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of one sandbox: a /24 for IPv4, cut in two networks, and a ULA /48 for IPv6.

    Args:
        id: The sandbox's.
        range: Which /24 of ``RANGE``, 0 … ``RANGES`` - 1.
    """

    id: str
    range: int

    @property
    def whole4(self) -> ipaddress.IPv4Network:
        """Both IPv4 networks together."""
        return ipaddress.IPv4Network((int(RANGE.network_address) + (self.range << 8), 24))

    @property
    def whole6(self) -> ipaddress.IPv6Network:
        """All IPv6 networks together; forty bits of hash make a clash unlikely (RFC 4193)."""
        bits = hashlib.sha256(b"ula" + self.id.encode()).hexdigest()[:10]
        return ipaddress.IPv6Network(f"fd{bits[:2]}:{bits[2:6]}:{bits[6:10]}::/48")

    def network4(self, network: int) -> ipaddress.IPv4Network:
        """Return one of the two halves of the /24."""
        return list(self.whole4.subnets(1))[network]

    def network6(self, network: int) -> ipaddress.IPv6Network:
        """Return one /64."""
        return ipaddress.IPv6Network((int(self.whole6.network_address) + (network << 64), 64))

    def address4(self, number: int, network: int = 0) -> str:
        """Return the IPv4 address of host ``number``; 1 is the controller."""
        return str(self.network4(network)[number])

    def address6(self, number: int, network: int = 0) -> str:
        """Return the IPv6 address of host ``number``; 1 is the controller."""
        return str(self.network6(network)[number])
