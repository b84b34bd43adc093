"""Which hosts are reached through a proxy, and which directly."""

from __future__ import annotations

import ipaddress
import urllib.request
from dataclasses import dataclass, field
from typing import Iterable, Optional, Tuple, Union
from urllib.parse import SplitResult, unquote, urlsplit

from bootstrap.errors import ConfigError

_Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]


@dataclass(frozen=True)
class Proxy:
    """An HTTP proxy for https (``CONNECT``), and what does not go through it.

    Attributes:
        url: ``http://[user:password@]host[:port]``, or https; never shown.
        setting: What to call it in messages.
        bypass: Hosts that are reached directly: a name (with all names below it), an address, a network.
        uses_environment: ``NO_PROXY`` counts, too, the way urllib reads it.
    """

    url: str = field(repr=False)
    setting: str = "mirror_content_proxy"
    bypass: Tuple[str, ...] = ()
    uses_environment: bool = False

    @classmethod
    def from_environment(cls, bypass: Iterable[str] = ()) -> Optional[Proxy]:
        """Return the proxy of ``HTTPS_PROXY``, None without one."""
        url = urllib.request.getproxies().get("https")
        return cls(url, "HTTPS_PROXY", tuple(bypass), uses_environment=True) if url else None

    def leads_to(self, host: str) -> bool:
        """Say whether ``host`` (a name, or an address without brackets) is reached through the proxy."""
        if self.uses_environment and urllib.request.proxy_bypass(host):
            return False
        return not any(_covers(entry, host.lower().rstrip(".")) for entry in self.bypass)

    def address(self) -> str:
        """Return ``scheme://host:port``, without credentials.

        Raises:
            ConfigError: The URL is none that we can use.
        """
        parts = self._parts()
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return f"{parts.scheme}://{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}"

    def credentials(self) -> Optional[str]:
        """Return ``user:password``, None when the URL has none."""
        parts = self._parts()
        return f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else None

    def _parts(self) -> SplitResult:
        parts = urlsplit(self.url if "://" in self.url else f"http://{self.url}")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError(
                f"cannot use the proxy of {self.setting}",
                why=f"{parts.scheme!r} is not a scheme of a proxy that we can use, or it names no host",
                fix=f"set {self.setting} to http://proxy.example.com:3128",
            )
        return parts


def host_of(location: str) -> str:
    """Return the host of ``host[:port]``, an IPv6 address without its brackets."""
    return urlsplit(f"//{location}").hostname or location


def _covers(entry: str, host: str) -> bool:
    """Say whether an entry of a bypass list is about ``host``.

    Source: what curl, Go and podman agree on for ``no_proxy``; addresses and networks only match addresses.
    """
    entry = entry.strip().lower()
    address = _address(host)
    if address is None:
        name = entry[1:] if entry.startswith(".") else entry
        return bool(name) and (host == name or host.endswith(f".{name}"))
    try:
        network = ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        return False
    return address.version == network.version and address in network


def _address(text: str) -> Optional[_Address]:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
