"""``status``: what is there now: services, answers, space, the last run, and what is mirrored."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from bootstrap.errors import BootstrapError
from bootstrap.host.agent import Agent
from bootstrap.host.preflight import look
from bootstrap.site.model import Host, Site
from bootstrap.workflow.answers import problem_of
from bootstrap.workflow.check import wanted_of
from bootstrap.workflow.connect import connect


@dataclass(frozen=True)
class RegistryStatus:
    """One registry host.

    Attributes:
        unit: What systemd says of ``mirror-registry.service`` (``active`` …); None: there is none.
        free_bytes: Free on the file system of the registry's data; None: not known.
        problem: Why it is not well; None when it answers as it should.
    """

    host: str
    url: str
    unit: str | None
    free_bytes: int | None
    problem: BootstrapError | None


@dataclass(frozen=True)
class Status:
    """A whole site.

    Attributes:
        live_run: Id of the run that is going on.
        last_run: The ledger's last run; None when there was none.
        releases: ``"4.20.9 amd64"`` …
        problem: Why the mirror host could not be asked.
    """

    registries: tuple[RegistryStatus, ...]
    mirror_host: str
    live_run: str | None
    last_run: Mapping[str, Any] | None
    releases: tuple[str, ...]
    images: int
    problem: BootstrapError | None

    @property
    def problems(self) -> tuple[BootstrapError, ...]:
        """All that is not well."""
        found = [registry.problem for registry in self.registries] + [self.problem]
        return tuple(problem for problem in found if problem is not None)


def status(site: Site) -> Status:
    """Ask the registries that the limit selects, and the mirror host.

    What does not answer is in the result, not raised.
    """
    wanted = (host for host in site.registries if site.selects(host))
    registries = tuple(_registry(site, host) for host in wanted)
    try:
        with closing(connect(site.mirror_host)) as connection:
            agent = Agent(connection)
            if not agent.is_installed():
                return Status(registries, site.mirror_host.name, None, None, (), 0, None)
            live, ledger = agent.status().get("live_run"), agent.ledger()
    except BootstrapError as error:
        return Status(registries, site.mirror_host.name, None, None, (), 0, error)
    releases = sorted({f"{r['version']} {r['architecture']}" for r in ledger["releases"]})
    last = ledger["runs"][-1] if ledger["runs"] else None
    return Status(registries, site.mirror_host.name, live, last, tuple(releases), len(ledger["images"]), None)


def _registry(site: Site, host: Host) -> RegistryStatus:
    try:
        with closing(connect(host)) as connection:
            seen = look(connection, wanted_of(site, host), quick=True)
    except BootstrapError as error:
        return RegistryStatus(host.name, f"https://{host.location}", None, None, error)
    free = int(seen["disks"]["registry_storage_root"]["free"])
    return RegistryStatus(host.name, f"https://{host.location}", seen["unit"], free, problem_of(site, host))
