"""A release that names its components where they really are, as oc needs it, and an index beside it."""

from __future__ import annotations

from tests.fakes.images import make_image, make_index, push
from tests.release.releases import release_image


def publish(site):
    """Publish release 4.20.7, its ``.sig`` and an index at a site; gives the release image."""
    location, store = site.upstream.location, site.content.store
    listed = {}
    for name in ("etcd", "installer"):
        image = make_image(("plain", name), layers=[{name: name.encode() * 300}], docker=True)
        push(store, "ocp/art", image)
        listed[name] = f"{location}/ocp/art@{image.digest}"
    release = release_image("4.20.7", listed)
    push(store, "ocp/release", release, tag="4.20.7-x86_64")
    push(store, "ocp/release", make_image("sig"), tag=f"sha256-{release.digest.hex}.sig")
    push(store, "team/app", make_index([make_image("amd64"), make_image("arm64")]), tag="v1")
    site.imageset(
        f"mirror: {{platform: {{release: '{location}/ocp/release:4.20.7-x86_64'}}, "
        f"additionalImages: [{{name: '{location}/team/app:v1'}}]}}"
    )
    return release
