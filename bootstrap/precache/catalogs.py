"""The operator catalogs that a site mirrors, found as the user names them, and read from its registries."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import dataclass

from bootstrap.catalog.model import Catalog
from bootstrap.catalog.read import read_catalog
from bootstrap.cluster.catalogs import KINDS, catalogs, image_of
from bootstrap.cluster.given import Given
from bootstrap.cluster.installer.images import MirroredImages, image_for
from bootstrap.errors import ConfigError
from bootstrap.oci.reference import Reference
from bootstrap.release.architecture import ARCHITECTURES

_MULTI = "multi"


@dataclass(frozen=True)
class MirroredCatalog:
    """A catalog that is in the mirror.

    Attributes:
        source: Pull spec at its source, as the image set has it.
        repository: In each registry of the site.
        reference: Its tag there, or its digest where it has no tag.
        source_name: Of the CatalogSource that clusters know it by; empty where none was made.
    """

    source: str
    repository: str
    reference: str
    source_name: str = ""

    @property
    def tag(self) -> str:
        """The tag at its source, ``v4.20``; empty for none."""
        return Reference.parse(self.source).tag or ""


def mirrored_catalogs(given: Given) -> tuple[MirroredCatalog, ...]:
    """Return the mirrored catalogs, by source."""
    sources, _ = catalogs(given.ledger, KINDS[0], given.registries)
    names: dict[tuple[str, str], str] = {}
    for each in sources:
        image = Reference.parse(image_of(each))
        names[image.repository, str(image.digest or image.tag)] = str(each["metadata"]["name"])
    found = []
    for image in given.ledger["images"]:
        if image["kind"] == "catalog":
            place, reference = str(image["destination"]), str(image["tag"] or image["digest"])
            name = names.get((place, reference)) or names.get((place, str(image["digest"])), "")
            found.append(MirroredCatalog(str(image["source"]), place, reference, name))
    return tuple(sorted(set(found), key=lambda each: (each.source, each.repository, each.reference)))


def catalog_named(given: Given, name: str) -> MirroredCatalog:
    """Return the mirrored catalog that ``name`` is about.

    Args:
        given: Of the site.
        name: Its pull spec at the source, with or without its tag where one alone is mirrored of it; or the
            name of its CatalogSource.

    Raises:
        ConfigError: None is, or several are.
    """
    known = mirrored_catalogs(given)
    found = [each for each in known if name in (each.source, each.source_name)]
    found = found or [each for each in known if Reference.parse(each.source).name == name]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(each.source for each in found or known) or "none at all"
    near = difflib.get_close_matches(name, [each.source for each in known], n=1, cutoff=0.6)
    raise ConfigError(
        f"cannot tell which catalog {name} is" if found else f"cannot use the catalog {name}",
        why=f"several are mirrored of it: {listed}" if found else f"the mirrored catalogs are: {listed}",
        fix=f"did you mean {near[0]}?"
        if near
        else "name one of them as the image set does"
        if known
        else "name operators in the image set, and run `bootstrap-registry mirror`",
    )


def open_catalog(
    images: MirroredImages, catalog: MirroredCatalog, packages: Collection[str], architecture: str
) -> Catalog:
    """Read ``packages`` of a mirrored catalog.

    Args:
        images: Of the site.
        catalog: Which one.
        packages: Names; what is not there is told when it is asked for.
        architecture: Whose image of the catalog to read; all list the same. ``multi`` takes any.

    Raises:
        BootstrapError: It cannot be had, or is no file-based catalog.
    """
    store, digest = images.find_at_home(catalog.repository, catalog.reference)
    wanted = ARCHITECTURES if architecture == _MULTI else (architecture,)
    image, _ = image_for(store, catalog.repository, digest, wanted)
    return read_catalog(store, catalog.repository, image, packages, name=catalog.source)
