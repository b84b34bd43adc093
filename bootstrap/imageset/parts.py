"""What several sections of an image set have: images, versions, platforms, regular expressions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Callable, Iterable

from bootstrap.errors import ConfigError
from bootstrap.imageset.fields import Fields, Problems
from bootstrap.imageset.model import InstancePlatform
from bootstrap.oci.reference import Reference, is_repository, is_tag

if TYPE_CHECKING:
    from bootstrap.imageset.fields import T

# oc-mirror takes it for catalogs and additional images (``consts.OciProtocol``). What is on a disk has no
# name by which a cluster asks for it, and no registry that tells its digest before it is mirrored.
_ON_DISK = "oci:"

# stable, fast, candidate and eus are Red Hat's; a site's own update service may have others.
_CHANNEL = re.compile(r"[A-Za-z][\w.-]*-\d+(\.\d+)?")
# What oc-mirror takes for an operator's version: Masterminds/semver, NewVersion (v1.2.3, 1.2, 1 too).
_LOOSE_VERSION = re.compile(
    r"v?\d+(\.\d+){0,2}(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?"
)


def present(found: Iterable[T | None]) -> tuple[T, ...]:
    """Return what is not None."""
    return tuple(each for each in found if each is not None)


def entries(
    fields: Fields, key: str, problems: Problems, read: Callable[[object, str, Problems], T | None]
) -> tuple[T, ...]:
    """Return what ``read`` makes of the entries of a list; those it returned None for are left out."""
    return present(read(item, path, problems) for item, path in fields.items(key))


def no_duplicates(fields: Fields, key: str, names: Iterable[str]) -> None:
    """Note each name that is there more than once."""
    listed = list(names)
    for name in sorted({name for name in listed if listed.count(name) > 1}):
        fields.problem(key, f"{name} is there more than once")


def platforms(fields: Fields, problems: Problems) -> tuple[InstancePlatform, ...]:
    """Return the ``platforms`` of a mapping."""
    return entries(fields, "platforms", problems, _instance_platform)


def _instance_platform(value: object, path: str, problems: Problems) -> InstancePlatform | None:
    fields = Fields(value, path, problems, known=("os", "architecture"))
    system = fields.text("os", required=True)
    architecture = fields.text("architecture", required=True)
    return InstancePlatform(system, architecture) if system and architecture else None


def target_repository(fields: Fields, key: str) -> str | None:
    """Return a repository at the destination, without tag."""
    repository = fields.text(key)
    if repository is not None and not is_repository(repository):
        fields.problem(key, f"{repository!r} is not a repository such as my-team/my-image")
    return repository


def target_tag(fields: Fields) -> str | None:
    """Return a tag at the destination."""
    tag = fields.text("targetTag")
    if tag is not None and not is_tag(tag):
        fields.problem("targetTag", f"{tag!r} is not a tag: letters, digits, _ . -")
    return tag


def channel_name(text: str) -> str:
    """Read the name of a channel of OpenShift; raises ValueError."""
    if not _CHANNEL.fullmatch(text):
        raise ValueError(
            f"{text!r} is not a channel such as stable-4.20 (its kind, a hyphen, the minor version)"
        )
    return text


def loose_version(text: str) -> str:
    """Read an operator's version; raises ValueError."""
    if not _LOOSE_VERSION.fullmatch(text):
        raise ValueError(f"{text!r} is not a version such as 1.2.3")
    return text


def pattern(text: str) -> str:
    """Read a regular expression; raises ValueError."""
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is not a regular expression: {error}") from error
    return text


def image(text: str) -> Reference:
    """Read a reference as oc-mirror takes it (a leading docker:// too), but on disk; raises ValueError."""
    if text.startswith(_ON_DISK):
        path = text[len(_ON_DISK) :].replace("//", "", 1) or "PATH"
        raise ValueError(
            f"{text!r} is on a disk, and images come from registries here; put it into one that the mirror "
            f"host reaches (skopeo copy --all oci:{path} docker://REGISTRY/REPOSITORY:TAG), and name that"
        )
    try:
        reference = Reference.parse(text[len("docker://") :] if text.startswith("docker://") else text)
    except ConfigError as error:
        raise ValueError(f"{error.what}: {error.why}; {error.fix}") from error
    if reference.tag is None and reference.digest is None:
        raise ValueError(f"{text!r} has neither a tag nor a digest; there is no default one")
    return reference
