"""``up``: host → registry → pull secret → mirror → verify → cluster resources."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bootstrap.errors import HostError
from bootstrap.site.model import Site
from bootstrap.workflow.answers import answers
from bootstrap.workflow.check import check
from bootstrap.workflow.configure import configure
from bootstrap.workflow.consent import NO_CONSENT, Consent
from bootstrap.workflow.mirror import Mirrored, mirror_site, refuse_newer_ledger
from bootstrap.workflow.progress import Progress, Silent
from bootstrap.workflow.registry_image import ensure_registry_image
from bootstrap.workflow.turn import Turn


@dataclass(frozen=True)
class Up:
    """What ``up`` achieved.

    Attributes:
        changed: Ansible tasks that changed something, over all hosts.
        slowest: ``(seconds, role, task)``, at most ten.
        urls: Of the registries that answered, the first one first.
        warnings: What Ansible warned of.
    """

    changed: int
    slowest: list[tuple[float, str, str]]
    urls: tuple[str, ...]
    ca_files: tuple[Path, ...]
    auth_file: Path
    mirrored: Mirrored
    warnings: tuple[str, ...]


def up(
    site: Site, progress: Progress | None = None, *, verbosity: int = 0, consent: Consent = NO_CONSENT
) -> Up:
    """Take the site's hosts to a populated, verified mirror registry; run it again at any time.

    Args:
        site: Whose hosts.
        progress: Hears what happens.
        verbosity: Number of ``-v`` for Ansible.
        consent: What of somebody else's may be taken over or replaced.

    Raises:
        Problems: The check found some; nothing was changed.
        BootstrapError: A later step failed; what is done stays done, the same command goes on from there.
    """
    progress = progress or Silent()
    with Turn(site, "up", progress) as turn:
        checked = check(site, progress, consent=consent)
        checked.raise_problems()
        refuse_newer_ledger(site)
        site.state.create()
        turn.take()
        ensure_registry_image(site, checked, progress)
        progress.phase("configure the hosts")
        result = configure(site, progress, verbosity=verbosity, consent=consent)
        urls = answers(site)
        mirrored = mirror_site(site, progress, checked=checked, turn=turn)
        _raise_unfilled(site, mirrored)
    return Up(
        changed=result.changed_total,
        slowest=result.slowest,
        urls=urls,
        ca_files=tuple(site.state.trust(host.name) for host in site.registries_set_up),
        auth_file=site.state.auth_file,
        mirrored=mirrored,
        warnings=tuple(result.warnings),
    )


def _raise_unfilled(site: Site, mirrored: Mirrored) -> None:
    """Raise when a registry was set up that the mirror host, outside the limit, has not been told of."""
    filled = {str(registry["location"]) for registry in mirrored.finished["registries"]}
    empty = [host.name for host in site.registries if site.selects(host) and host.location not in filled]
    if empty:
        raise HostError(
            f"{', '.join(empty)}: set up, and not filled",
            why=f"the mirror host {site.mirror_host.name} is outside --limit {site.limit}: it was not told",
            fix="run `bootstrap-registry up` without --limit",
        )
