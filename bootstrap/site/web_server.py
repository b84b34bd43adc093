"""The web server's image: whether there is one to run."""

from __future__ import annotations

from pathlib import Path

from bootstrap.errors import BootstrapError
from bootstrap.oci.reference import Reference
from bootstrap.store.layout import archive_digest


def image_problems(image: str, archive: str) -> list[str]:
    """Return why the web server has no image to run; [] when it has one.

    An image that names a digest must be what the archive holds: a tag may have moved since, a digest cannot.

    Args:
        image: ``web_server_image``.
        archive: ``web_server_image_archive``, on the controller.
    """
    path = Path(archive).expanduser()
    if not image:
        what = "web_server_image is not set, and no image of nginx is everybody's"
        fix = "set it to one, best by digest: registry.access.redhat.com/ubi9/nginx-124@sha256:…"
        return [f"{what}; {fix}."]
    if not path.exists():
        what = f"The web server's image is not at {path} on the controller."
        fix = f"skopeo copy docker://{image} oci-archive:web-server.tar, then carry it there"
        return [f"{what} `bootstrap-registry up` fetches it; by hand, where the internet is: {fix}."]
    try:
        reference, digest = Reference.parse(image), archive_digest(path)
    except BootstrapError as error:
        return [f"{error.what}: {error.why}; {error.fix}."]
    if reference.digest is not None and reference.digest != digest:
        what = f"web_server_image names {reference.digest}, and {path} holds {digest};"
        return [f"{what} remove the archive so that it is fetched again, or correct the setting."]
    return []
