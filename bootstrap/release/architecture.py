"""Architectures: the names of the update graph, and the suffixes of release tags."""

from __future__ import annotations

# Release tags (4.20.9-x86_64) have the kernel's names, the update graph and image configs have Go's.
# Source: quay.io/openshift-release-dev/ocp-release; openshift/cincinnati, query parameter ``arch``.
SUFFIXES = {
    "amd64": "x86_64",
    "arm64": "aarch64",
    "ppc64le": "ppc64le",
    "s390x": "s390x",
    "multi": "multi",
}
ARCHITECTURES = tuple(SUFFIXES)
DEFAULT = "amd64"  # oc-mirror v2, type_platform.go: DefaultPlatformArchitecture


def release_tag(version: object, architecture: str) -> str:
    """Return the tag under which a release is published: ``4.20.9-x86_64``."""
    return f"{version}-{SUFFIXES[architecture]}"
