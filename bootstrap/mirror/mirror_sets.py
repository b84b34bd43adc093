"""Which repository of the mirror stands in for which source: one model, computed from the ledger.

Clusters get it written down as ImageDigestMirrorSet and ImageTagMirrorSet (``bootstrap/cluster``); a
verification looks for images the way a node that has these does (:func:`places_of`). Every registry of the
site is named, the first one first, so that a cluster fails over by itself.

A node looks only at the entry with the longest source that fits, whether that entry is for digests, for tags
or for both (containers-registries.conf(5), "prefix"); so an entry for one repository has to hold all that is
to be found of it, for the wider one is out of sight.

Source: oc-mirror v2 at 855b64a, ``internal/pkg/clusterresources/clusterresources.go``
(``generateImageMirrors``, ``attemptNamespaceScope``): release content is mapped repository by repository, all
other content namespace by namespace where its path is kept; a catalog or graph data image is not mapped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Collection, Iterable, Mapping, Sequence

from bootstrap.errors import HostError
from bootstrap.oci.reference import Reference

_GROUPS = {
    "release": "release",
    "component": "release",
    "signature": "release",
    "additional": "generic",
    "attached": "generic",
    "operator": "operator",
    "helm": "generic",
}
# A catalog is named, where it is in the mirror, by its CatalogSource; graph data by the UpdateService.
NAMED_DIRECTLY = ("catalog", "graph")
# Asked for by digest; a signature is asked for where its image was found, so it needs no entry of its own.
_BY_DIGEST_ONLY = ("component", "signature", "attached")


@dataclass(frozen=True, order=True)
class Mirror:
    """One source and where else its images are.

    Attributes:
        source: Repository or namespace as clusters name it (``quay.io/openshift-release-dev/ocp-release``).
        mirrors: The same content in each registry of the site, in the order in which to try them.
        by: ``"digest"`` or ``"tag"``: how images of it were asked for.
        group: ``"release"``, ``"operator"`` or ``"generic"``: which object it stands in.
    """

    source: str
    mirrors: tuple[str, ...]
    by: str
    group: str


def mirrors_of(ledger: Mapping[str, Any], registries: Sequence[str]) -> tuple[Mirror, ...]:
    """Return the mirrors for all that ``ledger`` holds, sorted; each source once by group and ``by``.

    Args:
        ledger: As the agent tells it.
        registries: Locations (``host:port``) of the site's registries, the preferred one first.

    Raises:
        HostError: The ledger has an image of a kind we do not know (it is from a newer agent).
    """
    needs = {need for image in ledger["images"] for need in _needs(image)}
    scopes = {need.widest for need in needs}
    while True:
        narrower = {need.source for need in needs if not need.fits(_scope(need.source, scopes))}
        if not narrower:
            break
        scopes |= narrower
    found: dict[tuple[str, str, str], set[str]] = {}
    for need in needs:
        # The namespace stays when a repository of it gets an entry of its own: what goes away drains nodes.
        for scope in {_scope(need.source, scopes), need.widest}:
            destination = need.destination[: len(need.destination) - (len(need.source) - len(scope))]
            found.setdefault((scope, need.by, need.group), set()).add(destination)
    return tuple(
        sorted(
            Mirror(scope, tuple(f"{each}/{path}" for each in registries for path in sorted(paths)), by, group)
            for (scope, by, group), paths in found.items()
        )
    )


def places_of(source: Reference, mirrors: Iterable[Mirror]) -> tuple[str, ...]:
    """Return the repositories (``host:port/path``) in which a node looks for ``source``, in its order.

    None when it would go to the source itself; that is where it goes after the last of them, too.
    """
    by = "digest" if source.digest is not None else "tag"
    known = tuple(mirrors)
    scope = _scope(source.name, {mirror.source for mirror in known})
    rest = source.name[len(scope) :]
    found = [place for each in known if each.source == scope and each.by == by for place in each.mirrors]
    return tuple(dict.fromkeys(place + rest for place in found))


@dataclass(frozen=True)
class _Need:
    """One repository, as it is asked for, and one repository of the mirror that has it.

    Attributes:
        source: With its registry.
        path: Of the source, without its registry.
    """

    source: str
    path: str
    destination: str
    by: str
    group: str

    @property
    def widest(self) -> str:
        """The namespace where the path is kept, else the repository.

        A namespace keeps the number of entries, and so of node drains on a change, low.
        """
        is_kept = self.path == self.destination and "/" in self.path and self.group != "release"
        return self.source.rpartition("/")[0] if is_kept else self.source

    def fits(self, scope: str) -> bool:
        """Whether an entry for ``scope`` can lead to the destination."""
        return scope == self.source or (bool(scope) and self.path == self.destination)


def _needs(image: Mapping[str, Any]) -> Iterable[_Need]:
    kind = str(image["kind"])
    if kind in NAMED_DIRECTLY:
        return
    if kind not in _GROUPS:
        raise HostError(
            f"cannot render mirror sets for {image['source']}",
            why=f"the ledger calls it {kind!r}; this driver knows {', '.join((*_GROUPS, *NAMED_DIRECTLY))}",
            fix="use a newer bootstrap-registry",
        )
    source = Reference.parse(image["source"])
    for by in _asked_by(kind, source):
        yield _Need(source.name, source.repository, str(image["destination"]), by, _GROUPS[kind])


def _asked_by(kind: str, source: Reference) -> tuple[str, ...]:
    """Return how clusters ask for images of this source.

    A release image is asked for by digest, and by tag when someone types a version; an image that the user
    named by tag is resolved to its digest by much of OpenShift (builds, Knative), so it needs both.
    """
    if kind == "release" or (source.tag is not None and kind not in _BY_DIGEST_ONLY):
        return ("digest", "tag")
    return ("digest",)


def _scope(name: str, scopes: Collection[str]) -> str:
    """Return the longest of ``scopes`` that ``name`` is in; empty for none."""
    while name and name not in scopes:
        name = name.rpartition("/")[0]
    return name
