"""Release images, as small as the format allows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from tests.fakes.images import FakeImage, make_image

QUAY = "quay.io/openshift-release-dev"


def image_references(version: str, components: Mapping[str, str]) -> bytes:
    """Components by name, each a reference by digest."""
    tags = [
        {"name": name, "from": {"kind": "DockerImage", "name": image}} for name, image in components.items()
    ]
    return json.dumps(
        {
            "kind": "ImageStream",
            "apiVersion": "image.openshift.io/v1",
            "metadata": {"name": version},
            "spec": {"tags": tags},
        }
    ).encode()


def metadata(version: str, previous: Sequence[str] = ()) -> bytes:
    """``previous`` are the versions that can be updated to it."""
    found = {"kind": "cincinnati-metadata-v0", "version": version, "previous": list(previous)}
    return json.dumps(found).encode()


def boot_images(images: Mapping[str, str]) -> bytes:
    """Disk images by architecture (``x86_64``); an empty text is an architecture without one."""
    stream = {
        "architectures": {
            name: {"images": {"kubevirt": {"digest-ref": image}} if image else {}}
            for name, image in images.items()
        }
    }
    return json.dumps({"kind": "ConfigMap", "data": {"stream": json.dumps(stream)}}).encode()


def release_image(
    version: str,
    components: Mapping[str, str],
    *,
    kubevirt: Mapping[str, str] | None = None,
    architecture: str = "amd64",
    base: Sequence[Mapping[str, bytes]] = ({"usr/bin/cluster-version-operator": b"x" * 1000},),
    files: Mapping[str, bytes] | None = None,
    docker: bool = True,
) -> FakeImage:
    """The layers ``base`` and one with the release's files; ``files`` overrules them."""
    last = {
        "release-manifests/image-references": image_references(version, components),
        "release-manifests/release-metadata": metadata(version),
        **(
            {"release-manifests/0000_50_installer_coreos-bootimages.yaml": boot_images(kubevirt)}
            if kubevirt
            else {}
        ),
        **(files or {}),
    }
    return make_image(
        ("release", version, architecture), layers=[*base, last], docker=docker, architecture=architecture
    )
