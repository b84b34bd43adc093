"""What every operation needs, made from the settings once: registries, sources, the plan's makers."""

from __future__ import annotations

import functools
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping, Optional, Protocol

from bootstrap.agent.settings import read_proxy
from bootstrap.mirror.built import WithBuilt
from bootstrap.mirror.collect import Collector
from bootstrap.mirror.disk import Disk
from bootstrap.mirror.engines.surroundings import Surroundings
from bootstrap.mirror.graph import GraphImage
from bootstrap.mirror.on_disk import OnDisk
from bootstrap.mirror.survey import Surveyor
from bootstrap.registry.auth import AuthFile
from bootstrap.registry.client import RegistryClient
from bootstrap.registry.pool import Registries
from bootstrap.registry.proxy import Proxy, host_of
from bootstrap.registry.retry import RetryPolicy
from bootstrap.release import keys
from bootstrap.release.download import Downloader
from bootstrap.release.graph import GraphClient
from bootstrap.release.signature import Verifier

if TYPE_CHECKING:
    from bootstrap.agent.settings import Settings
    from bootstrap.imageset.model import ImageSet
    from bootstrap.store.remote import RemoteStore

# Looking is many small requests, whose time is the wait for the answer: more at once than blobs.
_LOOKS_PER_BLOB = 2
_FEWEST_LOOKS = 8


class Report(Protocol):
    """Where an operation tells how it goes: ``EventLog.emit``, or nothing for ``plan``."""

    def __call__(self, kind: str, **fields: Any) -> None:  # noqa: ANN401  # the events' own
        """Tell one event."""


def proxy_of(settings: Settings) -> Optional[Proxy]:
    """Return the proxy for the sources; None without one.

    Raises:
        ConfigError: It cannot be used.
    """
    here = [host_of(each.location) for each in settings.registries]
    if settings.proxy_file:
        return read_proxy(Path(settings.proxy_file), here)
    return Proxy.from_environment(here)


def surroundings(settings: Settings) -> Surroundings:
    """Return what tools that are not ours are given.

    Raises:
        ConfigError: The proxy cannot be used.
    """
    own = [each.ca_file for each in settings.registries if each.ca_file]
    given = [settings.source_ca_file] if settings.source_ca_file else []
    return Surroundings(
        settings.imageset,
        settings.auth_file,
        settings.workspace,
        ca_files=(*given, *settings.source_ca_files.values(), *own),
        redirects=settings.redirects,
        update_url=settings.update_url,
        signature_url=settings.signature_url,
        signature_key=settings.signature_key,
        has_signatures=settings.signature_policy == "require",
        proxy=proxy_of(settings),
        parallel=settings.parallel,
        tools=settings.tools,
    )


class Toolbox:
    """Use it in a ``with``: it closes all connections.

    Args:
        free: Free bytes of registries that are on other machines, by location.
        stop: Set when everything has to end.
    """

    def __init__(
        self, settings: Settings, *, report: Report, stop: threading.Event, free: Mapping[str, int]
    ) -> None:
        self.settings, self.report, self.stop = settings, report, stop
        self.proxy = proxy_of(settings)
        self.registries = Registries(
            AuthFile.load(settings.auth_file) if settings.auth_file else None,
            settings.redirects,
            {
                **settings.source_ca_files,
                **{each.location: each.ca_file for each in settings.registries if each.ca_file},
            },
            default_ca_file=settings.source_ca_file,
            open_client=functools.partial(RegistryClient, proxy=self.proxy, retries=RetryPolicy(stop=stop)),
        )
        self.sources = WithBuilt(self.registries)
        self.disks = {
            each.location: Disk(
                each.location, each.data_dir, None if each.data_dir else free.get(each.location)
            )
            for each in settings.registries
        }
        self.lookers = max(_FEWEST_LOOKS, _LOOKS_PER_BLOB * settings.parallel)
        self.surveyor = Surveyor(workers=self.lookers, stop=stop)

    def __enter__(self) -> Toolbox:  # noqa: PYI034  # typing.Self is not in 3.9
        return self

    def __exit__(self, *_: object) -> None:
        self.registries.close()

    @property
    def locations(self) -> tuple[str, ...]:
        """All registries, the first one first."""
        return tuple(each.location for each in self.settings.registries)

    def store(self, location: str) -> RemoteStore:
        """Return the registry at ``location``, after seeing that it answers and takes our credentials."""
        store = self.registries.store_at(location)
        store.client.ping()
        return store

    def verified_at(self, location: str) -> RemoteStore:
        """Return the registry at ``location`` to prove what it has: it has to agree with its disk."""
        store, data_dir = self.registries.store_at(location), self.disks[location].data_dir
        return OnDisk(store.client, data_dir, asks=True) if data_dir else store

    def looked_at(self, location: str) -> RemoteStore:
        """Return the registry at ``location`` to see what it has: on its disk, where that is here."""
        store, data_dir = self.registries.store_at(location), self.disks[location].data_dir
        return OnDisk(store.client, data_dir) if data_dir else store

    def _downloader(self) -> Downloader:
        return Downloader(
            ca_file=self.settings.source_ca_file, proxy=self.proxy, policy=RetryPolicy(stop=self.stop)
        )

    def verifier(self) -> Optional[Verifier]:
        """Return what checks releases' signatures; None, with a warning, where the policy is not to.

        Raises:
            ConfigError: There is no key to check them with.
            HostError: Likewise no gpgv.
        """
        settings = self.settings
        if settings.signature_policy == "require":
            path = keys.find_key(settings.signature_key)
            keyring = keys.keyring(path)
            made_by = f"{keys.named(keyring)} ({path})"
            self.report("resolving", what=f"release signatures, to be made by {made_by}")
            scratch = settings.state_dir if settings.state_dir.is_dir() else Path(tempfile.gettempdir())
            return Verifier(settings.signature_url, keyring, self._downloader(), directory=scratch)
        self.report(
            "warning",
            what="release signatures are not checked",
            why="mirror_content_signature_policy is skip: whoever can answer in the source's place"
            " decides what clusters run",
            fix="set it to require, with mirror_content_signature_key",
        )
        return None

    def collector(self, image_set: ImageSet) -> Collector:
        """Return what resolves ``image_set``.

        Raises:
            ConfigError: It has releases, and there is no key to check their signatures with.
            HostError: Likewise no gpgv.
        """
        settings, downloader = self.settings, self._downloader()
        has_releases = bool(image_set.platform.channels or image_set.platform.release)
        verifier = self.verifier() if has_releases else None
        return Collector(
            self.sources,
            GraphClient(settings.update_url, downloader),
            verifier,
            graph_image=GraphImage(
                settings.graph_data_url, settings.graph_base_image, downloader, self.sources
            ).make,
            registry=self.locations[0],
            report=lambda what: self.report("resolving", what=what),
            workers=self.lookers,
            stop=self.stop,
        )
