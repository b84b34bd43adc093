"""What a release consists of: the files that the release image carries in its last layer.

Source: oc, ``pkg/cli/admin/release/info.go`` (``image-references`` and ``release-metadata``); oc-mirror v2,
``internal/pkg/release/local_stored_collector.go`` (``getKubeVirtImages``).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Collection, Mapping

import yaml

from bootstrap.errors import ConfigError, RegistryError
from bootstrap.oci.digest import Digest
from bootstrap.oci.manifest import Index, Manifest, parse_manifest
from bootstrap.oci.reference import Reference
from bootstrap.release.layer import read_files
from bootstrap.release.version import Version

if TYPE_CHECKING:
    from bootstrap.store.interface import Source

IMAGE_REFERENCES = "release-manifests/image-references"
RELEASE_METADATA = "release-manifests/release-metadata"
BOOT_IMAGES = "release-manifests/0000_50_installer_coreos-bootimages.yaml"

_CONFIG_LIMIT = 4 * 1024 * 1024  # bytes of an image config
_COMPONENT = re.compile(r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*")  # becomes part of a tag


@dataclass(frozen=True)
class Component:
    """One image of the payload: ``etcd`` and where it is, by digest."""

    name: str
    image: Reference


@dataclass(frozen=True)
class Payload:
    """What one release image says about its release.

    Attributes:
        architecture: Of the release image in Go's words; ``multi`` when it is an index.
        components: In the order written; two of them may be the same image.
        kubevirt: The disk image for OpenShift Virtualization by the architectures' names in the file
            (``x86_64``); empty when the release has none.
        instances: Digests of the images that the release image lists when it is an index; else empty.
        previous: Versions that can be updated to it, as written; empty where it does not say.
    """

    version: Version
    architecture: str
    components: tuple[Component, ...]
    kubevirt: Mapping[str, Reference]
    instances: tuple[Digest, ...] = ()
    previous: tuple[str, ...] = ()


def read_payload(source: Source, repository: str, digest: Digest, *, name: str) -> Payload:
    """Read the payload that the release image ``digest`` lists.

    Args:
        source: Where it is.
        repository: Its repository in ``source``.
        digest: Of the release image, an index of them included.
        name: What messages call it: the reference as the user or the update graph gave it.

    Raises:
        RegistryError: It is no release image, or one of its files is not what it has to be.
    """
    manifest, instances = _one_image(source, repository, digest, name)
    files = _files(source, repository, manifest, name, {IMAGE_REFERENCES, RELEASE_METADATA}, {BOOT_IMAGES})
    version = _read(name, RELEASE_METADATA, lambda: _version(files[RELEASE_METADATA]))
    components = _read(name, IMAGE_REFERENCES, lambda: _components(files[IMAGE_REFERENCES], version))
    kubevirt = _read(name, BOOT_IMAGES, lambda: _kubevirt(files.get(BOOT_IMAGES)))
    architecture = "multi" if instances else _architecture(source, repository, manifest, name)
    previous = _read(name, RELEASE_METADATA, lambda: _previous(files[RELEASE_METADATA]))
    return Payload(version, architecture, components, kubevirt, instances, previous)


def _one_image(
    source: Source, repository: str, digest: Digest, name: str
) -> tuple[Manifest, tuple[Digest, ...]]:
    """Return the manifest to read, and all of an index: each of them lists the same payload."""
    found = parse_manifest(*source.manifest(repository, digest))
    if isinstance(found, Manifest):
        return found, ()
    if isinstance(found, Index) and found.manifests:
        child = parse_manifest(*source.manifest(repository, found.manifests[0].digest))
        if isinstance(child, Manifest):
            return child, tuple(each.digest for each in found.manifests)
    raise _unusable(name, "it is an index that lists no image")


def read_release_files(
    source: Source, repository: str, digest: Digest, wanted: Collection[str], *, name: str
) -> dict[str, bytes]:
    """Return those of the files ``wanted`` (paths) that the release image ``digest`` has.

    Args and errors are those of :func:`read_payload`; ``RegistryError`` also when one is missing.
    """
    manifest, _ = _one_image(source, repository, digest, name)
    return _files(source, repository, manifest, name, set(wanted), set())


def _files(
    source: Source, repository: str, manifest: Manifest, name: str, needed: set[str], optional: set[str]
) -> dict[str, bytes]:
    """Look in the last layer first: it has the files, and the ones below may be large."""
    found: dict[str, bytes] = {}
    for layer in reversed(manifest.layers):
        with source.open_blob(repository, layer) as reader:
            files = read_files(layer, reader, needed | optional, name=name)
        found = {**files, **found}
        if needed <= found.keys():
            return found
    missing = " and ".join(sorted(needed - found.keys()))
    raise _unusable(name, f"it has no {missing}, so it is no release image")


def _read(name: str, path: str, read: Callable[[], Any]) -> Any:  # noqa: ANN401  # it returns what ``read`` does
    try:
        return read()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, yaml.YAMLError) as error:
        raise _unusable(name, f"its {path} cannot be used: {error}"[:500]) from error
    except ConfigError as error:
        raise _unusable(name, f"its {path} cannot be used: {error.what}: {error.why}") from error


def _version(content: bytes) -> Version:
    value = json.loads(content)
    if value["kind"] != "cincinnati-metadata-v0":
        raise ValueError(f"its kind is {value['kind']!r}, not cincinnati-metadata-v0")
    return Version.parse(value["version"])


def _previous(content: bytes) -> tuple[str, ...]:
    value = json.loads(content).get("previous")
    return tuple(str(each) for each in value) if isinstance(value, list) else ()


def _components(content: bytes, version: Version) -> tuple[Component, ...]:
    value = json.loads(content)
    if value["kind"] != "ImageStream" or value["apiVersion"] != "image.openshift.io/v1":
        raise ValueError(f"it is a {value['kind']} of {value['apiVersion']}, not an ImageStream")
    if value["metadata"]["name"] != str(version):
        raise ValueError(f"it is for {value['metadata']['name']!r} and the metadata for {version}")
    components = tuple(_component(tag) for tag in value["spec"]["tags"])
    names = [component.name for component in components]
    if not names:
        raise ValueError("it lists no images")
    if len(set(names)) != len(names):
        raise ValueError("it lists a component twice")
    return components


def _component(tag: Mapping[str, Any]) -> Component:
    name, origin = tag["name"], tag["from"]
    if not isinstance(name, str) or not _COMPONENT.fullmatch(name):
        raise ValueError(f"{name!r} is not the name of a component")
    if origin["kind"] != "DockerImage":
        raise ValueError(f"{name} is from a {origin['kind']!r}, not from a DockerImage")
    image = Reference.parse(origin["name"])
    if image.digest is None:
        raise ValueError(f"{name} is not named by its digest: {image}")
    return Component(name, image)


def _kubevirt(content: bytes | None) -> dict[str, Reference]:
    if content is None:
        return {}
    stream = json.loads(yaml.safe_load(content)["data"]["stream"])
    found = {}
    for architecture, entry in sorted(stream["architectures"].items()):
        text = ((entry.get("images") or {}).get("kubevirt") or {}).get("digest-ref")
        if text:
            found[architecture] = Reference.parse(text)
            if found[architecture].digest is None:
                raise ValueError(f"the disk image {text} is not named by its digest")
    return found


def _architecture(source: Source, repository: str, manifest: Manifest, name: str) -> str:
    if manifest.config.size > _CONFIG_LIMIT:
        raise _unusable(name, f"its config has {manifest.config.size} bytes")
    with source.open_blob(repository, manifest.config) as reader:
        content = b"".join(reader)
    if manifest.config.digest != Digest.of(content):
        raise _unusable(name, "the bytes of its config are not those that its digest stands for")
    return str(_read(name, "config", lambda: json.loads(content)["architecture"]))


def _unusable(name: str, why: str) -> RegistryError:
    return RegistryError(
        f"cannot read the release {name}",
        why=why,
        fix="check that the reference is that of an OpenShift release",
    )
