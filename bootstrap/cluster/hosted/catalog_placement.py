"""Operators' catalogs of a hosted cluster: on the management cluster, named by annotations, or in itself.

Source: openshift/hypershift at 3ee9615, below ``control-plane-operator``: ``…/v2/olm/catalogs``
(``checkCatalogImageOverides``: all four by digest, or none) and
``…/olm/catalogs.go`` (``GetCatalogImages``: an override has to be for ``registry.redhat.io/redhat``; index
images are looked for by the tag of the minor version).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bootstrap.cluster.catalogs import catalogs
from bootstrap.cluster.given import Given, MirroredRelease
from bootstrap.cluster.hosted.spec import HostedCluster
from bootstrap.errors import ConfigError
from bootstrap.mirror.layout import RELEASE_CONTENT

_PREFIX = "hypershift.openshift.io/"
_CONTROL_PLANE_OPERATOR = _PREFIX + "control-plane-operator-image"
_OVERRIDES = _PREFIX + "olm-catalogs-is-registry-overrides"
_SOURCE = "registry.redhat.io/redhat"
# The name of a catalog in a cluster, and that of its index image.
_CATALOGS = {
    "certified-operators": "certified-operator-index",
    "community-operators": "community-operator-index",
    "redhat-marketplace": "redhat-marketplace-index",
    "redhat-operators": "redhat-operator-index",
}


def annotations_of(spec: HostedCluster, given: Given, release: MirroredRelease) -> dict[str, str]:
    """Return the annotations of the HostedCluster.

    Raises:
        ConfigError: Catalogs are to run on the management cluster, and not all four are mirrored.
    """
    found = {}
    operator = _component(given, release, "hypershift")
    if operator is not None:
        found[_CONTROL_PLANE_OPERATOR] = f"{given.registries[0]}/{RELEASE_CONTENT}@{operator}"
    if spec.placement == "management":
        found.update(_management(spec, given, release))
    return found


def operator_hub() -> dict[str, Any]:
    """Return the hosted cluster's OperatorHub: without the sources that only the internet has."""
    return {"disableAllDefaultSources": True}


def guest_catalogs(spec: HostedCluster, given: Given) -> list[dict[str, Any]]:
    """Return the CatalogSources that are applied in the hosted cluster itself."""
    return catalogs(given.ledger, "CatalogSource", given.registries)[0] if spec.placement == "guest" else []


def notes(spec: HostedCluster, given: Given, release: MirroredRelease) -> list[str]:
    """Return what the user should know of it."""
    found = []
    if _component(given, release, "hypershift") is None:
        found.append(
            f"release {release.version} lists no component hypershift: the HostedCluster has no annotation "
            "control-plane-operator-image, and HyperShift looks for it by itself"
        )
    if spec.placement == "guest" and not guest_catalogs(spec, given):
        found.append("no catalog is mirrored: the hosted cluster gets none, and its default ones are off")
    return found


def _management(spec: HostedCluster, given: Given, release: MirroredRelease) -> dict[str, str]:
    minor = ".".join(release.version.split(".")[:2])
    images = {name: _index(given, index, minor) for name, index in _CATALOGS.items()}
    missing = [f"{_SOURCE}/{_CATALOGS[name]}:v{minor}" for name, image in images.items() if image is None]
    if missing:
        raise ConfigError(
            "catalogs.placement cannot be management",
            why=f"HyperShift wants all four catalogs of the release; not mirrored: {', '.join(missing)}",
            fix="mirror them, or set catalogs.placement to guest; it cannot be changed later",
        )
    known = {name: image for name, image in images.items() if image is not None}
    registry = given.registries[0]
    if spec.catalogs_by == "digest":
        return {
            f"{_PREFIX}{name}-catalog-image": f"{registry}/{image['destination']}@{image['digest']}"
            for name, image in known.items()
        }
    moved = {str(image["destination"]).rpartition("/")[0] for image in known.values()}
    wrong = [
        str(image["destination"])
        for name, image in known.items()
        if str(image["destination"]).rpartition("/")[2] != _CATALOGS[name] or image["tag"] != f"v{minor}"
    ]
    if len(moved) > 1 or wrong:
        raise ConfigError(
            "catalogs.by cannot be tag",
            why=f"HyperShift looks for them as at the source, and {', '.join(sorted(wrong or moved))} differ",
            fix="mirror them without targetCatalog and targetTag, or set catalogs.by to digest",
        )
    return {_OVERRIDES: f"{_SOURCE}={registry}/{moved.pop()}"}


def _index(given: Given, index: str, minor: str) -> Mapping[str, Any] | None:
    """Return the image of a catalog, the newest where it was mirrored again."""
    name = f"{_SOURCE}/{index}"
    found = [
        image
        for image in given.ledger["images"]
        if image["kind"] == "catalog"
        and str(image["source"]) in (f"{name}:v{minor}", f"{name}:v{minor}@{image['digest']}")
        and image["tag"] is not None
    ]
    return max(found, key=lambda image: (str(image["mirrored_at"]), str(image["digest"])), default=None)


def _component(given: Given, release: MirroredRelease, name: str) -> str | None:
    """Return the digest of a component of a release."""
    wanted = ("component", name, release.version, release.architecture)
    for image in given.ledger["images"]:
        if tuple(image[key] for key in ("kind", "component", "release", "architecture")) == wanted:
            return str(image["digest"])
    return None
