"""Synthetic OpenShift releases in the real format: payloads, release images, signature images, update graph.

What a release payload has to have: oc, ``pkg/cli/admin/release``; the update graph: openshift/cincinnati,
docs/design/cincinnati.md; the ``.sig`` image: sigstore/cosign, specs/SIGNATURE_SPEC.md.
"""

from __future__ import annotations

import base64
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from bootstrap.oci.descriptor import Descriptor
from bootstrap.oci.digest import Digest
from bootstrap.oci.manifest import OCI_CONFIG, OCI_MANIFEST
from bootstrap.release.architecture import SUFFIXES, release_tag
from bootstrap.sandbox import documents, images
from bootstrap.sandbox.images import Image, Layer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bootstrap.store.interface import Destination

REGISTRY = "quay.io"
RELEASES = "openshift-release-dev/ocp-release"  # repository of release images
COMPONENTS = "openshift-release-dev/ocp-v4.0-art-dev"  # repository of everything they list
OPERATOR = "cluster-version-operator"

_NAMES = (
    OPERATOR, "etcd", "hyperkube", "machine-config-operator", "ovn-kubernetes", "haproxy-router", "coredns",
    "console", "oauth-server", "prometheus", "cli", "must-gather", "installer", "docker-registry", "pod",
    "cluster-network-operator", "cluster-ingress-operator", "kube-rbac-proxy", "oauth-proxy", "tools",
)  # fmt: skip
_COSIGN_LAYER = "application/vnd.dev.cosign.simplesigning.v1+json"
_COSIGN_SIGNATURE = "dev.cosignproject.cosign/signature"
_MULTI = ("amd64", "arm64")  # what the architecture "multi" stands for here
_AT_ONCE = 4  # components pushed in parallel


@dataclass(frozen=True, slots=True)
class ReleaseSpec:
    """What to generate; equal specs give equal digests.

    Args:
        versions: Ascending. Half of the components are the same in two releases that follow each other.
        architectures: Each has its own releases; ``multi`` is one for amd64 and arm64 together.
        channels: The update graph has every release in each of them.
        components: How many images a payload lists, the cluster-version-operator included, >= 1.
        component_size: Bytes of a component's own layer, on average.
        base_sizes: Bytes of the layers that all components of an architecture share.
        seed: Another seed gives other bytes.
    """

    versions: tuple[str, ...] = ("4.20.8", "4.20.9")
    architectures: tuple[str, ...] = ("amd64",)
    channels: tuple[str, ...] = ("candidate-4.20", "fast-4.20", "stable-4.20")
    components: int = 12
    component_size: int = 3 * 1024 * 1024
    base_sizes: tuple[int, ...] = (8 * 1024 * 1024, 4 * 1024 * 1024)
    seed: str = "sandbox"


@dataclass(frozen=True, slots=True)
class Release:
    """One release that was published.

    Attributes:
        digest: Of the release image.
        components: The digests of what it lists, by name.
    """

    version: str
    architecture: str
    digest: Digest
    components: Mapping[str, Digest]

    @property
    def reference(self) -> str:
        """Its name with tag, as a signature has it."""
        return f"{REGISTRY}/{RELEASES}:{release_tag(self.version, self.architecture)}"


@dataclass(frozen=True, slots=True)
class Published:
    """All releases of a spec, in the order of its architectures and versions, and their update graphs.

    Attributes:
        graphs: What an update service answers, by ``<channel>/<architecture>``.
    """

    releases: tuple[Release, ...]
    graphs: Mapping[str, Mapping[str, Any]]


def publish(
    store: Destination, spec: ReleaseSpec, progress: Callable[[str], None] = lambda _: None
) -> Published:
    """Make the releases of ``spec`` in ``store``, under the repositories they have on quay.io."""
    releases = []
    for architecture in spec.architectures:
        for number, version in enumerate(spec.versions):
            progress(f"publishing release {release_tag(version, architecture)}")
            releases += [_publish_one(store, spec, number, architecture)]
    graphs = {
        f"{channel}/{architecture}": documents.update_graph(
            {
                release.version: f"{REGISTRY}/{RELEASES}@{release.digest}"
                for release in releases
                if release.architecture == architecture
            },
            spec.channels,
        )
        for channel in spec.channels
        for architecture in spec.architectures
    }
    return Published(tuple(releases), graphs)


def _publish_one(store: Destination, spec: ReleaseSpec, number: int, architecture: str) -> Release:
    platforms = _MULTI if architecture == "multi" else (architecture,)
    bases = {platform: _base_layers(spec, platform) for platform in platforms}
    names = component_names(spec.components)

    def push(name: str) -> Digest:
        made = [_component(spec, number, name, platform, bases[platform]) for platform in platforms]
        return _push(store, COMPONENTS, made, architecture)

    for platform in platforms:  # first, so that components in parallel do not each send them
        for layer in bases[platform]:
            images.push_blob(store, COMPONENTS, layer.content)
    kubevirt = {platform: _kubevirt(spec, number, platform) for platform in platforms}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        digests = dict(zip(names, pool.map(push, names), strict=True))
    disks = {p: images.push_image(store, COMPONENTS, disk) for p, disk in kubevirt.items()}
    version = spec.versions[number]
    files = documents.release_files(
        version,
        previous=spec.versions[:number],
        architecture=architecture,
        components={name: f"{REGISTRY}/{COMPONENTS}@{digest}" for name, digest in digests.items()},
        disks={SUFFIXES[platform]: f"{REGISTRY}/{COMPONENTS}@{disk}" for platform, disk in disks.items()},
    )
    labels = {
        "io.openshift.release": version,
        "io.openshift.release.base-image-digest": str(digests[OPERATOR]),
    }
    last = images.make_layer(files)
    made = [
        images.make_image(
            [*_component(spec, number, OPERATOR, platform, bases[platform]).layers, last],
            architecture=platform,
            labels=labels,
        )
        for platform in platforms
    ]
    digest = _push(store, RELEASES, made, architecture, tag=release_tag(version, architecture))
    release = Release(version, architecture, digest, digests)
    _push_sigstore(store, spec, release)
    return release


def kernel_names(architectures: Sequence[str]) -> tuple[str, ...]:
    """Return the kernel's names of what these releases run on, sorted, each once."""
    platforms = {p for each in architectures for p in (_MULTI if each == "multi" else (each,))}
    return tuple(sorted(SUFFIXES[platform] for platform in platforms))


def component_names(count: int) -> tuple[str, ...]:
    """Return the names of ``count`` components: real ones first, then ``component-20`` and on."""
    return (*_NAMES, *(f"component-{number}" for number in range(len(_NAMES), count)))[:count]


def _push(
    store: Destination, repository: str, made: Sequence[Image], architecture: str, *, tag: str | None = None
) -> Digest:
    """Store one image, or for ``multi`` an index of them."""
    if architecture == "multi":
        return images.push_index(store, repository, made, tag=tag)
    return images.push_image(store, repository, made[0], tag=tag)


def _base_layers(spec: ReleaseSpec, platform: str) -> tuple[Layer, ...]:
    return tuple(
        images.make_layer({f"usr/lib/base-{n}": images.noise(f"{spec.seed}/{platform}/base/{n}", size)})
        for n, size in enumerate(spec.base_sizes)
    )


def _revision(spec: ReleaseSpec, number: int, name: str) -> str:
    """Return the last version up to ``number`` in which ``name`` changed: every second one."""
    position = component_names(spec.components).index(name)
    return spec.versions[number - (number + position) % 2 if number else 0]


def _component(spec: ReleaseSpec, number: int, name: str, platform: str, base: Sequence[Layer]) -> Image:
    seed = f"{spec.seed}/{platform}/{name}/{_revision(spec, number, name)}"
    portion = int(hashlib.sha256(f"{spec.seed}/{name}".encode()).hexdigest()[:4], 16) / 0xFFFF
    size = int(spec.component_size * (0.5 + portion))
    files = {f"usr/bin/{name}": images.noise(seed, size)}
    labels = {
        "io.openshift.build.commit.id": hashlib.sha1(seed.encode(), usedforsecurity=False).hexdigest(),
        "io.openshift.build.source-location": f"https://github.com/openshift/{name}",
    }
    if name == OPERATOR:
        labels["io.openshift.release.operator"] = "true"
        files["manifests/0000_00_cluster-version-operator.yaml"] = documents.manifest(name)
    own = images.make_layer(files, executable=[f"usr/bin/{name}"])
    return images.make_image([*base, own], architecture=platform, labels=labels)


def _kubevirt(spec: ReleaseSpec, number: int, platform: str) -> Image:
    seed = f"{spec.seed}/{platform}/kubevirt/{spec.versions[number]}"
    return images.make_image(
        [images.make_layer({"disk/rhcos.qcow2": images.noise(seed, spec.component_size // 4)})],
        architecture=platform,
    )


def _push_sigstore(store: Destination, spec: ReleaseSpec, release: Release) -> None:
    """Store the signature image ``sha256-<hex>.sig`` beside the release image."""
    signed = {
        "critical": {
            "identity": {"docker-reference": release.reference},
            "image": {"docker-manifest-digest": str(release.digest)},
            "type": "cosign container image signature",
        },
        "optional": None,
    }
    content = json.dumps(signed, separators=(",", ":")).encode()
    signature = base64.b64encode(sigstore_key(spec.seed).sign(content, _algorithm())).decode()
    config = json.dumps(
        {
            "architecture": "",
            "os": "",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [str(Digest.of(content))]},
        }
    ).encode()
    for blob in (config, content):
        images.push_blob(store, RELEASES, blob)
    layer = {**Descriptor.of(content, _COSIGN_LAYER).to_json(), "annotations": {_COSIGN_SIGNATURE: signature}}
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": Descriptor.of(config, OCI_CONFIG).to_json(),
        "layers": [layer],
    }
    raw = json.dumps(manifest).encode()
    store.push_manifest(RELEASES, raw, OCI_MANIFEST, tag=f"sha256-{release.digest.hex}.sig")


def sigstore_key(seed: str) -> ec.EllipticCurvePrivateKey:
    """Return the key that signs a spec's ``.sig`` images; it follows from the seed, as everything does."""
    number = int(hashlib.sha256(f"{seed}/sigstore".encode()).hexdigest(), 16)
    return ec.derive_private_key(number >> 1, ec.SECP256R1())  # below the curve's order


def _algorithm() -> ec.ECDSA:
    return ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
