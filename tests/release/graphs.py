"""Answers of an update service."""

from __future__ import annotations

import hashlib
import json

PAYLOADS = "quay.io/openshift-release-dev/ocp-release"


def payload(version: str) -> str:
    return f"{PAYLOADS}@sha256:{hashlib.sha256(version.encode()).hexdigest()}"


def answer(versions, edges=(), channels=None) -> bytes:
    """Versions in any order; edges as pairs of versions."""
    nodes = [
        {
            "version": version,
            "payload": payload(version),
            "metadata": {
                "io.openshift.upgrades.graph.release.channels": (channels or {}).get(version, ""),
            },
        }
        for version in versions
    ]
    numbers = {version: number for number, version in enumerate(versions)}
    return json.dumps(
        {
            "nodes": nodes,
            "edges": [[numbers[start], numbers[end]] for start, end in edges],
            "conditionalEdges": [],
        }
    ).encode()
