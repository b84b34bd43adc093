"""Boot images of the mirrored releases: what a web server has to have, and what it tells of itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bootstrap.cluster.given import MirroredRelease
from bootstrap.cluster.mirror_sets import to_fragment
from bootstrap.errors import ConfigError
from bootstrap.release.boot_images import BootImage

NAME = "os-images.yaml"
SOURCE = "https://rhcos.mirror.openshift.com/art/storage"


@dataclass(frozen=True)
class Booted:
    """A mirrored release with its boot images."""

    release: MirroredRelease
    images: tuple[BootImage, ...]


def wanted(booted: Iterable[Booted], source_url: str) -> list[dict[str, str]]:
    """Return what the role ``web_server`` takes as ``web_server_boot_images``, by path; each file once.

    Args:
        booted: All releases; those of one build of RHCOS share their files.
        source_url: Stands in for :data:`SOURCE` where URLs begin so; "" for none.

    Raises:
        ConfigError: Two releases name the same file with different checksums.
    """
    found: dict[str, dict[str, str]] = {}
    for each in booted:
        for image in each.images:
            entry = {"path": image.path, "url": _at(image.url, source_url), "sha256": image.sha256}
            other = found.setdefault(image.path, entry)
            if other["sha256"] != image.sha256:
                raise ConfigError(
                    f"cannot use the boot images of {each.release.version} {each.release.architecture}",
                    why=f"{image.path} has the SHA-256 {image.sha256} there, and {other['sha256']} elsewhere",
                    fix="ask who published the releases; or mirror only one of them",
                )
    return [found[path] for path in sorted(found)]


def os_images(booted: Iterable[Booted], base_url: str, ca: str) -> str:
    """Return the file that tells which boot images there are (``docs/assisted.md`` has its format).

    Args:
        booted: In the order of the file; what has no live ISO is left out.
        base_url: Of the web server.
        ca: What its clients have to trust, PEM.
    """
    images: dict[tuple[str, str], dict[str, Any]] = {}
    for each in booted:
        for architecture in sorted({image.architecture for image in each.images}):
            entry = _entry(each, architecture)
            if "iso" in entry:  # a release for one architecture, and the same one for several
                images.setdefault((each.release.version, architecture), entry)
    head = "# Boot images of the mirrored releases, on the site's web server. `up` and `mirror` write it.\n"
    document = {"base_url": base_url, "ca": ca, "images": list(images.values())}
    return head + to_fragment(document)


def _entry(booted: Booted, architecture: str) -> dict[str, Any]:
    ours = [image for image in booted.images if image.architecture == architecture]
    paths: Mapping[str, str] = {
        "iso" if image.artifact == "metal/iso" else image.part: image.path
        for image in ours
        if image.artifact in ("metal/iso", "metal/pxe")
    }
    version = next((image.version for image in ours if image.artifact == "metal/iso"), "")
    known = {key: paths[key] for key in ("iso", "rootfs", "kernel", "initramfs") if key in paths}
    return {
        "release": booted.release.version,
        "architecture": architecture,
        "version": version,
        **known,
    }


def _at(url: str, source_url: str) -> str:
    begins = source_url and url.startswith(f"{SOURCE}/")
    return source_url.rstrip("/") + url.removeprefix(SOURCE) if begins else url
