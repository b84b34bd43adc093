"""Images looked up in the mirror as nodes will ask for them, and what they weigh: on the wire, and on a disk.

A layer's size on the disk stands at its end: RFC 1952, 2.3.1, "ISIZE", modulo 4 GiB. A node keeps a layer
once for each chain of layers below it (OCI image-spec v1.1, config.md, "ChainID").
"""

from __future__ import annotations

import struct
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bootstrap.cluster.given import Given
from bootstrap.cluster.installer.images import MirroredImages, image_of
from bootstrap.errors import BootstrapError, ConfigError, HostError, NotFound
from bootstrap.mirror.pool import each
from bootstrap.oci.descriptor import Descriptor
from bootstrap.oci.digest import Digest
from bootstrap.oci.manifest import AnyManifest, Manifest, parse_manifest
from bootstrap.oci.reference import Reference
from bootstrap.store.remote import RemoteStore

_WORKERS = 8
_ISIZE = 4  # bytes
_WRAPS = 2**32
_MOST, _OFTEN_MOST = 1100, 20  # times as large: deflate has 1032 at most; programs and libraries have 2 to 4
_USUAL = 2.5  # times as large as its gzip: a layer whose registry serves no parts


@dataclass(frozen=True)
class Found:
    """An image in the mirror, for one architecture; ``manifest`` is that of the image that nodes run."""

    pull_spec: str
    store: RemoteStore
    repository: str
    manifest: Manifest


@dataclass(frozen=True)
class Weight:
    """Of images together.

    Attributes:
        transfer: Bytes that a node without any of them fetches, each blob once.
        unpacked: Bytes that they take on its disk.
        new: Of ``transfer``, those that the images of before do not have; None where these are not known.
    """

    transfer: int
    unpacked: int
    new: int | None = None


def look_up(
    images: MirroredImages,
    given: Given,
    pull_specs: Iterable[str],
    architecture: str,
    known: Iterable[Found] = (),
) -> tuple[tuple[Found, ...], tuple[BootstrapError, ...]]:
    """Return the images that are in the mirror, and for each of the others why it is not, in their order.

    Args:
        images: Of the site.
        given: Of the site.
        pull_specs: As nodes ask for them.
        architecture: Of the nodes.
        known: Images that were looked up before; they are not asked for again.
    """
    before = {each.pull_spec: each for each in known}

    def one(pull_spec: str) -> Found:
        if pull_spec in before:
            return before[pull_spec]
        try:
            reference = Reference.parse(pull_spec)
            store, repository, found = _read(images, given, reference)
            manifest, _ = image_of(store, repository, found, (architecture,))
        except (BootstrapError, ValueError) as error:
            raise _missing(pull_spec, error) from error
        return Found(pull_spec, store, repository, manifest)

    answers = each(one, tuple(pull_specs), workers=_WORKERS, stop=threading.Event())
    return (
        tuple(answer for answer in answers if isinstance(answer, Found)),
        tuple(answer for answer in answers if isinstance(answer, BootstrapError)),
    )


def weigh(found: Sequence[Found], before: Sequence[Found] | None = None) -> Weight:
    """Return what images weigh.

    Args:
        found: The images.
        before: Those that nodes have already; None where they are not known.

    Raises:
        BootstrapError: A registry fails meanwhile.
    """
    blobs = _blobs(found)
    layers = {layer.digest: (image, layer) for image in found for layer in image.manifest.layers}
    sizes = dict(zip(layers, _unpacked(layers), strict=True))
    chains = {
        tuple(layer.digest for layer in image.manifest.layers[: number + 1])
        for image in found
        for number in range(len(image.manifest.layers))
    }
    new = None
    if before is not None:
        known = _blobs(before)
        new = sum(size for digest, size in blobs.items() if digest not in known)
    return Weight(sum(blobs.values()), sum(sizes[chain[-1]] for chain in chains), new)


def _read(images: MirroredImages, given: Given, reference: Reference) -> tuple[RemoteStore, str, AnyManifest]:
    """Return an image; one that is named in the mirror itself is there without a mirror set."""
    if reference.registry not in given.registries:
        return images.read(reference)
    store, digest = images.find_at_home(reference.repository, str(reference.digest or reference.tag))
    found = parse_manifest(*store.manifest(reference.repository, digest), name=str(reference))
    return store, reference.repository, found


def _blobs(found: Iterable[Found]) -> Mapping[Digest, int]:
    return {each.digest: each.size for image in found for each in image.manifest.children()}


def _unpacked(layers: Mapping[Digest, tuple[Found, Descriptor]]) -> list[int]:
    """Return the sizes on a disk, in the order of ``layers``."""

    def one(item: tuple[Found, Descriptor]) -> int:
        image, layer = item
        usual = int(layer.size * _USUAL)
        if not layer.media_type.endswith("gzip"):
            return layer.size if layer.media_type.endswith(".tar") else usual
        if layer.size <= _ISIZE:
            return usual
        client = image.store.client
        end = client.end_of_blob(image.repository, layer.digest, layer.size - _ISIZE)
        if end is None or len(end) != _ISIZE:
            return usual
        size = int(struct.unpack("<I", end)[0])
        if size >= layer.size - layer.size // 100:  # what does not compress may gain a little
            return size if size < layer.size * _MOST else usual
        size += (
            _WRAPS  # it went round, or there are several gzips one after the other, and this is the last's
        )
        return size if size < layer.size * _OFTEN_MOST else usual

    answers = each(one, layers.values(), workers=_WORKERS, stop=threading.Event())
    problems = [answer for answer in answers if isinstance(answer, BootstrapError)]
    if problems:
        raise problems[0]
    return [answer for answer in answers if isinstance(answer, int)]


def _missing(pull_spec: str, error: BootstrapError | ValueError) -> BootstrapError:
    what = f"the pre-caching job would not get {pull_spec}"
    if not isinstance(error, BootstrapError):
        return ConfigError(what, why=str(error), fix="write it with its registry, and its tag or digest")
    if not isinstance(error, (HostError, NotFound, ConfigError)):
        return type(error)(what, why=f"{error.what}: {error.why}", fix=error.fix)
    fix = (
        "mirror it: name its release, operator or image in the image set, and run `bootstrap-registry mirror`"
    )
    return type(error)(
        what, why=error.what if isinstance(error, HostError) else f"{error.what}: {error.why}", fix=fix
    )
