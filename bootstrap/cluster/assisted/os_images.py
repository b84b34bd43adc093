"""The boot images that the site's web server has; the file's format is in ``docs/assisted.md``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bootstrap.cluster.given import MirroredRelease
from bootstrap.cluster.own_file import raise_wrong, read_own_file
from bootstrap.cluster.trust import certificates_of
from bootstrap.errors import BootstrapError, ConfigError
from bootstrap.imageset.fields import Fields, Problems
from bootstrap.release.version import Version
from bootstrap.site.formats import is_url

NAME = "os-images.yaml"
_PAGE = "docs/assisted.md"
_KEYS = ("release", "architecture", "version", "iso", "rootfs", "kernel", "initramfs")
# As assisted-service names them (internal/common/common.go), by each spelling in use.
_ARCHITECTURES = {
    "x86_64": "x86_64",
    "amd64": "x86_64",
    "arm64": "arm64",
    "aarch64": "arm64",
    "ppc64le": "ppc64le",
    "s390x": "s390x",
}
_RHCOS = re.compile(r"[0-9]+(\.[0-9]+)+(-[0-9]+)?")
_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")


@dataclass(frozen=True)
class OsImage:
    """The live ISO for one release and architecture.

    Attributes:
        release: As ``4.20.9``.
        architecture: As assisted-service says it: ``x86_64``, ``arm64``, ``ppc64le`` or ``s390x``.
        version: Of RHCOS.
        url: Of the ISO.
    """

    release: str
    architecture: str
    version: str
    url: str


@dataclass(frozen=True)
class OsImages:
    """What a web server has.

    Attributes:
        ca: What clients of the web server trust, PEM; empty for what they trust of the registries.
    """

    images: tuple[OsImage, ...]
    ca: str = ""

    @property
    def is_tls(self) -> bool:
        """Whether the images come over HTTPS."""
        return any(image.url.startswith("https:") for image in self.images)


def read_os_images(path: Path) -> OsImages:
    """Read the file ``path``.

    Raises:
        ConfigError: It cannot be read, or something in it is wrong; ``why`` has a line for each problem.
    """
    top, problems = read_own_file(
        path,
        "the boot images of the site",
        known=("base_url", "ca", "images"),
        fix=f"write what your web server has into it, as {_PAGE} shows, or name it with --os-images",
    )
    base = (top.parsed("base_url", _base_url, required=True) or "").rstrip("/")
    ca = top.parsed("ca", _certificates) or ""
    images = tuple(_image(item, at, base, problems) for item, at in top.items("images"))
    if not images:
        top.problem("images", "it needs an image")
    keys = [(image.release, image.architecture) for image in images]
    for release, architecture in sorted({key for key in keys if all(key) and keys.count(key) > 1}):
        problems.add("images", f"{release} for {architecture} is there twice")
    raise_wrong(path, problems, _PAGE)
    return OsImages(images, ca)


def wanted(
    images: Iterable[OsImage], releases: Sequence[MirroredRelease]
) -> tuple[tuple[tuple[str, OsImage], ...], list[BootstrapError]]:
    """Return each image that assisted-service needs with its ``openshiftVersion``, and what is missing.

    The newest release of a minor version stands for that version, as ``4.20``; an older one has an entry of
    its own, as ``4.20.8``, where its RHCOS is another. assisted-service looks for the whole version first.

    Source: assisted-service ``internal/versions/osimages.go``, ``GetOsImage``.

    Args:
        images: Of the web server.
        releases: The newest first, as ``Given.releases`` has them.
    """
    by_release: dict[str, list[OsImage]] = {}
    for image in images:
        by_release.setdefault(image.release, []).append(image)
    found: dict[tuple[str, str], OsImage] = {}
    problems: list[BootstrapError] = []
    for release in releases:
        architecture = _ARCHITECTURES.get(release.architecture)  # None for multi: whatever is there
        fitting = [
            each
            for each in by_release.get(release.version, ())
            if architecture is None or each.architecture == architecture
        ]
        if not fitting:
            problems.append(_missing(release))
        for image in sorted(fitting, key=lambda each: each.architecture):
            version = Version.parse(release.version)
            newest = found.setdefault((f"{version.major}.{version.minor}", image.architecture), image)
            if newest.version != image.version:
                found.setdefault((release.version, image.architecture), image)
    return tuple((version, image) for (version, _), image in found.items()), problems


def _missing(release: MirroredRelease) -> BootstrapError:
    return ConfigError(
        f"cannot give hosts an image to boot for release {release.version} ({release.architecture})",
        why="it is mirrored, and the site's boot images have none for it",
        fix=f"put its live ISO on the web server, and into {NAME} ({_PAGE})",
    )


def _image(value: object, at: str, base: str, problems: Problems) -> OsImage:
    fields = Fields(value, at, problems, known=_KEYS)
    for key in ("rootfs", "kernel", "initramfs"):  # for others that read this file
        fields.parsed(key, _path)
    return OsImage(
        fields.parsed("release", _release, required=True) or "",
        fields.parsed("architecture", _architecture, required=True) or "",
        fields.parsed("version", _matching(_RHCOS, "a version of RHCOS, as 9.6.20251023-0"), required=True)
        or "",
        f"{base}/{fields.parsed('iso', _iso, required=True)}",
    )


def _release(text: str) -> str:
    return str(Version.parse(text))


def _architecture(text: str) -> str:
    if text not in _ARCHITECTURES:
        known = ", ".join(dict.fromkeys(_ARCHITECTURES.values()))
        raise ValueError(f"{text} is no architecture of RHCOS; there are {known}")
    return _ARCHITECTURES[text]


def _base_url(text: str) -> str:
    if not is_url(text, ("https", "http")) or "?" in text or "#" in text:
        raise ValueError(f"{text} is no URL of a directory, as https://web.example.com:8443/images")
    return text


def _certificates(text: str) -> str:
    try:
        certificates_of("the web server", text)
    except ConfigError as error:
        raise ValueError(error.why) from error
    return text


def _matching(pattern: re.Pattern[str], meaning: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(f"{text} is not {meaning}")
        return text

    return parse


_path = _matching(_PATH, "a path below base_url")


def _iso(text: str) -> str:
    if not text.endswith(".iso"):
        raise ValueError(f"{text} is no ISO: its name ends otherwise")
    return _path(text)
