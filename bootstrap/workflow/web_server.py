"""Boot images: from the mirrored releases to files on the site's web servers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bootstrap.cluster.boot_images import NAME, Booted, os_images, wanted
from bootstrap.cluster.given import Given, MirroredRelease
from bootstrap.cluster.trust import trust_bundle
from bootstrap.credentials import files
from bootstrap.errors import HostError
from bootstrap.host.playbook import raise_for_failures, run_playbook
from bootstrap.mirror.layout import RELEASE_IMAGES
from bootstrap.oci.digest import Digest
from bootstrap.registry.auth import AuthFile
from bootstrap.registry.client import RegistryClient
from bootstrap.release.architecture import SUFFIXES
from bootstrap.release.boot_images import boot_images, read_stream
from bootstrap.site.model import Host, Site
from bootstrap.store.remote import RemoteStore
from bootstrap.workflow.connect import ansible_environment
from bootstrap.workflow.given import read_trust
from bootstrap.workflow.progress import Progress

_PUBLIC_FILE = 0o644


def serve_boot_images(
    site: Site, ledger: Mapping[str, Any], progress: Progress, *, verbosity: int = 0
) -> Path | None:
    """Have every web server that the limit selects serve the boot images of the releases in ``ledger``.

    Images of releases that are gone are removed. What clients need to know is written beside the site's
    cluster resources.

    Args:
        site: Whose web servers; without any nothing is done.
        ledger: As the agent tells it.
        progress: Hears what happens.
        verbosity: Number of ``-v`` for Ansible.

    Returns:
        The file with what there is, None without a web server.

    Raises:
        BootstrapError: A release's boot images are unusable or cannot be had. What is there stays.
    """
    servers = [host for host in site.web_servers if site.selects(host)]
    if not servers:
        return None
    progress.phase("bring the boot images")
    booted = booted_of(site, ledger, tuple(map(str, servers[0].items("web_server_artifacts"))))
    images = wanted(booted, servers[0].text("web_server_source_url"))
    result = run_playbook(
        "boot_images",
        site.source,
        site.state.directory,
        arguments=site.ansible_arguments,
        extra_vars={"web_server_boot_images": images},
        environment=ansible_environment(site),
        limit=site.limit,
        verbosity=verbosity,
        on_event=progress.task,
    )
    raise_for_failures(result, "bring the boot images")
    path = site.artifacts / NAME
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.replace(path, _told(site, site.web_servers[0], booted).encode(), _PUBLIC_FILE)
    except OSError as error:
        raise HostError(
            f"cannot write {path}",
            why=error.strerror or str(error),
            fix="free space there, or make its directory writable",
        ) from error
    progress.note(f"{len(images)} boot images are served at {base_url(site.web_servers[0])}: {path}")
    return path


def base_url(host: Host) -> str:
    """Return the URL of a web server; an IPv6 address stands in brackets."""
    name = host.text("web_server_hostname")
    return f"https://{f'[{name}]' if ':' in name else name}:{host.number('web_server_port')}"


def booted_of(site: Site, ledger: Mapping[str, Any], artifacts: tuple[str, ...]) -> tuple[Booted, ...]:
    """Return the mirrored releases, the newest first, with their boot images.

    They are read from the release images in the site's first registry: nothing else has to be reached.

    Raises:
        BootstrapError: The registry cannot be asked, or a release's stream of boot images is unusable.
    """
    first = site.registries_set_up[0]
    credentials = AuthFile.load(str(site.state.auth_file)).for_repository(first.location)
    releases = Given(site.name, (first.location,), ledger, {}, {}).releases
    ca_file = str(site.state.trust(first.name))
    with RegistryClient(first.location, credentials=credentials, ca_file=ca_file) as client:
        store = RemoteStore(client)
        return tuple(_booted(store, release, first.location, artifacts) for release in releases)


def _booted(
    store: RemoteStore, release: MirroredRelease, location: str, artifacts: tuple[str, ...]
) -> Booted:
    name = f"{release.version} {release.architecture} ({release.at(location)})"
    stream = read_stream(store, RELEASE_IMAGES, Digest(release.digest), name=name)
    kernel_name = SUFFIXES[release.architecture]
    architectures = () if kernel_name == "multi" else (kernel_name,)
    return Booted(release, boot_images(stream, architectures, artifacts, name=name))


def _told(site: Site, host: Host, booted: tuple[Booted, ...]) -> str:
    ca = trust_bundle({base_url(host): read_trust(site.state.trust(f"{host.name}.web_server"))})
    return os_images(booted, base_url(host), ca)
