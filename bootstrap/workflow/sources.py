"""Where content comes from: the registries that an image set names."""

from __future__ import annotations

from bootstrap.imageset.model import ImageSet

# Where OpenShift's release payloads live; channels of the update graph point there.
RELEASE_SOURCES = (
    "quay.io/openshift-release-dev/ocp-release",
    "quay.io/openshift-release-dev/ocp-v4.0-art-dev",
)


def sources_of(image_set: ImageSet) -> tuple[str, ...]:
    """Return ``registry/repository`` of everything that ``image_set`` takes, sorted, each once."""
    found = {image.source.name for image in image_set.additional_images}
    if image_set.platform.channels:
        found |= set(RELEASE_SOURCES)
    if image_set.platform.release is not None:
        found.add(image_set.platform.release.name)
    found |= {operator.source.name for operator in image_set.operators}
    return tuple(sorted(found))
