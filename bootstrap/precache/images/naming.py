"""What the archive of an image is called; the scripts on the nodes have the same rule."""

from __future__ import annotations


def artifact_name(pull_spec: str) -> str:
    """Return what an image's archive is called, without ``.tgz``: ``ocp-v4.0-art-dev@sha256_<hex>``.

    It is the last component of the pull spec with ``_`` for its first colon; so two images of one name and
    tag in different repositories have one name.

    Source: openshift-kni/telco-ran-tools at ecd9e26, ``cmd/download.go``.
    """
    return pull_spec.rpartition("/")[2].replace(":", "_", 1)
