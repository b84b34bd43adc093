"""The boot images of a release: what the stream metadata in its release image says.

Source: openshift/installer, ``data/data/coreos/*.json``, of which ``hack/build-coreos-manifest.go`` makes the
ConfigMap ``coreos-bootimages`` (its ``stream`` is the default one of ``streams``);
coreos/stream-metadata-go, ``stream/stream.go`` (the fields).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Collection, Mapping
from urllib.parse import urlsplit

import yaml

from bootstrap.errors import ConfigError, RegistryError
from bootstrap.oci.digest import Digest
from bootstrap.release.payload import BOOT_IMAGES, read_release_files

if TYPE_CHECKING:
    from bootstrap.store.interface import Source

_SHA256 = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class BootImage:
    """One file of a stream.

    Attributes:
        architecture: The kernel's name: ``x86_64``, ``aarch64``, ``ppc64le`` or ``s390x``.
        artifact: Platform and format, as ``metal/iso``.
        part: ``disk``; of ``pxe`` also ``kernel``, ``initramfs`` and ``rootfs``.
        version: Of RHCOS.
        url: Where it is published; https.
        sha256: What it hashes to, 64 hexadecimal digits.
    """

    architecture: str
    artifact: str
    part: str
    version: str
    url: str
    sha256: str

    @property
    def path(self) -> str:
        """Where a web server has it, ``<version>/<architecture>/<file>``: releases may share a build."""
        return f"{self.version}/{self.architecture}/{urlsplit(self.url).path.rpartition('/')[2]}"


def read_stream(source: Source, repository: str, digest: Digest, *, name: str) -> Mapping[str, Any]:
    """Return the stream metadata that the release image ``digest`` carries.

    Args:
        source: Where the image is, such as its mirror.
        repository: Its repository in ``source``.
        digest: Of the release image, an index of them included.
        name: What messages call it.

    Raises:
        RegistryError: It is no release image, or has no stream of boot images.
    """
    files = read_release_files(source, repository, digest, {BOOT_IMAGES}, name=name)
    try:
        stream = json.loads(yaml.safe_load(files[BOOT_IMAGES])["data"]["stream"])
        if not isinstance(stream["architectures"], dict):
            raise ValueError("its architectures are no mapping")
    except (ValueError, KeyError, TypeError, RecursionError, yaml.YAMLError) as error:
        raise RegistryError(
            f"cannot read the boot images of {name}",
            why=f"its {BOOT_IMAGES} has no stream: {type(error).__name__} {error}"[:500],
            fix="check that the release is an OpenShift release of 4.8 or later",
        ) from error
    return dict(stream)


def boot_images(
    stream: Mapping[str, Any], architectures: Collection[str], artifacts: Collection[str], *, name: str
) -> tuple[BootImage, ...]:
    """Return the files that a stream has of some architectures, sorted.

    Args:
        stream: As :func:`read_stream` returns it.
        architectures: The kernel's names; empty for all that the stream has.
        artifacts: Platforms and formats, as ``metal/iso``. An architecture need not have each of them, but
            it has to have one.
        name: What messages call the release.

    Raises:
        ConfigError: A file has no URL, no checksum, or an unusable one; an architecture has nothing. All
            problems of the stream are in ``why``.
    """
    found: list[BootImage] = []
    problems: list[str] = []
    for architecture in sorted(architectures or stream["architectures"]):
        entry = _mapping(_mapping(stream["architectures"].get(architecture)).get("artifacts"))
        before = len(found) + len(problems)
        for artifact in artifacts:
            platform, _, format_ = artifact.partition("/")
            described = _mapping(entry.get(platform))
            for part, file in sorted(_mapping(_mapping(described.get("formats")).get(format_)).items()):
                image = BootImage(
                    architecture, artifact, str(part), str(described.get("release") or ""), *_file(file)
                )
                wrong = _problem(image)
                problems += [f"{architecture} {artifact} {part}: {wrong}"] if wrong else []
                found += [] if wrong else [image]
        if len(found) + len(problems) == before:
            problems.append(f"{architecture}: it has none of {', '.join(artifacts)}")
    if problems:
        raise ConfigError(
            f"cannot use the boot images of {name}",
            why="; ".join(problems),
            fix="correct web_server_artifacts; if the release itself is wrong, ask who published it",
        )
    return tuple(found)


def _file(value: object) -> tuple[str, str]:
    file = _mapping(value)
    return str(file.get("location") or ""), str(file.get("sha256") or "").lower()


def _problem(image: BootImage) -> str:
    """Return what is wrong with a file of a stream; "" when nothing is."""
    url = urlsplit(image.url)
    if not image.url:
        return "it has no location"
    if url.scheme != "https" or not url.hostname or "@" in url.netloc or re.search(r"\s", image.url):
        return f"{image.url} is not an https URL"
    if not _NAME.fullmatch(url.path.rpartition("/")[2]):
        return f"{image.url} does not end in the name of a file"
    if not _NAME.fullmatch(image.version) or not _NAME.fullmatch(image.architecture):
        return f"{image.version!r} is not a version of RHCOS"
    return "" if _SHA256.fullmatch(image.sha256) else "it has no SHA-256"


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
