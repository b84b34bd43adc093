"""What an install-config has to say for a cluster to be installed from the mirror."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509

from bootstrap.cluster.given import Given, MirroredRelease
from bootstrap.cluster.mirror_forms import image_content_sources, image_digest_sources
from bootstrap.cluster.trust import certificates_of
from bootstrap.errors import ConfigError, HostError
from bootstrap.release.architecture import DEFAULT
from bootstrap.release.version import Version

_FIRST_WITH_DIGEST_SOURCES = (4, 14)


@dataclass(frozen=True)
class Wanted:
    """What belongs into the file, whoever's it is.

    Attributes:
        certificates: To trust.
        section: ``imageDigestSources`` or ``imageContentSources``: the one that the release knows.
        sources: Entries of that section, by source.
        auths: Entries of the pull secret, by location.
    """

    certificates: tuple[x509.Certificate, ...]
    section: str
    sources: tuple[Mapping[str, Any], ...]
    auths: Mapping[str, Mapping[str, Any]] = field(repr=False)


def wanted_of(given: Given, version: str) -> Wanted:
    """Return what an install-config for release ``version`` needs of the site.

    Raises:
        ConfigError: What the site's state says to trust is not PEM.
        HostError: The ledger is from a newer agent.
    """
    found = (each for location in given.trust for each in certificates_of(location, given.trust[location]))
    section = section_for(version)
    form = image_digest_sources if section == "imageDigestSources" else image_content_sources
    return Wanted(tuple(dict.fromkeys(found)), section, tuple(form(given.mirrors)), given.auths)


def section_for(version: str) -> str:
    """Return the key under which release ``version`` takes mirrors.

    Source: openshift/installer, ``pkg/types/installconfig.go``: the other is deprecated, or not known yet.
    """
    found = Version.parse(version)
    is_new = (found.major, found.minor) >= _FIRST_WITH_DIGEST_SOURCES
    return "imageDigestSources" if is_new else "imageContentSources"


def release_of(given: Given, version: str | None, architectures: Sequence[str]) -> MirroredRelease:
    """Return the release to install: ``version``, or the newest for these architectures.

    Args:
        given: What is mirrored.
        version: None is the newest.
        architectures: Of the cluster's machines, one or more; several take a release for ``multi``.

    Raises:
        ConfigError: It is not mirrored.
        HostError: No release is mirrored at all.
    """
    if not given.releases:
        raise HostError(
            "cannot tell which release is to be installed",
            why="no release is mirrored",
            fix="add one under platform.channels in imageset.yaml, and run `bootstrap-registry mirror`",
        )
    kinds = [*(architectures if len(set(architectures)) == 1 else ()), "multi"]
    fitting = [
        each for each in given.releases if each.architecture in kinds and version in (None, each.version)
    ]
    if fitting:
        same = (each for each in fitting if each.version == fitting[0].version)
        return min(same, key=lambda each: kinds.index(each.architecture))
    machines = " and ".join(dict.fromkeys(architectures))
    known = ", ".join(f"{each.version} ({each.architecture})" for each in given.releases)
    if version is None:
        raise ConfigError(
            f"no release for {machines} is mirrored",
            why=f"these are: {known}",
            fix=f"mirror one: see platform in imageset.yaml, with the architecture {kinds[0]}; or correct "
            "architecture in the file",
        )
    raise ConfigError(
        f"release {version} for {machines} is not mirrored",
        why=f"these are: {known}",
        fix="give --release one of them, or mirror it first: see platform in imageset.yaml",
    )


def architectures_of(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the architectures of an install-config's machines, in Go's words, each once."""
    compute = data.get("compute")
    pools = [data.get("controlPlane"), *(compute if isinstance(compute, list) else ())]
    found = [pool.get("architecture") or DEFAULT for pool in pools if isinstance(pool, Mapping)]
    return tuple(dict.fromkeys(str(each) for each in found)) or (DEFAULT,)
