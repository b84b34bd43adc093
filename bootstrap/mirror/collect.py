"""From an image set to the images wanted: releases with all that they list, and single images."""

from __future__ import annotations

import functools
import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable, Iterable

from bootstrap.errors import BootstrapError, ConfigError, Problems, RegistryError
from bootstrap.mirror import layout
from bootstrap.mirror.collected import Collected, Release
from bootstrap.mirror.image import Failure, Kind, Wanted
from bootstrap.mirror.pool import each
from bootstrap.oci.digest import Digest
from bootstrap.registry.retry import RetryPolicy
from bootstrap.release.architecture import SUFFIXES, release_tag
from bootstrap.release.payload import Payload, read_payload
from bootstrap.release.resolve import resolve
from bootstrap.release.version import Version

if TYPE_CHECKING:
    from bootstrap.imageset.model import AdditionalImage, ImageSet
    from bootstrap.mirror.collected import Sources
    from bootstrap.oci.reference import Reference
    from bootstrap.release.graph import GraphClient
    from bootstrap.release.signature import Signature, Verifier

# From 4.21 on clusters want a release's Sigstore signature too: OCPBUGS-70297.
_SIGSTORE_SINCE = Version(4, 21, 0)


class Collector:
    """Resolves image sets.

    Args:
        verifier: None to take releases without looking at their signature.
        registry: Location of the first registry; ``blockedImages`` may name destinations.
        report: Is told in a few words what is being resolved.
        workers: Most requests in flight at once.
    """

    def __init__(
        self,
        sources: Sources,
        graph: GraphClient,
        verifier: Verifier | None,
        *,
        registry: str,
        report: Callable[[str], None],
        workers: int,
        stop: threading.Event,
    ) -> None:
        self._sources, self._graph, self._verifier = sources, graph, verifier
        self._registry, self._report = registry, report
        self._workers, self._stop = workers, stop

    def collect(self, image_set: ImageSet) -> Collected:
        """Return all images of ``image_set`` but the blocked ones, each destination once.

        Raises:
            ConfigError: Two different images would get the same tag.
            BootstrapError: The update graph cannot be used; nothing can be said then.
        """
        found = Collected()
        for release in self._releases(image_set, found):
            self._report(f"release {release.name}")
            try:
                self._release(image_set, release, found)
            except ConfigError:
                raise
            except BootstrapError as error:
                found.failures.append(Failure(_placeholder(release), error))
        self._additional(image_set, found)
        found.wanted = _unique(self._not_blocked(found.wanted, image_set.blocked))
        return found

    def _releases(self, image_set: ImageSet, found: Collected) -> Iterable[_Asked]:
        platform = image_set.platform
        if platform.release is not None:
            return [_Asked(platform.release)]
        asked: list[_Asked] = []
        problems: list[BootstrapError] = []
        for architecture in platform.effective_architectures if platform.channels else ():
            names = ", ".join(channel.name for channel in platform.channels)
            self._report(f"update graph of {names} ({architecture})")
            try:
                graph_of = functools.partial(self._graph.graph, architecture=architecture)
                resolved = resolve(platform.channels, graph_of)
            except BootstrapError as error:
                problems.append(error)
                continue
            found.warnings += [f"{architecture}: {warning}" for warning in resolved.warnings]
            asked += [
                _Asked(node.payload, node.version, architecture, node.channels) for node in resolved.nodes
            ]
        if problems:
            raise problems[0] if len(problems) == 1 else Problems(problems)
        return asked

    def _release(self, image_set: ImageSet, asked: _Asked, found: Collected) -> None:
        store, repository = self._sources.store_for(asked.image.name)
        digest = asked.image.digest or store.resolve(repository, str(asked.image.tag)).digest
        signature = self._verifier.verify(digest, name=asked.name) if self._verifier else None
        # A stream that breaks is for its reader to begin again; single requests have been repeated by then.
        payload = RetryPolicy().run(lambda: read_payload(store, repository, digest, name=asked.name))
        _check_release(asked, payload)
        version, architecture = str(payload.version), asked.architecture or payload.architecture
        tag = _tag(asked, payload, signature, architecture)

        def wanted(kind: Kind, source: Reference, digest: Digest, repository: str, tag: str) -> Wanted:
            return Wanted(kind, source, digest, repository, tag, version, architecture)

        found.wanted.append(wanted(Kind.RELEASE, asked.image, digest, layout.RELEASE_IMAGES, tag))
        found.wanted += self._components(image_set, payload, tag, version, architecture)
        signed = layout.signature_tag(digest)
        sigstore = store.manifest_exists(repository, signed)
        if sigstore is not None:
            source = asked.image.with_tag(signed)
            found.wanted.append(
                wanted(Kind.SIGNATURE, source, sigstore.digest, layout.RELEASE_IMAGES, signed)
            )
        elif payload.version >= _SIGSTORE_SINCE:
            found.warnings.append(
                f"release {version} has no Sigstore signature ({asked.image.name}:{signed})"
            )
        content = signature.content if signature else None
        found.releases.append(Release(version, architecture, digest, asked.channels, content))

    def _components(
        self, image_set: ImageSet, payload: Payload, tag: str, version: str, architecture: str
    ) -> list[Wanted]:
        named = [(component.name, component.image) for component in payload.components]
        if image_set.platform.wants_kubevirt:
            names = layout.kubevirt_names(image_set.platform.architectures)
            disks = [(name, payload.kubevirt[key]) for key, name in names.items() if key in payload.kubevirt]
            if not disks:
                raise RegistryError(
                    f"release {version} has no disk image for OpenShift Virtualization",
                    why=f"its payload names none for {', '.join(names)}",
                    fix="set kubeVirtContainer to false, or choose another release or architecture",
                )
            named += disks
        wanted = []
        for name, image in named:
            assert image.digest is not None, "the payload was read so"
            destination = layout.RELEASE_CONTENT, layout.component_tag(tag, name)
            wanted.append(
                Wanted(Kind.COMPONENT, image, image.digest, *destination, version, architecture, name)
            )
        return wanted

    def _additional(self, image_set: ImageSet, found: Collected) -> None:
        images = image_set.additional_images
        if images:
            self._report(f"{len(images)} additional images")
        answers = each(self._additional_one, images, workers=self._workers, stop=self._stop)
        for image, answer in zip(images, answers):  # noqa: B905  # strict= is not in 3.9
            if isinstance(answer, Wanted):
                found.wanted.append(answer)
            elif isinstance(answer, ConfigError):
                raise answer
            else:
                found.failures.append(Failure(_placeholder(_Asked(image.source)), answer))

    def _additional_one(self, image: AdditionalImage) -> Wanted:
        digest = image.source.digest
        if digest is None:
            store, repository = self._sources.store_for(image.source.name)
            digest = store.resolve(repository, str(image.source.tag)).digest
        return Wanted(Kind.ADDITIONAL, image.source, digest, *layout.additional(image))

    def _not_blocked(self, wanted: Iterable[Wanted], patterns: Iterable[str]) -> Iterable[Wanted]:
        """Leave out what a pattern is found in: source or destination (oc-mirror's excludeImages)."""
        compiled = [re.compile(pattern) for pattern in patterns]
        for image in wanted:
            names = (str(image.source), f"{self._registry}/{image.repository}:{image.tag}")
            if not any(pattern.search(name) for pattern in compiled for name in names):
                yield image


@dataclass(frozen=True)
class _Asked:
    """A release as it was asked for; with version, architecture and channels if the update graph was."""

    image: Reference
    version: Version | None = None
    architecture: str | None = None
    channels: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.version} ({self.image})" if self.version else str(self.image)


def _check_release(asked: _Asked, payload: Payload) -> None:
    if asked.version is not None and asked.version != payload.version:
        raise RegistryError(
            f"release {asked.name} is not what the update graph says",
            why=f"its own metadata says {payload.version}",
            fix="check the update service",
        )
    if payload.architecture not in SUFFIXES:
        raise RegistryError(
            f"release {asked.name} is for an architecture that OpenShift has not",
            why=f"its config says {payload.architecture!r}",
            fix="check that the reference is that of an OpenShift release",
        )


def _tag(asked: _Asked, payload: Payload, signature: Signature | None, architecture: str) -> str:
    """Return the release's tag: as signed (signature.go), else as asked for, else as it is published."""
    if signature is not None and signature.identity is not None and signature.identity.tag:
        return signature.identity.tag
    return asked.image.tag or release_tag(payload.version, architecture)


def _placeholder(asked: _Asked) -> Wanted:
    """Stand for an image that could not be looked at, in messages."""
    nowhere = asked.image.digest or Digest.of(b"")
    return Wanted(Kind.RELEASE, asked.image, nowhere, asked.image.repository, asked.image.tag or "")


def _unique(wanted: Iterable[Wanted]) -> list[Wanted]:
    found: dict[tuple[str, str], Wanted] = {}
    clashes = []
    for image in wanted:
        other = found.setdefault((image.repository, image.tag), image)
        if other.digest != image.digest:
            clashes.append(f"{other.source} and {image.source} would both be {image.repository}:{image.tag}")
    if clashes:
        raise ConfigError(
            "two images would get the same tag at the destination",
            why="; ".join(clashes),
            fix="set targetTag or targetRepo of one of them",
        )
    return list(found.values())
