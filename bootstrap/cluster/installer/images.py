"""Images of a site, by the name that clusters use: read from the first registry that has them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Self, TypeVar

from bootstrap.cluster.given import Given
from bootstrap.errors import BootstrapError, HostError, NotFound, TransferError
from bootstrap.mirror.mirror_sets import places_of
from bootstrap.oci.digest import Digest
from bootstrap.oci.manifest import AnyManifest, Manifest, parse_manifest
from bootstrap.oci.reference import Reference
from bootstrap.registry.auth import AuthFile
from bootstrap.registry.client import RegistryClient
from bootstrap.registry.retry import RetryPolicy
from bootstrap.store.remote import RemoteStore

Answer = TypeVar("Answer")

_HASTY = RetryPolicy(attempts=2)


class MirroredImages:
    """Looks images up where a node with the site's mirror sets does; for many threads. Use it in a ``with``.

    Args:
        given: Of the site.
    """

    def __init__(self, given: Given) -> None:
        self._given, self._mirrors = given, given.mirrors
        self._stores: dict[tuple[str, bool], RemoteStore] = {}
        self._silent: dict[str, TransferError] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for store in self._stores.values():
            store.client.close()

    def find(self, reference: Reference) -> tuple[RemoteStore, str, Digest]:
        """Return the registry and the repository that have an image, and its digest.

        Raises:
            HostError: The site does not mirror it.
            BootstrapError: Of the first registry, when none has it.
        """
        return self._first(reference, lambda store, repository, name: store.resolve(repository, name).digest)

    def read(self, reference: Reference) -> tuple[RemoteStore, str, AnyManifest]:
        """Return the same with its manifest or index: one request, where it is named by digest.

        Raises:
            HostError: The site does not mirror it.
            BootstrapError: Of the first registry, when none has it.
        """

        def ask(store: RemoteStore, repository: str, name: str) -> AnyManifest:
            digest = reference.digest or store.resolve(repository, name).digest
            return parse_manifest(*store.manifest(repository, digest), name=str(reference))

        return self._first(reference, ask)

    def _first(
        self, reference: Reference, ask: Callable[[RemoteStore, str, str], Answer]
    ) -> tuple[RemoteStore, str, Answer]:
        """Return the first place where a node would find an image, and what ``ask`` gets there."""
        name = str(reference.digest or reference.tag)
        first: BootstrapError | None = None
        for place in places_of(reference, self._mirrors):
            location, _, repository = place.partition("/")
            try:
                answer = self._look(location, repository, name, ask)
            except BootstrapError as error:
                first = first or error
            else:
                return self._store(location), repository, answer
        raise first or HostError(
            f"{reference} is not mirrored",
            why="no entry of the mirror sets leads to it",
            fix="mirror the release, and run it again",
        )

    def find_at_home(self, repository: str, reference: str) -> tuple[RemoteStore, Digest]:
        """Return the first registry of the site whose ``repository`` has a tag or digest.

        For what clusters name where it is in the mirror, as catalogs: no mirror set leads there.

        Raises:
            BootstrapError: Of the first registry, when none has it.
        """
        first: BootstrapError | None = None
        for location in self._given.registries:
            try:
                store = self._store(location)
                return store, store.resolve(repository, reference).digest
            except BootstrapError as error:
                first = first or error
        assert first is not None, "a site has a registry"
        raise first

    def _look(
        self, location: str, repository: str, name: str, ask: Callable[[RemoteStore, str, str], Answer]
    ) -> Answer:
        """Ask a registry; where there is another one to go on to, without much patience."""
        if location in self._silent:
            raise self._silent[location]
        try:
            return ask(self._store(location, is_hasty=len(self._given.registries) > 1), repository, name)
        except TransferError as error:
            self._silent[location] = error
            raise

    def _store(self, location: str, *, is_hasty: bool = False) -> RemoteStore:
        key = (location, is_hasty)
        with self._lock:
            if key not in self._stores:
                credentials = AuthFile(self._given.auths, "the site's state").for_repository(location)
                client = RegistryClient(
                    location,
                    credentials=credentials,
                    ca_pem=self._given.trust[location],
                    retries=_HASTY if is_hasty else None,
                )
                self._stores[key] = RemoteStore(client)
            return self._stores[key]


def image_for(
    store: RemoteStore, repository: str, digest: Digest, architectures: Sequence[str]
) -> tuple[Manifest, str]:
    """Return an image, and of an index the one for the first of ``architectures`` that it has.

    The architecture is returned, too; it is empty for an image that is not in an index.

    Raises:
        NotFound: It is an index that has none of them.
    """
    return image_of(store, repository, parse_manifest(*store.manifest(repository, digest)), architectures)


def image_of(
    store: RemoteStore, repository: str, found: AnyManifest, architectures: Sequence[str]
) -> tuple[Manifest, str]:
    """Return the same of a manifest or index that was read already."""
    if isinstance(found, Manifest):
        return found, ""
    listed = {each.platform.architecture: each for each in reversed(found.children()) if each.platform}
    for architecture in architectures:
        if architecture in listed:
            image = parse_manifest(*store.manifest(repository, listed[architecture].digest))
            if isinstance(image, Manifest):
                return image, architecture
    digest = found.descriptor.digest
    raise NotFound(
        f"there is no image {store.name}/{repository}@{digest} for {' or '.join(architectures)}",
        why=f"it is for {', '.join(sorted(listed)) or 'nothing at all'}",
        fix="give another --platform",
    )
