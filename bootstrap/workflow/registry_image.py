"""Fetching the images that the site's own services run, once, where the internet is: on the controller.

They are kept as OCI archives in the site state (or where ``registry_service_image_archive`` and
``web_server_image_archive`` say), carried to the hosts by the roles ``registry_service`` and ``web_server``,
and run by digest. A site without internet brings the archives.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bootstrap.errors import BootstrapError, HostError, Problems
from bootstrap.oci.descriptor import Descriptor
from bootstrap.oci.manifest import Index, parse_manifest
from bootstrap.oci.reference import Reference
from bootstrap.registry.pool import Registries
from bootstrap.site.model import Host, Site
from bootstrap.store.interface import Source
from bootstrap.store.layout import LayoutStore, write_archive
from bootstrap.workflow import check_sources
from bootstrap.workflow.check import Checked
from bootstrap.workflow.progress import Progress

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "ppc64le": "ppc64le", "s390x": "s390x"}


def ensure_registry_image(site: Site, checked: Checked, progress: Progress) -> None:
    """Make sure that the archives exist; what exists is never fetched again.

    Raises:
        BootstrapError: One is missing and cannot be fetched; the fix names ``skopeo copy``.
    """
    for hosts, name, whose in (
        (site.registries, "registry_service_image", "registry"),
        (site.web_servers, "web_server_image", "web server"),
    ):
        if not hosts:
            continue
        archive = Path(hosts[0].text(f"{name}_archive")).expanduser()
        if archive.exists():
            continue
        reference = Reference.parse(hosts[0].text(name))
        progress.phase(f"fetch {reference}")
        _fetch(site, reference, archive, _architecture(hosts, checked), whose)


def _architecture(hosts: Sequence[Host], checked: Checked) -> str:
    """Return OCI's name of what the hosts are; the check says that all registry hosts are the same."""
    names = {host.name for host in hosts}
    seen = [look for name, look in checked.seen.items() if name in names] or [*checked.seen.values()]
    machine = str(seen[0]["architecture"])
    return _ARCHITECTURES.get(machine, machine)


def _fetch(site: Site, reference: Reference, archive: Path, architecture: str, whose: str) -> None:
    carried = f"{whose.replace(' ', '-')}.tar"
    try:
        with check_sources.registries(site) as registries:
            fetch_image(registries, reference, archive, architecture)
    except BootstrapError as error:
        kind = type(error.problems[0] if isinstance(error, Problems) else error)
        raise kind(
            f"cannot fetch the {whose}'s own image: {error.what}",
            why=error.why,
            fix=f"where the internet is: skopeo copy docker://{reference} oci-archive:{carried}; "
            f"then carry it to {archive}",
        ) from error


def fetch_image(registries: Registries, reference: Reference, archive: Path, architecture: str) -> None:
    """Copy one image, for one architecture, into an OCI archive at ``archive``; all of it or nothing.

    Args:
        registries: Where to read, redirects and credentials included.
        reference: The image as the user names it.
        archive: The file to make; its directory is made too.
        architecture: As OCI names it (``amd64``).
    """
    source, repository = registries.store_for(reference.name)
    wanted = source.resolve(repository, str(reference.digest or reference.tag or "latest"))
    content, media_type = _for_architecture(source, repository, wanted, architecture)
    work: Path | None = None
    try:
        archive.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".fetch-", dir=archive.parent))
        layout = LayoutStore(work / "layout")
        for child in parse_manifest(content, media_type).children():
            with source.open_blob(repository, child) as chunks:
                layout.push_blob(reference.repository, child, chunks)
        layout.push_manifest(reference.repository, content, media_type, tag=reference.tag or "latest")
        write_archive(work / "layout", work / "archive.tar")
        (work / "archive.tar").replace(archive)
    except OSError as error:
        raise HostError(
            f"cannot write {archive}", why=str(error), fix="free space there, or make its directory writable"
        ) from error
    finally:
        if work is not None:
            shutil.rmtree(work, ignore_errors=True)


def _for_architecture(
    source: Source, repository: str, wanted: Descriptor, architecture: str
) -> tuple[bytes, str]:
    content, media_type = source.manifest(repository, wanted.digest)
    manifest = parse_manifest(content, media_type)
    if not isinstance(manifest, Index):
        return content, media_type
    for child in manifest.manifests:
        if child.platform and (child.platform.os, child.platform.architecture) == ("linux", architecture):
            return source.manifest(repository, child.digest)
    raise HostError(
        f"{repository} has no image for linux/{architecture}",
        why="it has " + ", ".join(str(child.platform) for child in manifest.manifests),
        fix="set registry_service_image (or web_server_image) to one that has",
    )
