"""What oc-mirror's dry run names that we do not resolve ourselves: lines of ``mapping.txt`` as images."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Dict, List, Sequence, Tuple, Union

from bootstrap.errors import BootstrapError
from bootstrap.mirror.image import Failure, Kind, Wanted
from bootstrap.oci.digest import Digest
from bootstrap.oci.reference import Reference, is_registry

if TYPE_CHECKING:
    from bootstrap.mirror.collected import Sources


def _place(destination: str, location: str) -> Tuple[str, str]:
    """Return repository and tag of a destination at ``location``; no tag for one by digest."""
    repository, _, tag = destination[len(location) + 1 :].partition(":")
    return (repository, tag) if destination.startswith(f"{location}/") and "@" not in repository else ("", "")


def moves(
    lines: Sequence[Tuple[str, str]], location: str, own: str
) -> List[Tuple[str, Tuple[str, str], bool]]:
    """Return source, repository and tag of all that ``mapping.txt`` puts at ``location``.

    A catalog goes to oc-mirror's own registry first, is made anew there, and goes on under another tag: its
    source is that of the first of these lines. The third value says that an image is such a one.

    Source: oc-mirror v2 at 855b64a, ``internal/pkg/operator`` (``RebuiltTag``), and what it writes.
    """
    origins: Dict[Tuple[str, str], str] = {}
    for source, destination in lines:
        place = _place(destination, own)
        if place[1] and not source.startswith(f"{own}/"):
            origins[place] = source
            origins.setdefault((place[0], ""), source)
    found = []
    for source, destination in lines:
        place, is_rebuilt = _place(destination, location), source.startswith(f"{own}/")
        if not place[1] or (is_rebuilt and location == own):
            continue
        cached = _place(source, own)[0]
        origin = origins.get(place) or origins.get((cached, "")) if is_rebuilt else source
        found.append((origin or source, place, is_rebuilt))
    return found


def kind_of(source: str, catalogs: Sequence[str], *, has_operators: bool, is_rebuilt: bool) -> Kind:
    """Return what an image is for that is no release's and is not named by itself.

    ``mapping.txt`` does not say; with operators and charts in one image set, what is no catalog is counted as
    an operator's.
    """
    names = {_repository(each) for each in catalogs}
    if is_rebuilt or _repository(source) in names:
        return Kind.CATALOG
    return Kind.OPERATOR if has_operators else Kind.HELM


def _repository(name: str) -> str:
    """Return a reference without its tag and digest."""
    first, _, rest = name.partition("@")[0].partition("/")
    return f"{first}/{rest.partition(':')[0]}"


def in_full(name: str) -> str:
    """Return a reference with its registry; charts leave it out, and mean Docker Hub.

    Source: distribution/reference v0.6, ``ParseDockerRef``, which oc-mirror's transport uses.
    """
    first, slash, _ = name.partition("/")
    if slash and is_registry(first):
        return name
    return f"docker.io/{name}" if slash else f"docker.io/library/{name}"


def wanted_of(kind: Kind, source: str, place: Tuple[str, str], sources: Sources) -> Union[Wanted, Failure]:
    """Return the image with the digest that its source has now, or why that cannot be said."""
    reference = Reference.parse(in_full(source))
    found = Wanted(kind, reference, reference.digest or Digest.of(b""), *place)
    if reference.digest is None:
        try:
            store, repository = sources.store_for(reference.name)
            found = replace(found, digest=store.resolve(repository, str(reference.tag)).digest)
        except BootstrapError as error:
            return Failure(found, error)
    return found
