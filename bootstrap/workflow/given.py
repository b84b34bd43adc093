"""From a site to what it gives its clusters."""

from __future__ import annotations

from pathlib import Path

from bootstrap.cluster.given import Given
from bootstrap.credentials import files
from bootstrap.credentials.pull_secret import PullSecret
from bootstrap.site.model import Site
from bootstrap.workflow import resources


def given_of(site: Site) -> Given:
    """Ask the mirror host what is mirrored, and the site's state for trust and credentials.

    Raises:
        HostError: No registry was set up from here, or the mirror host cannot be asked.
        ConfigError: The state's auth file is malformed.
    """
    hosts = resources.registries_of(site)
    known = PullSecret.parse(files.read(site.state.auth_file), str(site.state.auth_file)).auths
    return Given(
        site=site.name,
        registries=tuple(host.location for host in hosts),
        ledger=resources.ledger_of(site),
        trust={host.location: read_trust(site.state.trust(host.name)) for host in hosts},
        auths={host.location: known[host.location] for host in hosts if host.location in known},
    )


def read_trust(path: Path) -> str:
    """Return a PEM file; a user's has comments, of any encoding."""
    return path.read_text(encoding="ascii", errors="replace")
