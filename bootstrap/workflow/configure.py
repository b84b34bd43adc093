"""Bringing every host to its state: the roles, run by ``playbooks/site.yml``."""

from __future__ import annotations

from bootstrap.host.playbook import PlaybookResult, raise_for_failures, run_playbook
from bootstrap.site.model import Site
from bootstrap.workflow.connect import ansible_environment
from bootstrap.workflow.consent import NO_CONSENT, Consent
from bootstrap.workflow.progress import Progress


def configure(
    site: Site, progress: Progress, *, verbosity: int = 0, consent: Consent = NO_CONSENT
) -> PlaybookResult:
    """Bring every host to its state by ``playbooks/site.yml``; consent overrides the site's settings.

    Raises:
        HostError: A task failed.
    """
    result = run_playbook(
        "site",
        site.source,
        site.state.directory,
        arguments=site.ansible_arguments,
        extra_vars=consent.settings(),
        environment=ansible_environment(site),
        limit=site.limit,
        verbosity=verbosity,
        on_event=progress.task,
    )
    raise_for_failures(result, "configure it")
    for host, text in result.messages:
        progress.note(f"{host}: {text}")
    return result
