"""Release signatures, where a disconnected cluster looks for them before it updates.

Source: openshift/library-go ``pkg/verify/store/configmap/configmap.go`` (``Signatures``): every ConfigMap of
the namespace with the label, every key that begins with ``sha256-<hex>``. Name as oc-mirror v2 has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NAMESPACE = "openshift-config-managed"
_NAME = "mirrored-release-signatures"
LABEL = "release.openshift.io/verification-signatures"


# `oc apply` keeps the whole object in an annotation, and annotations have 256 KiB: some 200 signatures.
_MOST = 200_000  # characters of keys and values in one object


def signatures(ledger: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the ConfigMap with the signatures of all releases of ``ledger``; none when there are none.

    More than fit into one go into a second, ``…-2``, and so on: clusters read them all.
    """
    found = {
        f"{str(release['digest']).replace(':', '-')}-1": str(release["signature_base64"])
        for release in ledger["releases"]
        if release["signature_base64"]
    }
    parts: list[dict[str, str]] = []
    room = 0
    for key, value in sorted(found.items()):
        if len(key) + len(value) > room:
            parts.append({})
            room = _MOST
        parts[-1][key] = value
        room -= len(key) + len(value)
    return [_config_map(number, part) for number, part in enumerate(parts, 1)]


def _config_map(number: int, data: Mapping[str, str]) -> dict[str, Any]:
    name = _NAME if number == 1 else f"{_NAME}-{number}"
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": {LABEL: ""}},
        "binaryData": dict(data),
    }
