"""Where the nodes of a cluster look for the images of a ledger, when they have its mirror sets. No I/O.

A verification that asked only where a run has put things would not notice that no cluster finds them there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Mapping, Sequence

from bootstrap.mirror.broken import Target
from bootstrap.mirror.image import Kind
from bootstrap.mirror.layout import signature_tag
from bootstrap.mirror.mirror_sets import NAMED_DIRECTLY, Mirror, places_of
from bootstrap.oci.digest import Digest
from bootstrap.oci.reference import Reference
from bootstrap.release.version import Version

if TYPE_CHECKING:
    from bootstrap.mirror.ledger import Entry, Ledger

# Of the kinds that the user names by a tag, and nodes may, too.
_ASKED_BY_TAG = (Kind.RELEASE.value, Kind.ADDITIONAL.value, Kind.HELM.value, Kind.OPERATOR.value)
# From 4.21 on the cluster's own image policy wants a release's Sigstore signature: OCPBUGS-70297.
_SIGSTORE_SINCE = Version(4, 21, 0)


@dataclass(frozen=True)
class Sought:
    """An image of the ledger, as it is looked for in one registry.

    Attributes:
        targets: What has to be there.
        problem: Why nothing has to be asked: no node would find it, or may run it; None otherwise.
    """

    entry: Entry
    targets: tuple[Target, ...]
    problem: str | None = None


def sought(ledger: Ledger, mirrors: Sequence[Mirror], location: str, *, is_signed: bool) -> list[Sought]:
    """Return how the images of ``ledger`` are looked for in ``location``: all of them.

    Whatever was brought there, mirror sets name every registry, and nodes go on from one to the next.

    Args:
        ledger: What is mirrored.
        mirrors: That the nodes have.
        location: Of one of the registries.
        is_signed: Releases have to have their signatures.
    """
    unsigned = _unsigned(ledger) if is_signed else {}
    found = []
    for entry in ledger.images:
        targets, problem = _targets(entry, mirrors, location)
        if entry.kind == Kind.RELEASE.value:
            problem = problem or unsigned.get(entry.digest)
        found.append(Sought(entry, targets, problem))
    return found


def _targets(entry: Entry, mirrors: Sequence[Mirror], location: str) -> tuple[tuple[Target, ...], str | None]:
    digest = Digest(entry.digest)
    kept = Target(entry.source, entry.destination, entry.tag, digest, entry.platforms)
    if entry.kind in NAMED_DIRECTLY:
        return (kept,), None
    source = Reference.parse(entry.source)
    asked = source.with_digest(_signed_by(entry) or digest)
    place = _place(asked, mirrors, location, entry)
    if place is None:
        return (), f"no mirror set leads nodes from {asked.name} to {location}"
    found = entry.tag if place == entry.destination else None
    targets = [Target(entry.source, place, found, digest, entry.platforms), kept]
    tag = entry.source_tag or source.tag
    if entry.kind in _ASKED_BY_TAG and tag is not None and tag == entry.tag:
        place = _place(source.with_tag(tag), mirrors, location, entry)
        if place is None:
            return (), f"no mirror set for tags leads nodes from {source.name}:{tag} to {location}"
        targets.append(Target(entry.source, place, tag, digest, entry.platforms))
    return tuple(dict.fromkeys(targets)), None


def _place(asked: Reference, mirrors: Sequence[Mirror], location: str, entry: Entry) -> str | None:
    """Return the repository of ``location`` in which a node looks; where there are several, each in turn."""
    prefix = f"{location}/"
    places = [each[len(prefix) :] for each in places_of(asked, mirrors) if each.startswith(prefix)]
    return entry.destination if entry.destination in places else next(iter(places), None)


def _signed_by(entry: Entry) -> Digest | None:
    """Return the image that a signature is of: nodes look for it where they have found that."""
    digest = f"sha256:{(entry.tag or '')[len('sha256-') : -len('.sig')]}"
    if entry.kind == Kind.SIGNATURE.value and Digest.is_digest(digest):
        return Digest(digest)
    return None


def _unsigned(ledger: Ledger) -> Mapping[str, str]:
    """Return, by digest, the releases that lack a signature, and which."""
    sigstore = {entry.tag for entry in ledger.images if entry.kind == Kind.SIGNATURE.value}
    found = {}
    for release in ledger.releases:
        digest, version = str(release["digest"]), str(release["version"])
        if not release.get("signature_base64"):
            found[digest] = f"the ledger has no GPG signature of release {version}"
        elif Version.parse(version) >= _SIGSTORE_SINCE and signature_tag(Digest(digest)) not in sigstore:
            found[digest] = (
                f"release {version} was mirrored without its Sigstore signature, which clusters from "
                f"{_SIGSTORE_SINCE} on want"
            )
    return found
