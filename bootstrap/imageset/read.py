"""Reading an ``ImageSetConfiguration``: all that is wrong with it is said at once, and nothing is ignored.

Source: oc-mirror v2, ``internal/pkg/api/v2alpha1/type_config.go`` and ``internal/pkg/config/validate.go``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml

from bootstrap.errors import ConfigError
from bootstrap.imageset.document import load
from bootstrap.imageset.fields import Fields, Problems
from bootstrap.imageset.model import AdditionalImage, ImageSet, Platform
from bootstrap.oci.reference import Reference, is_repository, is_tag
from bootstrap.release.architecture import ARCHITECTURES
from bootstrap.release.channel import Channel
from bootstrap.release.version import Version

if TYPE_CHECKING:
    from pathlib import Path

KIND = "ImageSetConfiguration"
API_VERSION = "mirror.openshift.io/v2alpha1"

# stable, fast, candidate and eus are Red Hat's; a site's own update service may have others.
_CHANNEL = re.compile(r"[A-Za-z][\w.-]*-\d+(\.\d+)?")
_NEEDS_OC_MIRROR = (
    "the native engine does not mirror these yet; leave it out here and mirror it with oc-mirror v2"
)
_SPARSE = (
    "the native engine copies indexes whole and does not take single platforms out of them yet; "
    "leave it out, or choose architectures"
)
_MIRROR_REFUSED = dict.fromkeys(("operators", "helm", "samples"), _NEEDS_OC_MIRROR)
_TOP_REFUSED = {
    "archiveSize": "it is about the archives of oc-mirror, and none is made here; leave it out",
    "storageConfig": "it is from v1 of the format (oc-mirror v2 has none either); leave it out",
    "delete": f"it belongs to a DeleteImageSetConfiguration, not to an {KIND}",
}


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


def read_text(text: str, *, name: str = "the image set") -> ImageSet:
    """Read the image set in ``text``; ``name`` is what messages call it.

    Raises:
        ConfigError: Something in it is wrong; ``why`` lists every problem with its path, a line each.
    """
    problems = Problems()
    try:
        value, duplicates = load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a date such as 2026-99-99
        raise ConfigError(
            f"cannot use {name}", why=f"it is not YAML: {error}", fix="correct the syntax at that place"
        ) from error
    for key, line in duplicates:
        problems.add(f"line {line}", f"the key {key} is there twice in one mapping")
    image_set = _document(value, problems)
    if problems.lines:
        raise ConfigError(
            f"cannot use {name}",
            why="\n".join(problems.lines),
            fix=f"correct these entries; the format is {API_VERSION} as oc-mirror v2 documents it",
        )
    return image_set


def _document(value: object, problems: Problems) -> ImageSet:
    top = Fields(value, "", problems, known=("apiVersion", "kind", "mirror"), refused=_TOP_REFUSED)
    _check_format(top)
    if not top.has("mirror"):
        top.problem("mirror", "it is missing, so there is nothing to mirror")
    mirror = Fields(
        top.value("mirror"),
        "mirror",
        problems,
        known=("platform", "additionalImages", "blockedImages"),
        refused=_MIRROR_REFUSED,
    )
    platform = _platform(mirror.value("platform"), problems)
    additional = tuple(_additional(item, path, problems) for item, path in mirror.items("additionalImages"))
    if top.has("mirror") and not any(map(mirror.has, ("platform", "additionalImages"))):
        top.problem("mirror", "it names nothing to mirror: give platform or additionalImages")
    blocked = tuple(_blocked(item, path, problems) for item, path in mirror.items("blockedImages"))
    return ImageSet(
        platform,
        tuple(image for image in additional if image is not None),
        tuple(pattern for pattern in blocked if pattern is not None),
    )


def _check_format(top: Fields) -> None:
    kind = top.text("kind", required=True)
    if kind is not None and kind != KIND:
        top.problem("kind", f"it has to be {KIND}, not {kind}")
    api_version = top.text("apiVersion", required=True)
    if api_version == "mirror.openshift.io/v1alpha2":
        top.problem(
            "apiVersion",
            f"v1alpha2 is the format of oc-mirror v1, which is gone; now it is {API_VERSION}",
        )
    elif api_version is not None and api_version != API_VERSION:
        top.problem("apiVersion", f"it has to be {API_VERSION}, not {api_version}")


def _platform(value: object, problems: Problems) -> Platform:
    fields = Fields(
        value,
        "mirror.platform",
        problems,
        known=("channels", "architectures", "graph", "release", "kubeVirtContainer"),
        refused={"platforms": _SPARSE},
    )
    if fields.boolean("graph"):
        fields.problem(
            "graph",
            "the native engine does not make the graph-data image yet; set it to false or leave it out",
        )
    channels = tuple(_channel(item, path, problems) for item, path in fields.items("channels"))
    named = [channel.name for channel in channels if channel is not None]
    for name in sorted({name for name in named if named.count(name) > 1}):
        fields.problem("channels", f"the channel {name} is there more than once")
    release = fields.parsed("release", _image)
    if channels and fields.has("release"):
        fields.problem("release", "with it the channels would be ignored: give one or the other")
    wants_kubevirt = fields.boolean("kubeVirtContainer")
    if wants_kubevirt and not channels and not fields.has("release"):
        fields.problem("kubeVirtContainer", "there is no release to take it from: give channels or a release")
    return Platform(
        tuple(channel for channel in channels if channel is not None),
        _architectures(fields),
        release,
        wants_kubevirt,
    )


def _architectures(fields: Fields) -> tuple[str, ...]:
    found: list[str] = []
    for item, path in fields.items("architectures"):
        if not isinstance(item, str) or item not in ARCHITECTURES:
            fields.problem(path[len(fields.path) + 1 :], f"{item!r} is none of {', '.join(ARCHITECTURES)}")
        elif item in found:
            fields.problem("architectures", f"{item} is there more than once")
        else:
            found.append(item)
    return tuple(found)


def _channel(value: object, path: str, problems: Problems) -> Channel | None:
    fields = Fields(
        value, path, problems, known=("name", "type", "minVersion", "maxVersion", "shortestPath", "full")
    )
    name = fields.parsed("name", _channel_name, required=True)
    kind = fields.text("type")
    if kind == "okd":
        fields.problem("type", f"okd: {_NEEDS_OC_MIRROR}")
    elif kind not in (None, "ocp"):
        fields.problem("type", f"it has to be ocp, not {kind}")
    oldest = fields.parsed("minVersion", Version.parse)
    newest = fields.parsed("maxVersion", Version.parse)
    if oldest is not None and newest is not None and newest < oldest:
        fields.problem("maxVersion", f"{newest} is older than the minVersion {oldest}")
    is_shortest, is_full = fields.boolean("shortestPath"), fields.boolean("full")
    return Channel(name, oldest, newest, is_shortest, is_full) if name is not None else None


def _additional(value: object, path: str, problems: Problems) -> AdditionalImage | None:
    fields = Fields(
        value, path, problems, known=("name", "targetRepo", "targetTag"), refused={"platforms": _SPARSE}
    )
    source = fields.parsed("name", _image, required=True)
    repository, tag = fields.text("targetRepo"), fields.text("targetTag")
    if repository is not None and not is_repository(repository):
        fields.problem("targetRepo", f"{repository!r} is not a repository such as my-team/my-image")
    if tag is not None and not is_tag(tag):
        fields.problem("targetTag", f"{tag!r} is not a tag: letters, digits, _ . -")
    return AdditionalImage(source, repository, tag) if source is not None else None


def _blocked(value: object, path: str, problems: Problems) -> str | None:
    fields = Fields(value, path, problems, known=("name",))
    return fields.parsed("name", _pattern, required=True)


def _channel_name(text: str) -> str:
    if not _CHANNEL.fullmatch(text):
        raise ValueError(
            f"{text!r} is not a channel such as stable-4.20 (its kind, a hyphen, the minor version)"
        )
    return text


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is not a regular expression: {error}") from error
    return text


def _image(text: str) -> Reference:
    """Read a reference as oc-mirror takes it (a leading docker:// too); raises ValueError."""
    if text.startswith("oci://"):
        raise ValueError(f"{text!r} is on disk: {_NEEDS_OC_MIRROR}")
    try:
        reference = Reference.parse(text[len("docker://") :] if text.startswith("docker://") else text)
    except ConfigError as error:
        raise ValueError(f"{error.what}: {error.why}; {error.fix}") from error
    if reference.tag is None and reference.digest is None:
        raise ValueError(f"{text!r} has neither a tag nor a digest; there is no default one")
    return reference
