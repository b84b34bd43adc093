"""``down``: take away what ``up`` put there, in the reverse order; the data stays unless it is purged."""

from __future__ import annotations

from bootstrap.host.playbook import raise_for_failures, run_playbook
from bootstrap.site.model import Site
from bootstrap.workflow.connect import ansible_environment, reach
from bootstrap.workflow.progress import Progress, Silent
from bootstrap.workflow.turn import Turn


def down(site: Site, progress: Progress | None = None, *, purge: bool = False, verbosity: int = 0) -> int:
    """Remove unit, container, firewall rule, trust, credentials and agent from every host.

    Args:
        site: Whose hosts.
        progress: Hears what happens.
        purge: Remove the registry's data, the ledger and the runs, too. Ask the user first.
        verbosity: Number of ``-v`` for Ansible.

    Returns:
        How many Ansible tasks changed something (0 when it was down already).

    Raises:
        Problems: Hosts cannot be reached; nothing was changed.
        HostError: A task failed; the same command goes on from there.
    """
    progress = progress or Silent()
    progress.phase("take it down")
    reach(site)
    site.state.create()
    with Turn(site, "down", progress):
        result = run_playbook(
            "down",
            site.source,
            site.state.directory,
            arguments=site.ansible_arguments,
            environment=ansible_environment(site),
            extra_vars={"registry_storage_purge": purge},
            limit=site.limit,
            verbosity=verbosity,
            on_event=progress.task,
        )
    raise_for_failures(result, "take it down")
    return result.changed_total
