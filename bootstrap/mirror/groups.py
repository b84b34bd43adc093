"""What images are shown together as: a release, or what an image set asks for besides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bootstrap.mirror.image import Kind

if TYPE_CHECKING:
    from bootstrap.mirror.image import Wanted
    from bootstrap.mirror.ledger import Entry

_OTHERS = {
    Kind.GRAPH: "graph data",
    Kind.CATALOG: "operators",
    Kind.OPERATOR: "operators",
    Kind.HELM: "helm charts",
}


def group_of(kind: Kind, release: str | None, architecture: str | None) -> str:
    """Return ``release 4.20.9 amd64``, ``additional images`` or what else there is."""
    if release is not None and kind is not Kind.GRAPH:
        return f"release {release} {architecture}" if architecture else f"release {release}"
    return _OTHERS.get(kind, "additional images")


def group_of_entry(entry: Entry) -> str:
    """Return the group of an image of the ledger."""
    return group_of(Kind(entry.kind), entry.release, entry.architecture)


def group_of_wanted(wanted: Wanted) -> str:
    """Return the group of an image of a run."""
    return group_of(wanted.kind, wanted.release, wanted.architecture)
