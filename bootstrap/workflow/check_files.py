"""What is wrong with a site's own files, on the controller: found before any host is looked at."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from bootstrap.credentials import files
from bootstrap.credentials.pull_secret import PullSecret
from bootstrap.errors import BootstrapError, ConfigError, HostError, Problems
from bootstrap.imageset.model import ImageSet
from bootstrap.imageset.read import read_file
from bootstrap.mirror.engines.choose import refuse_impossible
from bootstrap.mirror.engines.names import SETTINGS as ENGINES
from bootstrap.oci.reference import Reference
from bootstrap.site.model import Host, Site
from bootstrap.site.web_server import image_problems
from bootstrap.store.archive import archive_digest
from bootstrap.workflow.check_sparse import sparse_problems
from bootstrap.workflow.sources import sources_of

_STATE_BYTES = 8_000_000  # the agent's file, keys, and what Ansible writes while it runs
_IMAGE_BYTES = 64_000_000  # the registry's own image, twice while its archive is made


def file_problems(site: Site) -> Iterator[BootstrapError]:
    """Yield what is wrong with files and directories on the controller; no host is looked at.

    Values that a host lacks, because they are wrong by themselves, are passed over.
    """
    image_set, problems = _image_set(site.mirror_host)
    yield from problems
    yield from sparse_problems(site, image_set) if image_set is not None else ()
    yield from _pull_secret(site.mirror_host, image_set)
    yield from _image_archives(site)
    yield from _web_servers(site)
    yield from _own_auth_file(site)
    yield from _directories(site)


def _image_set(mirror: Host) -> tuple[ImageSet | None, tuple[BootstrapError, ...]]:
    path = _file(mirror, "mirror_content_imageset")
    try:
        image_set = read_file(path) if path else None
    except BootstrapError as error:
        return None, error.problems if isinstance(error, Problems) else (error,)
    engine = mirror.values.get("mirror_content_engine")
    try:
        if image_set is not None and engine in ENGINES:
            refuse_impossible(str(engine), image_set)
    except ConfigError as error:
        return image_set, (ConfigError(f"cannot use {path}: {error.what}", why=error.why, fix=error.fix),)
    return image_set, ()


def _pull_secret(mirror: Host, image_set: ImageSet | None) -> Iterator[BootstrapError]:
    path = _file(mirror, "pull_secret_file")
    try:
        secret = PullSecret.load(path) if path else None
    except BootstrapError as error:
        yield error
        return
    if image_set is None or secret is None:
        return
    missing = [name for name in sources_of(image_set) if secret.entry_for(name) is None]
    if missing:
        yield ConfigError(
            f"the pull secret {path} has no entry for {', '.join(missing)}",
            why=f"the image set takes content from there; it has {', '.join(secret.registries) or 'none'}",
            fix="download the pull secret again, or add the entry with `podman login --authfile`",
        )


def _image_archives(site: Site) -> Iterator[BootstrapError]:
    """Yield archives of the registry's own image that cannot be what it runs; missing ones are fetched."""
    for host in site.registries:
        path, image = _path(host, "registry_service_image_archive"), host.values.get("registry_service_image")
        if path is None or not path.exists() or not isinstance(image, str):
            continue
        try:
            wanted, held = Reference.parse(image).digest, archive_digest(path)
        except BootstrapError as error:
            yield error
            continue
        if wanted not in (None, held):
            yield ConfigError(
                f"{host.name}: registry_service_image is not what its archive holds",
                why=f"it names {wanted}, and {path} holds {held}",
                fix=f"remove {path} so that it is fetched again, or correct registry_service_image",
            )


def _web_servers(site: Site) -> Iterator[BootstrapError]:
    """Yield why the web servers have no image to run; one that is named and missing is fetched."""
    for host in site.web_servers:
        path, image = _path(host, "web_server_image_archive"), host.values.get("web_server_image")
        if path is None or not isinstance(image, str) or (image and not path.exists()):
            continue
        for problem in image_problems(image, str(path)):
            yield ConfigError(
                f"{host.name}: it is in the group web_server, and has no image to run",
                why=problem.partition(";")[0],
                fix="set web_server_image to an image of nginx, best by digest, and remove an archive of"
                " another one (web_server_image_archive); docs/web-server.md has more",
            )


def _own_auth_file(site: Site) -> Iterator[BootstrapError]:
    """Yield that the state's own auth file is damaged; CA and password are judged with what a host holds."""
    path = site.state.auth_file
    if not site.state.directory.is_dir():  # nothing yet; or no directory, which is told with the settings
        return
    try:
        PullSecret.parse(files.read(path), str(path))
    except BootstrapError as error:
        yield ConfigError(
            f"cannot use {path}",
            why=error.why,
            fix="restore the site state from a backup; or remove the file: the next `up` makes it again",
        )


def _directories(site: Site) -> Iterator[BootstrapError]:
    """Yield directories of the controller that we, or Ansible, have to write and cannot."""
    ansible = Path(os.environ.get("ANSIBLE_HOME", "~/.ansible")).expanduser()
    wanted = {
        site.state.directory: "set registry_tls_state_dir to a directory that you may write",
        site.artifacts: "copy the site to where you may write",
        ansible: "set HOME, or ANSIBLE_HOME, to a directory that you may write",
    }
    for directory, otherwise in wanted.items():
        existing = _existing(directory)
        if not existing.is_dir():
            continue  # told by who owns it
        if not os.access(existing, os.W_OK | os.X_OK):
            yield HostError(
                f"cannot write {directory} on the controller",
                why=f"you may not write {existing}",
                fix=f"chmod u+rwx {existing}, work as its owner, or {otherwise}",
            )
    archives = [_path(host, "registry_service_image_archive") for host in site.registries]
    needed = _STATE_BYTES + (_IMAGE_BYTES if any(path and not path.exists() for path in archives) else 0)
    free = shutil.disk_usage(_existing(site.state.directory)).free
    if free < needed:
        yield HostError(
            f"the controller has too little space for {site.state.directory}",
            why=f"{needed / 1e6:.0f} MB are needed and {free / 1e6:.1f} MB are free",
            fix="free space there, or set registry_tls_state_dir to a larger file system",
        )


def _existing(path: Path) -> Path:
    """Return ``path``, or its nearest parent that is there."""
    return next(each for each in (path, *path.parents) if each.exists())


def _path(host: Host, name: str) -> Path | None:
    """Return a setting's path; None when it is not set, or is wrong by itself."""
    path = host.path(name) if name in host.values else None
    return path if path is not None and path.is_absolute() else None


def _file(host: Host, name: str) -> Path | None:
    """Return a setting's path where it can be read; that it cannot is told with the settings."""
    path = _path(host, name)
    return path if path is not None and os.access(path, os.R_OK) else None
