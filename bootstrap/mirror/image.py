"""The images of a run: what is wanted, where it goes, and what it consists of."""

from __future__ import annotations

import enum
import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Sequence

from bootstrap.errors import BootstrapError, Problems
from bootstrap.oci.manifest import Manifest

if TYPE_CHECKING:
    from bootstrap.oci.descriptor import Descriptor
    from bootstrap.oci.digest import Digest
    from bootstrap.oci.manifest import AnyManifest
    from bootstrap.oci.reference import Reference

_MOST_NAMED = 10  # images that one message lists


class Kind(enum.Enum):
    """What an image is for.

    ``signature`` is a Sigstore signature, ``attached`` any other artefact that refers to an image;
    ``catalog``, ``operator`` (what a catalog lists) and ``helm`` are from those sections of an image set.
    """

    RELEASE = "release"
    COMPONENT = "component"
    SIGNATURE = "signature"
    GRAPH = "graph"
    ADDITIONAL = "additional"
    ATTACHED = "attached"
    CATALOG = "catalog"
    OPERATOR = "operator"
    HELM = "helm"


@dataclass(frozen=True)
class Wanted:
    """An image to be at the destination.

    Attributes:
        source: As the image set, the update graph or the payload names it; never where it is redirected to.
        digest: What the source had under that name when we looked.
        repository: Where it goes.
        tag: Under which tag.
        release: The version it belongs to.
        architecture: Of the release, in Go's words or ``multi``.
        component: Its name in the payload.
        platforms: ``linux/amd64`` …: only these out of its index, which then names images that are not there.
    """

    kind: Kind
    source: Reference
    digest: Digest
    repository: str
    tag: str
    release: str | None = None
    architecture: str | None = None
    component: str | None = None
    platforms: tuple[str, ...] = ()

    def __str__(self) -> str:
        return str(self.source)


@dataclass(frozen=True)
class Image:
    """A wanted image, and what it consists of.

    Attributes:
        manifests: Children before parents, each once, the root last.
    """

    wanted: Wanted
    manifests: tuple[AnyManifest, ...] = field(repr=False)

    @functools.cached_property
    def blobs(self) -> tuple[Descriptor, ...]:
        """Its blobs, each once."""
        found = {}
        for manifest in self.manifests:
            for child in manifest.children() if isinstance(manifest, Manifest) else ():
                found[child.digest] = child
        return tuple(found.values())

    @property
    def size(self) -> int:
        """Bytes of all its manifests and blobs."""
        return sum(len(manifest.raw) for manifest in self.manifests) + sum(blob.size for blob in self.blobs)


@dataclass(frozen=True)
class Failure:
    """An image that cannot be mirrored, and why."""

    wanted: Wanted
    error: BootstrapError


def as_error(failures: Sequence[Failure]) -> BootstrapError:
    """Return one error for one or more failures; those with the same reason are told together."""
    groups: dict[tuple[type, str, str], list[Failure]] = {}
    for failure in failures:
        error = failure.error
        groups.setdefault((type(error), error.why, error.fix), []).append(failure)
    errors = [_told(group) for group in groups.values()]
    return errors[0] if len(errors) == 1 else Problems(errors)


def _told(group: Sequence[Failure]) -> BootstrapError:
    names = list(dict.fromkeys(str(failure.wanted) for failure in group))
    more = len(names) - _MOST_NAMED
    error = group[0].error
    what = (
        "cannot mirror " + ", ".join(names[:_MOST_NAMED]) + (f" and {more} more images" if more > 0 else "")
    )
    return type(error)(what, why=f"{error.what}: {error.why}", fix=error.fix)
