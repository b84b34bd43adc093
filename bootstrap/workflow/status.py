"""``status``: what is there now: services, answers, space, the last run, and what is mirrored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

_MIRRORING = ("mirror", "from-disk")


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
        last_mirrored: The last run that brought content or found all of it there; None when there was none.
        releases: ``"4.20.9 amd64"`` …
        problem: Why the mirror host could not be asked.
    """

    registries: tuple[RegistryStatus, ...]
    mirror_host: str
    live_run: str | None
    last_run: Mapping[str, Any] | None
    last_mirrored: Mapping[str, Any] | None
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
                return _unknown(site, registries, None)
            live, ledger = agent.status().get("live_run"), agent.ledger()
    except BootstrapError as error:
        return _unknown(site, registries, error)
    releases = sorted({f"{r['version']} {r['architecture']}" for r in ledger["releases"]})
    runs = ledger["runs"]
    return Status(
        registries=registries,
        mirror_host=site.mirror_host.name,
        live_run=live,
        last_run=runs[-1] if runs else None,
        last_mirrored=last_mirrored(runs),
        releases=tuple(releases),
        images=len(ledger["images"]),
        problem=None,
    )


def last_mirrored(runs: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the last run that brought content, or that ended well because all of it was there.

    A verification that repaired brought some; a run that failed may have, too. Archives are no registry.
    """
    return next(filter(_has_mirrored, reversed(runs)), None)


def _has_mirrored(run: Mapping[str, Any]) -> bool:
    operation = run.get("operation", "mirror")
    if operation in _MIRRORING and run["outcome"] == "ok":
        return True
    return operation in (*_MIRRORING, "verify") and bool(run["blobs_copied"])


def _unknown(site: Site, registries: tuple[RegistryStatus, ...], problem: BootstrapError | None) -> Status:
    """Return what is to be told where no ledger can be read."""
    return Status(registries, site.mirror_host.name, None, None, None, (), 0, problem)


def _registry(site: Site, host: Host) -> RegistryStatus:
    try:
        with closing(connect(host)) as connection:
            seen = look(connection, wanted_of(site, host), quick=True)
    except BootstrapError as error:
        return RegistryStatus(host.name, f"https://{host.location}", None, None, error)
    free = int(seen["disks"]["registry_storage_root"]["free"])
    return RegistryStatus(host.name, f"https://{host.location}", seen["unit"], free, problem_of(site, host))
