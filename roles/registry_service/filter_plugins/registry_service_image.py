"""What the role must know about the registry's image before it travels: its name and its digest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bootstrap.errors import BootstrapError
from bootstrap.oci.reference import Reference
from bootstrap.store.layout import archive_digest


def image_pinned(image: str, archive: str) -> str:
    """Return ``image`` pinned to what ``archive`` holds: ``registry/repository@digest``.

    Args:
        image: The reference whose registry and repository name the image on the host.
        archive: Path of an OCI archive on the controller that holds one image.

    Raises:
        BootstrapError: The archive cannot be read, or the reference is none.
    """
    return f"{Reference.parse(image).name}@{archive_digest(Path(archive).expanduser())}"


def image_tagged(image: str) -> str:
    """Return ``image`` without its digest, with a tag: the name that ``podman tag`` can give."""
    reference = Reference.parse(image)
    return f"{reference.name}:{reference.tag or 'pinned'}"


def image_problems(image: str, archive: str) -> list[str]:
    """Return why the archive cannot be what the registry runs; [] when it can.

    An image that names a digest must be what the archive holds: a tag may have moved since, a digest cannot.
    """
    path = Path(archive).expanduser()
    if not path.exists():
        what = f"The registry's image is not at {path} on the controller."
        fix = f"skopeo copy docker://{image} oci-archive:registry.tar, then carry it there"
        return [f"{what} `bootstrap-registry up` fetches it; by hand, where the internet is: {fix}."]
    try:
        reference, digest = Reference.parse(image), archive_digest(path)
    except BootstrapError as error:
        return [f"{error.what}: {error.why}; {error.fix}."]
    if reference.digest is not None and reference.digest != digest:
        what = f"registry_service_image names {reference.digest}, and {path} holds {digest};"
        return [f"{what} remove the archive so that it is fetched again, or correct the setting."]
    return []


class FilterModule:
    """The image's name and digest as filters."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return the filters by name."""
        return {
            "registry_service_image_pinned": image_pinned,
            "registry_service_image_problems": image_problems,
            "registry_service_image_tagged": image_tagged,
        }
