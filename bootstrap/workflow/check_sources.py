"""Whether the content is to be had: asked from the mirror host; for the registry's own image, from here."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from bootstrap.credentials.pull_secret import PullSecret
from bootstrap.errors import BootstrapError, ConfigError, Problems
from bootstrap.imageset.model import ImageSet
from bootstrap.imageset.read import read_text
from bootstrap.oci.reference import Reference
from bootstrap.registry.auth import AuthFile
from bootstrap.registry.client import RegistryClient
from bootstrap.registry.connections import tls_context
from bootstrap.registry.pool import Registries
from bootstrap.registry.redirects import read_redirects
from bootstrap.registry.retry import RetryPolicy
from bootstrap.release import keys
from bootstrap.site import registries_conf
from bootstrap.site.model import Host, Site
from bootstrap.workflow.sources import sources_of

# Twice, one after the other, in the worst case: what hangs must not make a check slow.
ASKING_SECONDS = 2.0


def question(site: Site) -> dict[str, Any] | None:
    """Return what ``bootstrap/agent/asking.py`` is asked; None when the site's files do not allow it.

    What is wrong with them is told elsewhere (``check_files``, :func:`settings_problems`).
    """
    mirror = site.mirror_host
    if [*settings_problems(mirror)]:
        return None
    try:
        text = Path(mirror.text("mirror_content_imageset")).expanduser().read_text(encoding="utf-8")
        image_set = read_text(text)
        secret = mirror.path("pull_secret_file")
        auth = dict(PullSecret.load(secret).document) if secret else None
        source_ca = mirror.path("mirror_content_source_ca")
        pem = source_ca.read_text(encoding="utf-8") if source_ca else ""
        pems = {location: path.read_text(encoding="utf-8") for location, path in _source_cas(mirror).items()}
        redirects = registries_conf.merged(*_redirects(mirror))
        key = mirror.path("mirror_content_signature_key")
        keyring = keys.keyring(key) if key else b""
    except (BootstrapError, OSError, UnicodeDecodeError):
        return None
    is_checked, proxy = checks_signatures(mirror), mirror.secret("mirror_content_proxy").reveal()
    return {
        "imageset": text,
        "auth": auth,
        "redirects": redirects,
        "source_ca": pem,
        "source_cas": pems,
        "update_url": mirror.text("mirror_content_update_url"),
        "signature_url": mirror.text("mirror_content_signature_url"),
        "needs_signature": is_checked,
        "needs_key": is_checked and key is None,
        "made_by": f"{keys.named(keyring)} ({key})" if is_checked and key else "",
        "graph_data_url": mirror.text("mirror_content_graph_data_url"),
        "sources": [*sources_of(image_set), *_base_of_graph(mirror, image_set)],
        "seconds": ASKING_SECONDS,
        "proxy": {"url": proxy, "no_proxy": list(mirror.items("mirror_content_no_proxy"))} if proxy else None,
    }


def _base_of_graph(mirror: Host, image_set: ImageSet) -> Iterator[str]:
    """Yield the repository of the image that the graph-data image is built on, which needs no pull secret."""
    if image_set.platform.wants_graph:
        yield Reference.parse(mirror.text("mirror_content_graph_base_image")).name


def checks_signatures(mirror: Host) -> bool:
    """Tell whether release signatures are checked on the mirror host."""
    return mirror.text("mirror_content_signature_policy") == "require"


def settings_problems(mirror: Host) -> Iterator[BootstrapError]:
    """Yield what is wrong with the mirror host's files on the controller, besides image set and secret."""
    try:
        if (source_ca := mirror.path("mirror_content_source_ca")) is not None:
            tls_context(str(source_ca))
    except ConfigError as error:
        yield ConfigError(f"{error.what} (mirror_content_source_ca)", why=error.why, fix=error.fix)
    for location, path in _source_cas(mirror).items():
        try:
            tls_context(str(path))
        except ConfigError as error:
            yield ConfigError(
                f"{error.what} (mirror_content_source_cas, {location})", why=error.why, fix=error.fix
            )
    yield from _redirect_problems(mirror)
    try:
        if (key := mirror.path("mirror_content_signature_key")) is not None:
            keys.keyring(key)
    except ConfigError as error:
        yield ConfigError(f"{error.what} (mirror_content_signature_key)", why=error.why, fix=error.fix)
    agent = mirror.path("mirror_content_agent_file")
    if agent is not None and not agent.is_file():
        yield ConfigError(
            f"cannot read the mirror agent {agent} on the controller",
            why="there is no such file",
            fix="correct mirror_content_agent_file, or leave it empty to have the agent made",
        )


def _source_cas(mirror: Host) -> dict[str, Path]:
    """Return the CA files on the controller of single sources, by location."""
    listed = cast("tuple[Mapping[str, str], ...]", mirror.items("mirror_content_source_cas"))
    return {each["location"]: Path(each["ca_file"]).expanduser() for each in listed}


def _redirects(mirror: Host) -> tuple[list[dict[str, Any]], str]:
    """Return the setting's entries, and the path of a registries.conf or nothing."""
    listed = cast("tuple[dict[str, Any], ...]", mirror.items("mirror_content_redirects"))
    return list(listed), str(mirror.path("mirror_content_registries_conf") or "")


def _redirect_problems(mirror: Host) -> Iterator[BootstrapError]:
    listed, path = _redirects(mirror)
    for line in read_redirects(listed)[1]:
        yield ConfigError(
            "cannot use mirror_content_redirects",
            why=line,
            fix="correct that entry; the keys are those of registries.conf",
        )
    try:
        registries_conf.merged([], path)
    except ConfigError as error:
        yield error


def registries(site: Site, *, is_quick: bool = False) -> Registries:
    """Return the sources as the controller reaches them, for the registry's own image.

    Raises:
        ConfigError: The pull secret or the file of redirects is unusable.
    """
    mirror = site.mirror_host
    secret, source_ca = mirror.path("pull_secret_file"), mirror.path("mirror_content_source_ca")
    client = RegistryClient
    if is_quick:
        policy = RetryPolicy(attempts=2, first_seconds=0.2, longest_seconds=0.3)
        client = functools.partial(RegistryClient, timeout_seconds=ASKING_SECONDS, retries=policy)  # type: ignore[assignment]
    return Registries(
        AuthFile.load(secret) if secret else None,
        read_redirects(registries_conf.merged(*_redirects(mirror)))[0],
        {location: str(path) for location, path in _source_cas(mirror).items()},
        default_ca_file=str(source_ca) if source_ca else None,
        open_client=client,
    )


def _can_ask(mirror: Host) -> bool:
    """Say whether the files are usable that say how to fetch."""
    secret = mirror.path("pull_secret_file")
    try:
        if secret:
            PullSecret.load(secret)
    except BootstrapError:
        return False
    return not [*settings_problems(mirror)]


def registry_image_problems(site: Site) -> list[BootstrapError]:
    """Return why the registry's own image could not be fetched, where it has to be; [] when it can.

    What is wrong with the files that say how to fetch is told elsewhere, as for :func:`question`.
    """
    first = site.registries[0]
    archive = first.path("registry_service_image_archive")
    if archive is None or archive.exists() or not _can_ask(site.mirror_host):
        return []
    reference = Reference.parse(first.text("registry_service_image"))
    try:
        with registries(site, is_quick=True) as sources:
            store, repository = sources.store_for(reference.name)
            store.resolve(repository, str(reference.digest or reference.tag or "latest"))
    except Problems as error:
        return list(error.problems)
    except BootstrapError as error:
        return [
            type(error)(
                f"the registry's own image {reference} cannot be fetched: {error.what}",
                why=error.why,
                fix=f"{error.fix}; or where the internet is: skopeo copy docker://{reference}"
                f" oci-archive:registry.tar, then carry it to {archive}",
            )
        ]
    return []
