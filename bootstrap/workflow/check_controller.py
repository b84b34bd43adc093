"""What the controller must be able to do: find registries by name, and reach them without a proxy."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bootstrap.errors import BootstrapError, ConfigError
from bootstrap.host.preflight.network import name_problems, own_addresses, unproxied
from bootstrap.site.model import Host, Site
from bootstrap.tls.names import normalized
from bootstrap.workflow.at_once import at_once

_NAMES_AT_ONCE = 20
_HERE = "on the controller"
_PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


def resolved(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the addresses that names have here, normalized; all are asked for at once."""
    wanted = sorted(set(names))
    found = at_once([lambda name=name: _addresses(name) for name in wanted], most=_NAMES_AT_ONCE)  # type: ignore[misc]
    return dict(zip(wanted, found, strict=True))


def _addresses(name: str) -> tuple[str, ...]:
    try:
        told = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(sorted({normalized(str(each[4][0]).partition("%")[0]) for each in told}))


def known_addresses(host: Host, here: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """Return addresses that lead to ``host`` whether or not it has them: those we and its clients use.

    Args:
        host: Of the site.
        here: What names resolve to on the controller; ``ansible_host``'s is among them.
    """
    given = (str(name) for name in host.items("registry_tls_names")) if _has_tls(host) else ()
    named = [*given, host.connection.address]
    return frozenset(
        address for name in named for address in here.get(name, (normalized(name),)) if _is_address(address)
    )


def _has_tls(host: Host) -> bool:
    return "registry_tls_names" in host.values


def _is_address(text: str) -> bool:
    return ":" in text or text.replace(".", "").isdigit()


def tools(site: Site) -> Iterator[BootstrapError]:
    """Yield programs that are missing here."""
    if any(host.connection.kind == "ssh" for host in site.hosts) and shutil.which("ssh") is None:
        yield ConfigError(
            "the controller has no ssh",
            why="Ansible reaches hosts with OpenSSH's client, and it is not on PATH",
            fix="install openssh-client (Debian, Ubuntu) or openssh-clients (RHEL, Fedora)",
        )


def proxies(site: Site) -> Iterator[BootstrapError]:
    """Yield registries that would be looked for behind the controller's own proxy."""
    variables = {name: os.environ[name] for name in _PROXIES if os.environ.get(name)}
    found = unproxied(variables, [host.text("registry_service_hostname") for host in site.registries])
    if found:
        yield ConfigError(
            "the controller's proxy stands between it and the registry",
            why=f"https_proxy is set here, and no_proxy does not hold {', '.join(found)}",
            fix=f'export no_proxy="${{no_proxy:+$no_proxy,}}{",".join(found)}"',
        )


def names(
    host: Host, seen: Mapping[str, Any] | None, here: Mapping[str, tuple[str, ...]]
) -> Iterator[BootstrapError]:
    """Yield what is wrong with a registry's name as the controller resolves it.

    Args:
        host: A registry host.
        seen: What its look showed; None when it could not be looked at, and its addresses are not known.
        here: What names resolve to on the controller.
    """
    name = host.text("registry_service_hostname")
    own = frozenset[str]()
    if seen is not None and seen["links"]:
        own = own_addresses(seen) | known_addresses(host, here)
    found = here.get(name, ())
    if host.connection.kind == "local":  # here is there: the look has told
        return
    yield from name_problems(host.name, _HERE, name, found, own)
