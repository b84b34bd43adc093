"""Release signatures, where a disconnected cluster looks for them before it updates.

Source: openshift/library-go ``pkg/verify/store/configmap/configmap.go`` (``Signatures``): every ConfigMap of
the namespace with the label, every key that begins with ``sha256-<hex>``. Name as oc-mirror v2 has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NAMESPACE = "openshift-config-managed"
_NAME = "mirrored-release-signatures"
_LABEL = "release.openshift.io/verification-signatures"


def signatures(ledger: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the ConfigMap with the signatures of all releases of ``ledger``; None when there are none."""
    found = {
        f"{str(release['digest']).replace(':', '-')}-1": release["signature_base64"]
        for release in ledger["releases"]
        if release["signature_base64"]
    }
    if not found:
        return None
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": _NAME, "namespace": _NAMESPACE, "labels": {_LABEL: ""}},
        "binaryData": dict(sorted(found.items())),
    }
