"""Which repository of the mirror stands in for which source: one model, computed from the ledger.

Clusters get it written down as ImageDigestMirrorSet and ImageTagMirrorSet (``bootstrap/cluster``); a
verification looks for images the way a node that has these does. Every registry of the site is named, the
first one first, so that a cluster fails over by itself.

Source: oc-mirror v2 maps release content repository by repository and all other content namespace by
namespace.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from bootstrap.errors import HostError
from bootstrap.oci.reference import Reference

_RELEASE_KINDS = ("release", "component", "signature")
_KINDS = (*_RELEASE_KINDS, "graph", "additional", "attached", "catalog", "operator", "helm")


@dataclass(frozen=True, order=True)
class Mirror:
    """One source and where else its images are.

    Attributes:
        source: Repository or namespace as clusters name it (``quay.io/openshift-release-dev/ocp-release``).
        mirrors: The same content in each registry of the site, in the order in which to try them.
        by: ``"digest"`` or ``"tag"``: how images of it were asked for.
        group: ``"release"`` or ``"generic"``: which object it stands in.
    """

    source: str
    mirrors: tuple[str, ...]
    by: str
    group: str


def mirrors_of(ledger: Mapping[str, Any], registries: Sequence[str]) -> tuple[Mirror, ...]:
    """Return the mirrors for all that ``ledger`` holds, sorted, each once.

    Args:
        ledger: As the agent tells it, schema 1.
        registries: Locations (``host:port``) of the site's registries, the preferred one first.

    Raises:
        HostError: The ledger has an image of a kind we do not know (it is from a newer agent).
    """
    found: set[Mirror] = set()
    for image in ledger["images"]:
        _refuse_unknown(image)
        if image["kind"] == "graph":
            continue  # made here: no cluster asks for it by another name
        source, destination = Reference.parse(image["source"]), str(image["destination"])
        group = "release" if image["kind"] in _RELEASE_KINDS else "generic"
        source_path, destination_path = source.repository, destination
        if group == "generic":
            source_path, destination_path = _widest(source.repository, destination)
        for by in _asked_by(source, group):
            mirrors = tuple(f"{registry}/{destination_path}" for registry in registries)
            found.add(Mirror(f"{source.registry}/{source_path}", mirrors, by, group))
    return tuple(sorted(found))


def _asked_by(source: Reference, group: str) -> tuple[str, ...]:
    """Return how clusters ask for images of this source.

    Release content is asked for by digest, and by tag when someone types a version; an image that the user
    named by tag is resolved to its digest by much of OpenShift (builds, Knative), so it needs both.
    """
    if group == "release" or source.tag is not None:
        return ("digest", "tag")
    return ("digest",)


def _widest(source: str, destination: str) -> tuple[str, str]:
    """Return the namespaces where they and the last part agree, else the repositories.

    A namespace keeps the number of entries, and so of node drains on a change, low.
    """
    source_space, _, source_name = source.rpartition("/")
    destination_space, _, destination_name = destination.rpartition("/")
    if source_space and source_space == destination_space and source_name == destination_name:
        return source_space, destination_space
    return source, destination


def _refuse_unknown(image: Mapping[str, Any]) -> None:
    if image["kind"] not in _KINDS:
        raise HostError(
            f"cannot render mirror sets for {image['source']}",
            why=f"the ledger calls it {image['kind']!r}; this driver knows {', '.join(_KINDS)}",
            fix="use a newer bootstrap-registry",
        )
