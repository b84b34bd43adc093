"""All registries of one run: each is opened once, with the right CA and the right credentials."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Callable, Mapping, Sequence

from bootstrap.errors import ConfigError
from bootstrap.oci.reference import is_location, is_repository
from bootstrap.registry.client import RegistryClient
from bootstrap.registry.redirects import ALL, BY_DIGEST, BY_TAG, Redirect, places
from bootstrap.store.alternatives import Alternative, Alternatives
from bootstrap.store.remote import RemoteStore

if TYPE_CHECKING:
    from bootstrap.registry.auth import AuthFile, Credentials
    from bootstrap.store.interface import Source

_DOCKER_HUB = "docker.io"


class Registries:
    """Finds the store for a name; for many threads. Close it, or use it in a ``with``.

    Args:
        auth_file: Credentials by registry or repository, of the place an image is really fetched from.
        redirects: Where images really are.
        ca_files: For ``host[:port]``, the path of PEM certificates to trust besides the system's.
        default_ca_file: The same for registries that ``ca_files`` does not have.
        open_client: Makes a client; ``RegistryClient`` with other timeouts, say.
    """

    def __init__(
        self,
        auth_file: AuthFile | None = None,
        redirects: Sequence[Redirect] = (),
        ca_files: Mapping[str, str] | None = None,
        *,
        default_ca_file: str | None = None,
        open_client: Callable[..., RegistryClient] = RegistryClient,
    ) -> None:
        self._auth_file = auth_file
        self._redirects = tuple(redirects)
        self._ca_files = dict(ca_files or {})
        self._default_ca_file = default_ca_file
        self._open_client = open_client
        self._clients: dict[tuple[str, Credentials | None], RegistryClient] = {}
        self._alternatives: dict[str, Alternatives] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Registries:  # noqa: PYI034  # typing.Self is not in 3.9
        return self

    def __exit__(self, *_: object) -> None:
        """Close every client."""
        self.close()

    def store_for(self, name: str) -> tuple[Source, str]:
        """Return the store that has ``quay.io/a/b``, after redirects, and the repository in that store.

        Raises:
            ConfigError: The name is none, it is blocked, or its credentials or CA file are unusable.
        """
        found = places(name, self._redirects)
        opened = [(place.pull, *self._open(place.name, name)) for place in found]
        pull, store, repository = opened[-1]
        if len(opened) == 1 and pull == ALL:
            return store, repository
        with self._lock:
            alternatives = self._alternatives.get(name)
            if alternatives is None:
                alternatives = self._alternatives[name] = Alternatives(
                    [
                        Alternative(
                            each,
                            each.name,
                            path,
                            serves_tags=pull != BY_DIGEST,
                            serves_digests=pull != BY_TAG,
                        )
                        for pull, each, path in opened
                    ]
                )
        return alternatives, repository

    def store_at(self, location: str) -> RemoteStore:
        """Return the store at ``host[:port]``, never redirected: for destinations.

        Raises:
            ConfigError: Its location, credentials or CA file are unusable.
        """
        return self._store(location, location)

    def close(self) -> None:
        """Close every client; stores handed out are of no use afterwards."""
        with self._lock:
            clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            client.close()

    def _open(self, place: str, name: str) -> tuple[RemoteStore, str]:
        registry, _, repository = place.partition("/")
        if not is_location(registry) or not is_repository(repository):
            at = "" if place == name else f" (it is looked for at {place})"
            raise ConfigError(
                f"{name!r} is not a repository of a registry{at}",
                why="it is not host[:port]/path in lower case",
                fix="write it in full, such as quay.io/openshift-release-dev/ocp-release",
            )
        if registry == _DOCKER_HUB and "/" not in repository:
            repository = f"library/{repository}"  # the short names of Docker's own images
        return self._store(registry, f"{registry}/{repository}"), repository

    def _store(self, registry: str, name: str) -> RemoteStore:
        credentials = self._auth_file.for_repository(name) if self._auth_file else None
        with self._lock:
            client = self._clients.get((registry, credentials))
            if client is None:
                client = self._open_client(
                    registry,
                    credentials=credentials,
                    ca_file=self._ca_files.get(registry, self._default_ca_file),
                )
                self._clients[registry, credentials] = client
        return RemoteStore(client)
