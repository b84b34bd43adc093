"""``check``: look at everything, change nothing, list every problem with its fix."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from bootstrap.errors import BootstrapError, HostError, Problems
from bootstrap.host.preflight import Wanted, judge, look
from bootstrap.site.model import Host, Site
from bootstrap.workflow.check_files import file_problems
from bootstrap.workflow.connect import connect
from bootstrap.workflow.consent import NO_CONSENT, Consent
from bootstrap.workflow.progress import Progress, Silent

_HOSTS_AT_ONCE = 10


@dataclass
class Checked:
    """What a check saw.

    Attributes:
        seen: By host: what :func:`bootstrap.host.preflight.look` returned; hosts that answered only.
        problems: Everything that would make ``up`` fail.
    """

    seen: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: list[BootstrapError] = field(default_factory=list)

    def raise_problems(self) -> None:
        """Raise them all, if there are any.

        Raises:
            Problems: One or more.
        """
        if self.problems:
            raise Problems(self.problems)


def check(
    site: Site,
    progress: Progress | None = None,
    *,
    consent: Consent = NO_CONSENT,  # noqa: ARG001  # for those who judge what is somebody else's
) -> Checked:
    """Look at the site's files and at every host, hosts in parallel, and return what was found.

    Args:
        site: Whose files and hosts.
        progress: Hears what happens.
        consent: What the user agreed to, and what is therefore no problem.
    """
    progress = progress or Silent()
    progress.phase("check")
    for warning in site.warnings:
        progress.note(warning)
    found = Checked(problems=[*file_problems(site)])
    hosts = tuple(host for host in site.hosts if not site.selected or host.name in site.selected)
    with ThreadPoolExecutor(min(_HOSTS_AT_ONCE, len(hosts))) as pool:
        for host, (seen, problems) in zip(hosts, pool.map(lambda h: _host(site, h), hosts), strict=True):
            if seen is not None:
                found.seen[host.name] = seen
            found.problems += problems
    found.problems += _together(found.seen)
    return found


def wanted_of(site: Site, host: Host) -> Wanted:
    """Return what ``host`` is to become."""
    paths: dict[str, str] = {}
    is_registry = host.name in {registry.name for registry in site.registries}
    if is_registry:
        paths["registry_storage_root"] = host.text("registry_storage_root")
    if host.name == site.mirror_host.name:
        paths["mirror_content_state_dir"] = host.text("mirror_content_state_dir")
    port, name = host.number("registry_service_port"), host.text("registry_service_hostname")
    return Wanted(is_registry, paths, port, name)


def _host(site: Site, host: Host) -> tuple[dict[str, Any] | None, list[BootstrapError]]:
    wanted = wanted_of(site, host)
    try:
        with closing(connect(host)) as connection:
            seen = look(connection, wanted)
    except BootstrapError as error:
        return None, [error]
    return seen, list(judge(host.name, seen, wanted, now=time.time()))


def _together(seen: dict[str, dict[str, Any]]) -> Iterable[BootstrapError]:
    """Return what only a look at all the hosts shows."""
    kinds = {name: str(look["architecture"]) for name, look in seen.items()}
    if len(set(kinds.values())) > 1:
        yield HostError(
            "the hosts are of several architectures",
            why=", ".join(f"{name} is {kind}" for name, kind in sorted(kinds.items())),
            fix="use hosts of one architecture: one registry image is carried to all of them",
        )
