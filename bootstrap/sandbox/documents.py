"""The documents of synthetic releases, as text and data: what a release image holds, and the update graph.

Source: oc, ``pkg/cli/admin/release`` (``image-references``, ``release-metadata``); openshift/installer,
``data/data/coreos`` (the stream of boot images); openshift/cincinnati, docs/design/cincinnati.md (the graph).
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import yaml

from bootstrap.sandbox.images import CREATED, noise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Where the boot images of releases are published.
BOOT_IMAGES = "https://rhcos.mirror.openshift.com/art/storage"


def release_files(
    version: str,
    *,
    previous: Sequence[str],
    architecture: str,
    components: Mapping[str, str],
    disks: Mapping[str, str],
) -> dict[str, bytes]:
    """Return the files of a release image's last layer, by path.

    Args:
        version: Of the release.
        previous: The versions that can be updated to it.
        architecture: In the update graph's words.
        components: References by digest, by name, in the order of the payload.
        disks: References of the KubeVirt disk images, by the kernel's name of the architecture (``x86_64``).
    """
    manifests = {
        f"release-manifests/0000_{30 + place}_{name}.yaml": manifest(name)
        for place, name in enumerate(components)
    }
    return {
        "release-manifests/image-references": _text(_image_references(version, components)),
        "release-manifests/release-metadata": _text(_metadata(version, previous, architecture)),
        "release-manifests/0000_50_installer_coreos-bootimages.yaml": _boot_images(version, disks),
        **manifests,
    }


def manifest(name: str) -> bytes:
    """Return a Kubernetes manifest such as a component brings along."""
    described = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"openshift-{name}"}}
    return yaml.safe_dump(described).encode()


def _image_references(version: str, components: Mapping[str, str]) -> dict[str, Any]:
    tags = [
        {
            "name": name,
            "annotations": {"io.openshift.build.source-location": f"https://github.com/openshift/{name}"},
            "from": {"kind": "DockerImage", "name": reference},
        }
        for name, reference in components.items()
    ]
    return {
        "kind": "ImageStream",
        "apiVersion": "image.openshift.io/v1",
        "metadata": {"name": version, "creationTimestamp": CREATED},
        "spec": {"lookupPolicy": {"local": False}, "tags": tags},
    }


def _metadata(version: str, previous: Sequence[str], architecture: str) -> dict[str, Any]:
    return {
        "kind": "cincinnati-metadata-v0",
        "version": version,
        "previous": list(previous),
        "metadata": {
            "url": f"https://access.redhat.com/errata/SANDBOX-{version}",
            **({"release.openshift.io/architecture": "multi"} if architecture == "multi" else {}),
        },
    }


def boot_images(version: str, architecture: str) -> dict[str, bytes]:
    """Return the boot images of a release, small, by their paths below ``BOOT_IMAGES``.

    Args:
        version: Of the release.
        architecture: The kernel's name (``x86_64``).
    """
    build = _rhcos(version)
    folder = f"prod/streams/sandbox/builds/{build}/{architecture}"
    names = (
        *(f"live-iso.{architecture}.iso", f"live-kernel.{architecture}"),
        *(f"live-initramfs.{architecture}.img", f"live-rootfs.{architecture}.img"),
    )
    return {
        f"{folder}/rhcos-{build}-{name}": noise(f"{build}/{architecture}/{name}", 192 * 1024)
        for name in names
    }


def _rhcos(version: str) -> str:
    """Return the version of RHCOS that a release has: a build of its own for each."""
    numbers = (int(part) for part in version.partition("-")[0].split("."))
    return "9.6.2025" + "".join(f"{number:02d}" for number in numbers) + "-0"


def _artifacts(version: str, architecture: str) -> dict[str, Any]:
    """Return the files of the platform ``metal``, as a stream describes them."""
    files = [
        {"location": f"{BOOT_IMAGES}/{path}", "sha256": hashlib.sha256(content).hexdigest()}
        for path, content in boot_images(version, architecture).items()
    ]
    iso, kernel, initramfs, rootfs = files
    formats = {
        "iso": {"disk": iso},
        "pxe": {"kernel": kernel, "initramfs": initramfs, "rootfs": rootfs},
    }
    return {"metal": {"release": _rhcos(version), "formats": formats}}


def _boot_images(version: str, disks: Mapping[str, str]) -> bytes:
    """Return the ConfigMap whose ``stream`` names the RHCOS artefacts."""
    architectures = {
        name: {
            "artifacts": _artifacts(version, name),
            "images": {"kubevirt": {"release": version, "digest-ref": reference}},
        }
        for name, reference in disks.items()
    }
    stream = {"stream": "rhcos-sandbox", "architectures": architectures}
    described = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "coreos-bootimages", "namespace": "openshift-machine-config-operator"},
        "data": {"releaseVersion": version, "stream": json.dumps(stream, indent=2)},
    }
    return yaml.safe_dump(described).encode()


def _text(value: object) -> bytes:
    return json.dumps(value, indent=2).encode()


def update_graph(payloads: Mapping[str, str], channels: Sequence[str]) -> dict[str, Any]:
    """Return the update graph of one architecture.

    Every release can be updated to every later one; from the first to the last of three or more that is a
    conditional update, with a risk to be accepted.

    Args:
        payloads: Release images by digest, by version, ascending.
        channels: All of which have all of the releases.
    """
    nodes = [
        {
            "version": version,
            "payload": payload,
            "metadata": {
                "io.openshift.upgrades.graph.release.channels": ",".join(channels),
                "io.openshift.upgrades.graph.release.manifestref": payload.partition("@")[2],
                "url": f"https://access.redhat.com/errata/SANDBOX-{version}",
            },
        }
        for version, payload in payloads.items()
    ]
    last = len(nodes) - 1
    pairs = [(start, end) for start in range(len(nodes)) for end in range(start + 1, len(nodes))]
    is_risky = last >= 2
    versions = list(payloads)
    risk = {
        "url": "https://example.com/risk",
        "name": "SandboxRisk",
        "message": "Updating over several releases at once is a risk to show.",
        "matchingRules": [{"type": "Always"}],
    }
    jump = [{"edges": [{"from": versions[0], "to": versions[last]}], "risks": [risk]}] if is_risky else []
    return {
        "version": 1,
        "nodes": nodes,
        "edges": [[start, end] for start, end in pairs if not (is_risky and (start, end) == (0, last))],
        "conditionalEdges": jump,
    }
