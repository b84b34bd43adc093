"""What is wrong with a site's own files, on the controller: found before any host is looked at."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bootstrap.credentials.pull_secret import PullSecret
from bootstrap.errors import BootstrapError, ConfigError, Problems
from bootstrap.imageset.read import read_file
from bootstrap.site.model import Site
from bootstrap.workflow.sources import sources_of


def file_problems(site: Site) -> Iterable[BootstrapError]:
    """Yield what is wrong with names, image set and pull secret; no host is looked at."""
    yield from _names(site)
    mirror = site.mirror_host
    image_set, secret = None, None
    try:
        image_set = read_file(Path(mirror.text("mirror_content_imageset")).expanduser())
    except BootstrapError as error:
        yield from error.problems if isinstance(error, Problems) else (error,)
    secret_file = mirror.path("pull_secret_file")
    try:
        secret = PullSecret.load(secret_file) if secret_file else None
    except BootstrapError as error:
        yield error
    if image_set is None or secret is None:
        return
    missing = [name for name in sources_of(image_set) if secret.entry_for(name) is None]
    if missing:
        yield ConfigError(
            f"the pull secret {secret_file} has no entry for {', '.join(missing)}",
            why=f"the image set takes content from there; it has {', '.join(secret.registries) or 'none'}",
            fix="download the pull secret again, or add the entry with `podman login --authfile`",
        )


def _names(site: Site) -> Iterable[BootstrapError]:
    for host in site.registries:
        if host.location.startswith("["):
            yield ConfigError(
                f"{host.name}: registry_service_hostname is an IPv6 address",
                why=f"clusters cannot name {host.location} as a mirror: mirror sets take host names only",
                fix="give it a DNS name, and set registry_service_hostname to that",
            )
