"""``check``: look at everything, change nothing, list every problem with its fix."""

from __future__ import annotations

import datetime as dt
import re
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from bootstrap.errors import BootstrapError, HostError, Problems
from bootstrap.host import foreign
from bootstrap.host.carried import ask_sources
from bootstrap.host.interface import Connection
from bootstrap.host.preflight import Wanted, judge, look, notes
from bootstrap.site.model import Host, Site
from bootstrap.workflow import check_controller, check_sources, check_tools
from bootstrap.workflow.at_once import at_once
from bootstrap.workflow.check_files import file_problems
from bootstrap.workflow.check_state import state_problems
from bootstrap.workflow.connect import connect
from bootstrap.workflow.consent import NO_CONSENT, Consent
from bootstrap.workflow.progress import Progress, Silent

_AT_ONCE = 12
_PASSWORD = re.compile(r"(?<=://)[^/@\s]*@")


@dataclass
class Checked:
    """What a check saw.

    Attributes:
        seen: By host: what :func:`bootstrap.host.preflight.look` returned; hosts that answered only.
        problems: Everything that would make ``up`` fail.
        notes: What is no problem and worth knowing.
    """

    seen: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: list[BootstrapError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def raise_problems(self) -> None:
        """Raise them all, if there are any.

        Raises:
            Problems: One or more.
        """
        if self.problems:
            raise Problems(self.problems)


@dataclass(frozen=True)
class _Look:
    """What one job brought: a host's look, or the problems of something else."""

    host: Host | None = None
    seen: dict[str, Any] | None = None
    problems: tuple[BootstrapError, ...] = ()
    notes: tuple[str, ...] = ()


def check(
    site: Site,
    progress: Progress | None = None,
    *,
    consent: Consent = NO_CONSENT,
    clock: Callable[[], float] = time.time,
    asks_sources: bool = True,
) -> Checked:
    """Look at the site's files and at every host, all at once, and return what was found.

    Args:
        site: Whose files and hosts.
        progress: Hears what happens.
        consent: What the user agreed to, and what is therefore no problem.
        clock: The controller's, seconds since the epoch.
        asks_sources: Whether the content is to come from its sources, which have to answer then.
    """
    progress = progress or Silent()
    progress.phase("check")
    found = Checked(problems=[*file_problems(site), *check_sources.settings_problems(site.mirror_host)])
    found.problems += [*check_controller.tools(site), *check_controller.proxies(site)]
    found.problems += check_tools.file_problems(site.mirror_host)
    for look_ in _Looking(site, consent, clock, asks_sources=asks_sources).all():
        if look_.host is not None and look_.seen is not None:
            found.seen[look_.host.name] = look_.seen
        found.problems += look_.problems
        found.notes += look_.notes
    registries = {host.name for host in site.registries}
    found.problems += _together({name: seen for name, seen in found.seen.items() if name in registries})
    found.problems = list({str(problem): problem for problem in found.problems}.values())
    found.seen = {name: _public(seen) for name, seen in found.seen.items()}
    for note in (*site.warnings, *found.notes):
        progress.note(note)
    return found


def wanted_of(
    site: Site,
    host: Host,
    *,
    known_addresses: frozenset[str] = frozenset(),
    consent: Consent = NO_CONSENT,
) -> Wanted:
    """Return what ``host`` is to become.

    Args:
        site: The host's site.
        host: One of its hosts.
        known_addresses: Addresses that lead to the host whether or not it has them.
        consent: What of somebody else's may be taken over.
    """
    paths: dict[str, str] = {}
    is_registry = host.name in {registry.name for registry in site.registries}
    is_mirror = host.name == site.mirror_host.name
    if is_registry:
        paths["registry_storage_root"] = host.text("registry_storage_root")
    is_web_server = host.name in {server.name for server in site.web_servers}
    if is_web_server:
        paths["web_server_root"] = host.text("web_server_root")
    if is_mirror:
        paths["mirror_content_state_dir"] = host.text("mirror_content_state_dir")
    return Wanted(
        is_registry,
        paths,
        port=host.number("registry_service_port"),
        name=host.text("registry_service_hostname"),
        is_mirror=is_mirror,
        others=tuple(each.text("registry_service_hostname") for each in site.registries) if is_mirror else (),
        root=paths.get("registry_storage_root", ""),
        zones=tuple(map(str, host.items("registry_firewall_zones"))) if is_registry else (),
        known_addresses=known_addresses,
        checks_signatures=is_mirror and check_sources.checks_signatures(host),
        tools=tuple(check_tools.needed(host)) if is_mirror else (),
        installs_packages=host.flag("container_host_install_packages"),
        adopts=consent.adopt or host.values.get("registry_service_adopt") is True,
        web_port=host.number("web_server_port") if is_web_server else 0,
    )


def place_of(host: Host) -> foreign.Place:
    """Return where a registry host's registry is to be."""
    return foreign.Place(
        host.name,
        host.number("registry_service_port"),
        host.text("registry_storage_root"),
        keeps_certificate=host.text("registry_tls_mode") == "provided",
    )


class _Looking:
    """All looks of one check; their connections are closed when the wait for them is interrupted."""

    def __init__(
        self, site: Site, consent: Consent, clock: Callable[[], float], *, asks_sources: bool = True
    ) -> None:
        self._site, self._consent, self._clock = site, consent, clock
        self._open: list[Connection] = []
        self._lock = threading.Lock()
        names = [host.text("registry_service_hostname") for host in site.registries]
        addresses = [host.connection.address for host in site.hosts]
        self._here = check_controller.resolved([*names, *addresses])
        self._question = check_sources.question(site) if asks_sources else None

    def all(self) -> list[_Look]:
        """Return what every look brought, hosts in the site's order."""
        site = self._site
        hosts = [host for host in site.hosts if not site.selected or host.name in site.selected]
        works: list[Callable[[], _Look]] = [lambda host=host: self._host(host) for host in hosts]  # type: ignore[misc]
        works.append(lambda: _Look(problems=tuple(check_sources.registry_image_problems(site))))
        try:
            return at_once(works, most=_AT_ONCE)
        except BaseException:
            with self._lock:
                for connection in self._open:
                    connection.close()
            raise

    def _host(self, host: Host) -> _Look:
        is_registry = host.name in {registry.name for registry in self._site.registries}
        wanted = wanted_of(
            self._site,
            host,
            known_addresses=check_controller.known_addresses(host, self._here),
            consent=self._consent,
        )
        problems: list[BootstrapError] = []
        told: list[str] = []
        seen, refused = None, list[HostError]()
        try:
            with closing(self._connected(host)) as connection:
                begin = self._clock()
                seen = look(connection, wanted)
                now = min(
                    max(float(seen["time"]), begin), self._clock()
                )  # the time the look took is no error
                others = self._others(connection, host, seen) if is_registry else []
                # Whoever holds the port is told with what can be done about it, and once.
                problems += judge(host.name, {**seen, "listener": None} if others else seen, wanted, now=now)
                refused = foreign.judge(place_of(host), others, adopt=wanted.adopts)
                problems += refused
                told += notes(host.name, seen, wanted)
                if wanted.adopts and not refused:
                    told += foreign.forecasts(place_of(host), others)
                if wanted.is_mirror:
                    problems += check_tools.look_problems(host, seen)
                    self._sources(connection, seen, problems, told)
        except BootstrapError as error:
            problems += error.problems if isinstance(error, Problems) else (error,)
        if is_registry:
            if seen is not None and not refused:
                now_here = dt.datetime.fromtimestamp(self._clock(), dt.UTC)
                for found in state_problems(self._site, host, seen, self._consent, now_here):
                    (told if isinstance(found, str) else problems).append(found)  # type: ignore[arg-type]
            problems += check_controller.names(host, seen, self._here)
        return _Look(host, seen, tuple(problems), tuple(told))

    def _others(self, connection: Connection, host: Host, seen: dict[str, Any]) -> list[dict[str, Any]]:
        # Without containers there is none in the way; and the first podman of a host makes its storage.
        if not set(seen["containers"]) - ({"mirror-registry"} if seen["unit_exists"] else set()):
            return []
        found = foreign.look(connection, place_of(host))
        return [one for one in found if one["kind"] == "container"]

    def _connected(self, host: Host) -> Connection:
        connection = connect(host)
        with self._lock:
            self._open.append(connection)
        return connection

    def _sources(
        self, connection: Connection, seen: dict[str, Any], problems: list[BootstrapError], told: list[str]
    ) -> None:
        if self._question is None or tuple(seen["python"]) < (3, 9):
            return
        found, warnings = ask_sources(connection, {**self._question, "proxies": seen["proxies"]})
        told += warnings
        if seen.get("live_run"):
            # A run that goes on fills the way to the sources; who comes to follow it must not be refused.
            told += [f"{problem.what} while run {seen['live_run']} uses the way there" for problem in found]
        else:
            problems += found


def _public(seen: dict[str, Any]) -> dict[str, Any]:
    """Return a look without what is nobody's business: hashes of passwords, passwords of proxies."""
    proxies = {name: _PASSWORD.sub("", value) for name, value in seen["proxies"].items()}
    return {**{name: value for name, value in seen.items() if name != "htpasswd"}, "proxies": proxies}


def _together(seen: dict[str, dict[str, Any]]) -> Iterable[BootstrapError]:
    """Return what only a look at all the registry hosts shows."""
    kinds = {name: str(look["architecture"]) for name, look in seen.items()}
    if len(set(kinds.values())) > 1:
        yield HostError(
            "the registry hosts are of several architectures",
            why=", ".join(f"{name} is {kind}" for name, kind in sorted(kinds.items())),
            fix="use hosts of one architecture: one registry image is carried to all of them",
        )
