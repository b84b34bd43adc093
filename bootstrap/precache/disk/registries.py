"""The site's registries, as the disk is read from them: the preferred one, and the next where it fails."""

from __future__ import annotations

import threading
from typing import Self

from bootstrap.cluster.given import Given
from bootstrap.errors import BootstrapError, HostError, Problems
from bootstrap.mirror.pool import each
from bootstrap.registry.auth import AuthFile
from bootstrap.registry.client import RegistryClient
from bootstrap.registry.retry import RetryPolicy
from bootstrap.store.alternatives import Alternative, Alternatives
from bootstrap.store.remote import RemoteStore

_HASTY = 2  # attempts, where there is another registry to go on to


class Registries:
    """Those that answer; for many threads. Use it in a ``with``.

    Args:
        given: Of the site.
        workers: Most transfers at once.
        stop: Ends every wait.

    Attributes:
        silent: Why others are not asked, by location.

    Raises:
        BootstrapError: (several as ``Problems``) None can be used.
    """

    def __init__(self, given: Given, *, workers: int, stop: threading.Event) -> None:
        auths = AuthFile(given.auths, "the site's state")
        several = len(given.registries) > 1
        retries = RetryPolicy(attempts=_HASTY, stop=stop) if several else RetryPolicy(stop=stop)
        self._clients = {
            location: RegistryClient(
                location,
                credentials=auths.for_repository(location),
                ca_pem=given.trust.get(location),
                retries=retries,
                connections=workers,
            )
            for location in given.registries
        }
        self._sources: dict[tuple[str, ...], Alternatives] = {}
        self._lock = threading.Lock()
        self.silent: dict[str, BootstrapError] = {}
        try:
            self._look(stop)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close their connections."""
        for client in self._clients.values():
            client.close()

    def source(self, places: tuple[str, ...]) -> tuple[Alternatives, str]:
        """Return what reads an image that is in ``places`` (``host:port/repository``), and its repository.

        Raises:
            HostError: Only registries that do not answer have it.
        """
        with self._lock:
            if places not in self._sources:
                self._sources[places] = Alternatives(self._alternatives(places))
            return self._sources[places], places[0].partition("/")[2]

    def _alternatives(self, places: tuple[str, ...]) -> list[Alternative]:
        found = []
        for place in places:
            location, _, repository = place.partition("/")
            if location in self._clients and location not in self.silent:
                found.append(Alternative(RemoteStore(self._clients[location]), location, repository))
        if found:
            return found
        location = places[0].partition("/")[0]
        error = self.silent[location]
        raise HostError(
            f"{places[0]} cannot be read, and no other registry has it",
            why=f"{error.what}: {error.why}",
            fix=error.fix,
        )

    def _look(self, stop: threading.Event) -> None:
        """See which can be used; the others would cost every image their silence."""
        answers = each(RegistryClient.ping, self._clients.values(), workers=len(self._clients), stop=stop)
        for location, answer in zip(self._clients, answers, strict=True):
            if isinstance(answer, BootstrapError):
                self.silent[location] = answer
        if len(self.silent) == len(self._clients):
            problems = list(self.silent.values())
            raise problems[0] if len(problems) == 1 else Problems(problems)
