"""The UpdateService: a cluster's own update graph, from the graph data image in the mirror.

Source: openshift/cincinnati-operator ``UpdateService``; names and fields as oc-mirror v2 at 855b64a has them,
``internal/pkg/clusterresources/clusterresources.go`` (``UpdateServiceGenerator``): a cluster that has one of
oc-mirror's sees an edit, and keeps the address of its update service, which is made from the name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NAMESPACE = "openshift-update-service"
_NAME = "update-service-oc-mirror"
_RELEASES = "openshift/release-images"


def update_service(ledger: Mapping[str, Any], registry: str) -> dict[str, Any] | None:
    """Return the UpdateService; None when there is no graph data image.

    The image is named by digest: with a tag the object would stay as it is when the graph data is renewed,
    and nothing in the cluster would notice.

    Args:
        ledger: As the agent tells it.
        registry: Location of the preferred registry; an UpdateService cannot name a second one, and reads the
            releases there itself, without mirror sets (cincinnati-operator, ``controllers/new.go``).
    """
    graphs = [image for image in ledger["images"] if image["kind"] == "graph" and image["tag"] is not None]
    if not graphs:
        return None
    newest = max(graphs, key=lambda image: (str(image["mirrored_at"]), str(image["digest"])))
    return {
        "apiVersion": "updateservice.operator.openshift.io/v1",
        "kind": "UpdateService",
        "metadata": {"name": _NAME, "namespace": NAMESPACE},
        "spec": {
            "replicas": 2,
            "releases": f"{registry}/{_RELEASES}",
            "graphDataImage": f"{registry}/{newest['destination']}@{newest['digest']}",
        },
    }
