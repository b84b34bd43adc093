"""Everything a cluster is given, rendered from the ledger: objects, the files that hold them, and a README.

The same ledger gives the same bytes; a run that added something changes objects and never their names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bootstrap.cluster.catalogs import KINDS, catalogs
from bootstrap.cluster.mirror_sets import image_digest_mirror_sets, image_tag_mirror_sets, to_yaml
from bootstrap.cluster.signatures import signatures
from bootstrap.cluster.update_service import NAMESPACE, update_service
from bootstrap.errors import BootstrapError
from bootstrap.mirror.mirror_sets import mirrors_of

Object = Mapping[str, Any]

# What each file is for, in the order in which to apply them.
_FILES = {
    "idms.yaml": "where images named by digest are: every install and update needs it",
    "itms.yaml": "where images named by tag are; a change of it drains nodes",
    "signatures.yaml": "the signatures of the mirrored releases, without which a cluster refuses to update",
    "catalog-sources.yaml": "the mirrored operator catalogs",
    "cluster-catalogs.yaml": "the same for the newer Operator Lifecycle Manager (from 4.18)",
    "update-service.yaml": "the update graph; its operator, OpenShift Update Service, comes first, "
    f"in the namespace {NAMESPACE}",
}


@dataclass(frozen=True)
class Rendered:
    """What a ledger comes to.

    Attributes:
        by_file: Objects by file name; no file without an object.
        left_out: Why an object is not among them.
    """

    by_file: Mapping[str, Sequence[Object]]
    left_out: tuple[BootstrapError, ...]

    @property
    def objects(self) -> tuple[Object, ...]:
        """All objects, in the order in which to apply them."""
        return tuple(item for items in self.by_file.values() for item in items)

    def files(self) -> dict[str, str]:
        """Return the text of each file, the README among them."""
        texts = {name: to_yaml(items) for name, items in self.by_file.items()}
        return {**texts, "README.md": self._readme()}

    def _readme(self) -> str:
        rows = "".join(f"| `{name}` | {_FILES[name]} |\n" for name in self.by_file)
        return (
            "# Cluster resources\n\n"
            "Made by bootstrap-registry from what is mirrored; a change made here is overwritten.\n\n"
            "See first what would change, and whether nodes would drain: "
            "`bootstrap-registry resources diff -i SITE`.\n"
            "Then give a cluster all of it with `oc apply -f` and the path of this directory,"
            " or file by file in this order:\n\n"
            f"| file | what it is for |\n|---|---|\n{rows}"
        )


def render(ledger: Mapping[str, Any], registries: Sequence[str]) -> Rendered:
    """Return everything for the clusters of a site.

    Args:
        ledger: As the agent tells it.
        registries: Locations (``host:port``) of the site's registries, the preferred one first, one or more.

    Raises:
        HostError: The ledger is from a newer agent.
    """
    mirrors = mirrors_of(ledger, registries)
    service = update_service(ledger, registries[0])
    sources, clusters = (catalogs(ledger, kind, registries) for kind in KINDS)
    by_file: dict[str, Sequence[Object]] = {
        "idms.yaml": image_digest_mirror_sets(mirrors),
        "itms.yaml": image_tag_mirror_sets(mirrors),
        "signatures.yaml": signatures(ledger),
        "catalog-sources.yaml": sources[0],
        "cluster-catalogs.yaml": clusters[0],
        "update-service.yaml": [] if service is None else [service],
    }
    kept = {name: items for name, items in by_file.items() if items}
    return Rendered(kept, (*sources[1], *clusters[1]))
