"""From the section ``platform`` of an image set to images: releases, all that they list, their signatures."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Callable, Iterable

from bootstrap.errors import BootstrapError, ConfigError, Problems, RegistryError, VerificationError
from bootstrap.mirror import layout
from bootstrap.mirror.collected import Collected, Release
from bootstrap.mirror.graph import wanted as graph_wanted
from bootstrap.mirror.image import Failure, Kind, Wanted
from bootstrap.oci.digest import Digest
from bootstrap.release.architecture import SUFFIXES, release_tag
from bootstrap.release.payload import Payload, read_payload
from bootstrap.release.resolve import resolve
from bootstrap.release.version import Version

if TYPE_CHECKING:
    from bootstrap.imageset.model import Platform
    from bootstrap.mirror.collected import Sources
    from bootstrap.oci.reference import Reference
    from bootstrap.registry.retry import RetryPolicy
    from bootstrap.release.graph import GraphClient
    from bootstrap.release.signature import Signature, Verifier
    from bootstrap.store.interface import Source

# From 4.21 on the cluster's own image policy wants a release's Sigstore signature: OCPBUGS-70297.
_SIGSTORE_SINCE = Version(4, 21, 0)


class ReleaseCollector:
    """Resolves the releases of image sets.

    Args:
        verifier: None to take releases without looking at their signature.
        graph_image: Makes the graph-data image.
        report: Is told in a few words what is being resolved.
        policy: How often to begin a payload again that breaks.
    """

    def __init__(
        self,
        sources: Sources,
        graph: GraphClient,
        verifier: Verifier | None,
        graph_image: Callable[[], Wanted],
        report: Callable[[str], None],
        policy: RetryPolicy,
    ) -> None:
        self._policy = policy
        self._sources, self._graph, self._verifier = sources, graph, verifier
        self._graph_image, self._report = graph_image, report

    def collect(self, platform: Platform, found: Collected) -> None:
        """Add to ``found`` what ``platform`` asks for; a release that fails is among its failures.

        Raises:
            BootstrapError: The update graph cannot be used; nothing can be said then.
        """
        for release in self._asked(platform, found):
            self._report(f"release {release.name}")
            try:
                self._release(platform, release, found)
            except ConfigError:
                raise
            except BootstrapError as error:
                found.failures.append(Failure(release.placeholder(), error))
        if platform.wants_graph:
            self._report("graph-data image")
            try:
                found.wanted.append(self._graph_image())
            except BootstrapError as error:
                found.failures.append(Failure(graph_wanted(Digest.of(b"")), error))

    def _asked(self, platform: Platform, found: Collected) -> Iterable[_Asked]:
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

    def _release(self, platform: Platform, asked: _Asked, found: Collected) -> None:
        store, repository = self._sources.store_for(asked.image.name)
        digest = asked.image.digest or store.resolve(repository, str(asked.image.tag)).digest
        signature = self._verifier.verify(digest, name=asked.name) if self._verifier else None
        # A stream that breaks is for its reader to begin again; single requests have been repeated by then.
        payload = self._policy.run(lambda: read_payload(store, repository, digest, name=asked.name))
        _check_release(asked, payload)
        release = Release(
            str(payload.version),
            asked.architecture or payload.architecture,
            digest,
            asked.channels,
            signature.content if signature else None,
            signature.fingerprint if signature else None,
        )
        tag = _tag(asked, payload, signature, release.architecture)
        place = layout.RELEASE_IMAGES, tag
        images = [_wanted(Kind.RELEASE, release, asked.image, digest, place)]
        images += _components(platform, payload, tag, release)
        # oc-mirror v2, local_stored_collector.go, buildReleasePlatformFilters: of each that is an index.
        platforms = tuple(map(str, platform.platforms))
        found.wanted += [replace(image, platforms=platforms) for image in images]
        self._sigstore(store, repository, asked, payload, release, found)
        found.releases.append(release)

    def _sigstore(
        self,
        store: Source,
        repository: str,
        asked: _Asked,
        payload: Payload,
        release: Release,
        found: Collected,
    ) -> None:
        """Add the Sigstore signatures of the release image and, if it is an index, of all it lists.

        Source: oc-mirror v2, ``internal/pkg/signature/cosign_tag_based_signatures.go``, ``multiArchSigTags``.
        """
        lacking = []
        for digest in (release.digest, *payload.instances):
            signed = layout.signature_tag(digest)
            source = asked.image.with_tag(signed)
            there = store.manifest_exists(repository, signed)
            if there is not None:
                place = (layout.RELEASE_IMAGES, signed)
                found.wanted.append(_wanted(Kind.SIGNATURE, release, source, there.digest, place))
            else:
                lacking.append(source)
        if not lacking or payload.version < _SIGSTORE_SINCE:
            return
        error = VerificationError(
            f"release {release.version} ({release.architecture}) has no Sigstore signature",
            why=f"there is no {lacking[0]}, and clusters from {_SIGSTORE_SINCE} on refuse a release image"
            " without one",
            fix="mirror it from where it is signed, or set mirror_content_signature_policy to skip and change"
            " the clusters' ClusterImagePolicy openshift",
        )
        # Where only images that an index lists have none: the policy may be content with the index's own.
        is_signed = lacking[0].tag != layout.signature_tag(release.digest)
        if is_signed or self._verifier is None:
            found.warnings.append(f"{error.what}: {error.why}")
        else:
            wanted = _wanted(
                Kind.SIGNATURE,
                release,
                lacking[0],
                release.digest,
                (layout.RELEASE_IMAGES, str(lacking[0].tag)),
            )
            found.failures.append(Failure(wanted, error))


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

    def placeholder(self) -> Wanted:
        """Stand for the image in messages, when it could not be looked at."""
        nowhere = self.image.digest or Digest.of(b"")
        return Wanted(Kind.RELEASE, self.image, nowhere, self.image.repository, self.image.tag or "")


def _wanted(
    kind: Kind, release: Release, source: Reference, digest: Digest, place: tuple[str, str]
) -> Wanted:
    return Wanted(kind, source, digest, *place, release.version, release.architecture)


def _components(platform: Platform, payload: Payload, tag: str, release: Release) -> list[Wanted]:
    named = [(component.name, component.image) for component in payload.components]
    if platform.wants_kubevirt:
        names = layout.kubevirt_names(platform)
        disks = [(name, payload.kubevirt[key]) for key, name in names.items() if key in payload.kubevirt]
        if not disks:
            raise RegistryError(
                f"release {release.version} has no disk image for OpenShift Virtualization",
                why=f"its payload names none for {', '.join(names)}",
                fix="set kubeVirtContainer to false, or choose another release or architecture",
            )
        named += disks
    wanted = []
    for name, image in named:
        assert image.digest is not None, "the payload was read so"
        place = layout.RELEASE_CONTENT, layout.component_tag(tag, name)
        wanted.append(
            Wanted(Kind.COMPONENT, image, image.digest, *place, release.version, release.architecture, name)
        )
    return wanted


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
