"""Reading an ``ImageSetConfiguration``: all that is wrong with it is said at once, and nothing is ignored.

A ``DeleteImageSetConfiguration`` is the same with ``delete`` in place of ``mirror``.

Source: oc-mirror v2 at 855b64a, ``internal/pkg/api/v2alpha1/type_config.go``, ``internal/pkg/config/load.go``
and ``validate.go``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bootstrap.errors import ConfigError
from bootstrap.imageset import read_content
from bootstrap.imageset.document import UNREADABLE, load, why_unreadable
from bootstrap.imageset.fields import Fields, Problems
from bootstrap.imageset.model import AdditionalImage, ImageSet
from bootstrap.imageset.parts import (
    entries,
    image,
    pattern,
    platforms,
    target_repository,
    target_tag,
)
from bootstrap.imageset.read_platform import platform

if TYPE_CHECKING:
    from pathlib import Path

KIND = "ImageSetConfiguration"
DELETE_KIND = "DeleteImageSetConfiguration"
API_VERSION = "mirror.openshift.io/v2alpha1"

_SECTIONS = ("platform", "operators", "additionalImages", "helm")
_MIRROR_REFUSED = {"samples": "oc-mirror v2 knows the key and mirrors nothing for it; leave it out"}
_TOP_REFUSED = {
    "storageConfig": "it is from v1 of the format (oc-mirror v2 has none either); leave it out",
    "delete": f"it belongs to a {DELETE_KIND}, not to an {KIND}",
}
_DELETE_REFUSED = {"mirror": f"it belongs to an {KIND}, not to a {DELETE_KIND}"}


def read_file(path: Path) -> ImageSet:
    """Read the image set in the file ``path``.

    Raises:
        ConfigError: It cannot be read, or something in it is wrong; ``why`` has a line for each problem.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"cannot read the image set {path}",
            why=str(error),
            fix="give the path of an image set",
        ) from error
    return read_text(text, name=str(path))


def read_delete_text(text: str, *, name: str = "what to delete") -> ImageSet:
    """Read the ``DeleteImageSetConfiguration`` in ``text``, as the image set of what is to be deleted.

    Raises:
        ConfigError: As :func:`read_text` does.
    """
    return _read(text, name, is_delete=True)


def read_text(text: str, *, name: str = "the image set") -> ImageSet:
    """Read the image set in ``text``; ``name`` is what messages call it.

    Raises:
        ConfigError: Something in it is wrong; ``why`` lists every problem with its path, a line each.
    """
    return _read(text, name, is_delete=False)


def _read(text: str, name: str, *, is_delete: bool) -> ImageSet:
    problems = Problems()
    try:
        value, duplicates = load(text)
    except UNREADABLE as error:
        raise ConfigError(
            f"cannot use {name}",
            why=f"it is not YAML: {why_unreadable(error)}",
            fix="correct the syntax at that place",
        ) from None
    for key, line in duplicates:
        problems.add(f"line {line}", f"the key {key} is there twice in one mapping")
    image_set = _delete_document(value, problems) if is_delete else _document(value, problems)
    if problems.lines:
        raise ConfigError(
            f"cannot use {name}",
            why="\n".join(problems.lines),
            fix=f"correct these entries; the format is {API_VERSION} as oc-mirror v2 documents it",
        )
    return replace(image_set, text=text)


def _document(value: object, problems: Problems) -> ImageSet:
    top = Fields(
        value, "", problems, known=("apiVersion", "kind", "mirror", "archiveSize"), refused=_TOP_REFUSED
    )
    _check_format(top, KIND)
    if not top.has("mirror"):
        top.problem("mirror", "it is missing, so there is nothing to mirror")
    mirror = Fields(
        top.value("mirror"), "mirror", problems, known=(*_SECTIONS, "blockedImages"), refused=_MIRROR_REFUSED
    )
    if top.has("mirror") and not mirror.has("platform") and not any(map(mirror.value, _SECTIONS)):
        top.problem(
            "mirror", f"it names nothing to mirror: give {', '.join(_SECTIONS[:-1])} or {_SECTIONS[-1]}"
        )
    return ImageSet(
        platform(mirror.value("platform"), problems),
        entries(mirror, "additionalImages", problems, _additional),
        entries(mirror, "blockedImages", problems, _blocked),
        read_content.operators(mirror, problems),
        read_content.helm(mirror, problems),
        _archive_size(top),
    )


def _delete_document(value: object, problems: Problems) -> ImageSet:
    top = Fields(value, "", problems, known=("apiVersion", "kind", "delete"), refused=_DELETE_REFUSED)
    _check_format(top, DELETE_KIND)
    if not top.has("delete"):
        top.problem("delete", "it is missing, so there is nothing to delete")
    found = Problems()
    # What reads the sections calls them those of ``mirror``.
    section = Fields(top.value("delete"), "mirror", found, known=_SECTIONS, refused=_MIRROR_REFUSED)
    if top.has("delete") and not any(map(section.value, _SECTIONS)):
        section.problem(
            "", f"it names nothing to delete: give {', '.join(_SECTIONS[:-1])} or {_SECTIONS[-1]}"
        )
    image_set = ImageSet(
        platform(section.value("platform"), found),
        entries(section, "additionalImages", found, _additional),
        (),
        read_content.operators(section, found),
        read_content.helm(section, found),
    )
    for number, channel in enumerate(image_set.platform.channels):
        if channel.is_okd:
            found.add(
                f"mirror.platform.channels[{number}].type", "releases of OKD are not deleted; name images"
            )
        if not (channel.is_full or channel.min_version or channel.max_version):
            found.add(
                f"mirror.platform.channels[{number}]",
                f"{channel.name} alone is its newest release: give minVersion and maxVersion, or full: true",
            )
    for line in found.lines:
        path, separator, why = line.partition(": ")
        problems.add("delete" + path[len("mirror") :].rstrip("."), why if separator else "")
    return image_set


def _check_format(top: Fields, expected: str) -> None:
    kind = top.text("kind", required=True)
    if kind is not None and kind != expected:
        top.problem("kind", f"it has to be {expected}, not {kind}")
    api_version = top.text("apiVersion", required=True)
    if api_version == "mirror.openshift.io/v1alpha2":
        top.problem(
            "apiVersion",
            f"v1alpha2 is the format of oc-mirror v1, which is gone; now it is {API_VERSION}",
        )
    elif api_version is not None and api_version != API_VERSION:
        top.problem("apiVersion", f"it has to be {API_VERSION}, not {api_version}")


def _archive_size(top: Fields) -> int | None:
    value = top.value("archiveSize")
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
        return value or None
    top.problem("archiveSize", f"it has to be a whole number of GiB, not {value!r}")
    return None


def _additional(value: object, path: str, problems: Problems) -> AdditionalImage | None:
    fields = Fields(value, path, problems, known=("name", "targetRepo", "targetTag", "platforms"))
    source = fields.parsed("name", image, required=True)
    repository, tag = target_repository(fields, "targetRepo"), target_tag(fields)
    only = platforms(fields, problems)
    return AdditionalImage(source, repository, tag, only) if source is not None else None


def _blocked(value: object, path: str, problems: Problems) -> str | None:
    fields = Fields(value, path, problems, known=("name",))
    return fields.parsed("name", pattern, required=True)
