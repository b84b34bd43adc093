"""Whether the registries take what ``platforms`` of an image set leaves: an index that lacks some images.

Distribution 2 always refuses it (``registry/handlers/manifests.go`` hands every index to
``registry/storage/manifestlisthandler.go``, ``verifyManifest``). Distribution 3 is told by
``validation.manifests.indexes.platforms`` what to look for; the role ``registry_service`` sets ``none``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bootstrap.errors import BootstrapError, ConfigError
from bootstrap.oci.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bootstrap.imageset.model import ImageSet
    from bootstrap.site.model import Site

_DISTRIBUTION_2 = re.compile(r"v?2(\.\d+)*([.-].*)?")


def sparse_problems(site: Site, image_set: ImageSet) -> Iterator[BootstrapError]:
    """Yield the registries that would refuse the indexes of ``image_set``; asked before anything moves."""
    if not _takes_platforms(image_set):
        return
    refusing: dict[str, list[str]] = {}
    for host in site.registries:
        image = str(host.values.get("registry_service_image") or "")
        if _is_distribution_2(image):
            refusing.setdefault(image, []).append(host.name)
    for image, names in refusing.items():
        yield ConfigError(
            f"the image set takes single platforms out of indexes, which the registry of {', '.join(names)}"
            " refuses",
            why=f"it runs {image}: distribution 2 takes no index that names an image which it has not",
            fix="set registry_service_image to distribution 3 (docker.io/library/registry:3), or leave"
            " platforms out",
        )


def _takes_platforms(image_set: ImageSet) -> bool:
    helm = image_set.helm
    charts = [*helm.local, *(chart for each in helm.repositories for chart in each.charts)] if helm else []
    filters = [
        image_set.platform.platforms,
        *(image.platforms for image in image_set.additional_images),
        *(operator.platforms for operator in image_set.operators),
        *(chart.platforms for chart in charts),
    ]
    return any(filters)


def _is_distribution_2(image: str) -> bool:
    """Say whether a reference names distribution 2: by its tag, for a digest says nothing."""
    try:
        reference = Reference.parse(image)
    except ConfigError:
        return False  # told elsewhere
    is_registry = reference.repository.rpartition("/")[2] in ("registry", "distribution")
    return is_registry and _DISTRIBUTION_2.fullmatch(reference.tag or "") is not None
