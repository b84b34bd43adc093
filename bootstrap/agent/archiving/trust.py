"""Which releases of archives may be mirrored: those with a good signature, whatever the archives say of them.

All of a directory of archives travelled, and can have been exchanged with its checksums: ``contents.json``,
the image set, and what the engine keeps in its files. A signature is what only the publisher can make.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Callable, Iterable, Mapping, Sequence

import yaml

from bootstrap.errors import BootstrapError, Problems, VerificationError
from bootstrap.mirror.image import Kind
from bootstrap.mirror.layout import RELEASE_IMAGES, signature_tag

if TYPE_CHECKING:
    from bootstrap.imageset.model import ImageSet
    from bootstrap.mirror.collected import Release
    from bootstrap.mirror.image import Wanted
    from bootstrap.mirror.packed import Contents
    from bootstrap.oci.digest import Digest
    from bootstrap.release.signature import Signature

    Verify = Callable[..., Signature]

_TARGETS = ("targetRepo", "targetCatalog")
_FIX = "write them with mirror_content_signature_policy: require, or set it to skip here"


def has_releases(contents: Contents, image_set: ImageSet, held: Iterable[tuple[str, str]]) -> bool:
    """Whether anything that travelled is a release, or goes where releases go."""
    platform = image_set.platform
    return (
        bool(contents.releases or platform.channels or platform.release)
        or any(_is_release(image.wanted) for image in contents.images)
        or any(repository == RELEASE_IMAGES for repository, _ in held)
        or RELEASE_IMAGES in _targets(yaml.safe_load(image_set.text))
    )


def signed_releases(contents: Contents, verify: Verify) -> tuple[Release, ...]:
    """Return the releases of ``contents``, with the keys that really signed them.

    Every image counts as a release that says so, or that goes where releases go; but for the Sigstore
    signatures of these.

    Args:
        contents: What travelled with the archives.
        verify: As ``Verifier.verify_content``.

    Raises:
        VerificationError: One is not signed; ``Problems`` for several.
    """
    problems: list[BootstrapError] = []
    found: dict[Digest, Release] = {}
    for release in contents.releases:
        name = f"{release.version} {release.architecture}"
        try:
            if release.signature is None:
                raise _unsigned(name)
            signature = verify(release.signature, release.digest, name=name)
            found[release.digest] = replace(release, signed_by=signature.fingerprint)
        except VerificationError as error:
            problems.append(error)
    known = {release.digest for release in contents.releases}
    signatures = {signature_tag(digest) for digest in found}
    for image in contents.images:
        wanted = image.wanted
        is_signature = wanted.kind is Kind.SIGNATURE and wanted.tag in signatures
        if _is_release(wanted) and wanted.digest not in known and not is_signature:
            problems.append(_unsigned(f"{wanted.source} ({wanted.repository}:{wanted.tag})"))
    if problems:
        raise problems[0] if len(problems) == 1 else Problems(problems)
    return tuple(found.values())


def check_places(
    image_set: ImageSet,
    held: Mapping[tuple[str, str], str],
    releases: Iterable[Release],
    before: Iterable[tuple[str | None, str]],
) -> None:
    """See that the engine, which goes by its own files and the image set, can mirror no other release.

    Args:
        image_set: That travelled with the archives.
        held: Hex digest of the manifest that the archives have for a repository and tag.
        releases: That are signed.
        before: Tag and digest of what was proved to be where releases are by earlier runs.

    Raises:
        VerificationError: It could.
    """
    wrong: list[str] = []
    signed = {release.digest for release in releases}
    hexes = {digest.hex for digest in signed}
    good = {(tag, digest.partition(":")[2]) for tag, digest in before}
    signatures = {signature_tag(digest) for digest in signed}
    for (repository, tag), digest in held.items():
        is_good = digest in hexes or tag in signatures or (tag, digest) in good
        if repository == RELEASE_IMAGES and not is_good:
            wrong.append(f"they have sha256:{digest} as {repository}:{tag}")
    asked = image_set.platform.release
    if asked is not None and asked.digest is not None and asked.digest not in signed:
        wrong.append(f"their image set asks for {asked}")
    if RELEASE_IMAGES in _targets(yaml.safe_load(image_set.text)):
        wrong.append(f"their image set puts other images into {RELEASE_IMAGES}")
    if wrong:
        raise VerificationError(
            "the archives would bring a release that is not signed", why="; ".join(wrong), fix=_FIX
        )


def _targets(value: Any) -> Iterable[str]:  # noqa: ANN401  # any YAML
    """Return where an image set puts images by name."""
    children: Sequence[Any] = ()
    if isinstance(value, dict):
        yield from (str(value[key]).strip("/") for key in _TARGETS if key in value)
        children = list(value.values())
    elif isinstance(value, list):
        children = value
    for child in children:
        yield from _targets(child)


def _is_release(wanted: Wanted) -> bool:
    return wanted.kind is Kind.RELEASE or wanted.repository == RELEASE_IMAGES


def _unsigned(name: str) -> VerificationError:
    return VerificationError(
        f"release {name} is not signed", why="there is no signature with the archives", fix=_FIX
    )
