"""What the cases of this room work on, and small ways to change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bootstrap.sandbox.host import SandboxHost
from bootstrap.site.model import Host, Site
from tests.e2e.lab import Lab


@dataclass(frozen=True)
class World:
    """A loaded site with one host, and that host."""

    lab: Lab
    site: Site
    host: SandboxHost

    @property
    def upstream(self) -> SandboxHost:
        return self.lab.sandbox.host("upstream")

    @property
    def name(self) -> str:
        """The registry's name."""
        return self.host.fqdn

    @property
    def setting(self) -> Host:
        return self.site.registries[0]

    def inside(self, *argv: str) -> str:
        """Run a program on the host as root, without SSH."""
        return inside(self.host, *argv)


def inside(host: SandboxHost, *argv: str) -> str:
    done = host.container.inside(list(argv))
    assert done is not None, f"{host.name} is not running"
    assert done.returncode == 0, f"{argv}: {done.stderr or done.stdout}"
    return done.stdout


def with_settings(site: Site, settings: Mapping[str, Any]) -> Site:
    """Return the site as if its inventory had these settings, already checked and typed."""
    return _with(site, lambda host: replace(host, values={**host.values, **settings}))


def with_connection(site: Site, **changes: Any) -> Site:
    """Return the site as if its inventory had these `ansible_*` variables."""
    return _with(site, lambda host: replace(host, connection=replace(host.connection, **changes)))


def _with(site: Site, change: Any) -> Site:
    registries = tuple(change(host) for host in site.registries)
    return replace(site, registries=registries, mirror_host=registries[0])
