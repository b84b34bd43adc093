"""What a site gives its clusters, as plain values: everything that is rendered for them is made from this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bootstrap.mirror.layout import RELEASE_IMAGES
from bootstrap.mirror.mirror_sets import Mirror, mirrors_of
from bootstrap.release.version import Version


@dataclass(frozen=True)
class MirroredRelease:
    """A release that is in the mirror.

    Attributes:
        version: As ``4.20.9``.
        architecture: ``amd64``, ``arm64``, ``ppc64le``, ``s390x`` or ``multi``.
        digest: Of its release image, the same at the source and in each registry.
        source: Pull spec by digest that clusters use; mirror sets lead it to the mirror.
    """

    version: str
    architecture: str
    digest: str
    source: str

    def at(self, registry: str) -> str:
        """Return the pull spec by digest at one registry (``host:port``) of the site."""
        return f"{registry}/{RELEASE_IMAGES}@{self.digest}"


@dataclass(frozen=True)
class Given:
    """What the ledger and the site know.

    Attributes:
        site: The site's name.
        registries: Locations (``host:port``) of the registries that were set up, the preferred one first.
        ledger: As the agent tells it.
        trust: What clients of each registry have to trust, PEM, by location.
        auths: Entries of an ``auth.json`` by location, one for each registry.
    """

    site: str
    registries: tuple[str, ...]
    ledger: Mapping[str, Any]
    trust: Mapping[str, str]
    auths: Mapping[str, Mapping[str, Any]] = field(repr=False)

    @property
    def mirrors(self) -> tuple[Mirror, ...]:
        """Which repository stands in for which source; every form of mirror set is made from these.

        Raises:
            HostError: The ledger is from a newer agent.
        """
        return mirrors_of(self.ledger, self.registries)

    @property
    def releases(self) -> tuple[MirroredRelease, ...]:
        """The mirrored releases by version, the newest first, then by architecture."""
        sources = {
            str(image["digest"]): str(image["source"]).partition("@")[0]
            for image in self.ledger["images"]
            if image["kind"] == "release"
        }
        found = [
            MirroredRelease(
                str(release["version"]),
                str(release["architecture"]),
                str(release["digest"]),
                f"{_repository(sources[str(release['digest'])])}@{release['digest']}",
            )
            for release in self.ledger["releases"]
            if str(release["digest"]) in sources
        ]
        found.sort(key=lambda each: each.architecture)
        return tuple(sorted(found, key=lambda each: Version.parse(each.version), reverse=True))


def _repository(name: str) -> str:
    """Return ``name`` without its tag."""
    head, slash, last = name.rpartition("/")
    return head + slash + last.partition(":")[0]
