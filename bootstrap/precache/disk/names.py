"""What the files of a disk are called; the scripts on the nodes look for these names."""

from __future__ import annotations

from enum import StrEnum

DISCOVERY_LIST, INSTALL_LIST = "ai-images.txt", "ocp-images.txt"
MAPPING, IMAGES, SUMS, ABOUT = "mapping.txt", "images.txt", "SHA256SUMS", "precache.json"
LISTS = (DISCOVERY_LIST, INSTALL_LIST, MAPPING, IMAGES, SUMS, ABOUT)
VIEWS, BLOBS = "images", "blobs/sha256"
ARCHIVE_SUFFIX = ".tgz"
UNFINISHED = ".precache-unfinished"  # there while we write, and after we were killed
SPOOL = ".precache-spool"  # blobs on their way into archives
PARTIAL = ".partial"
PROBE = f".precache-probe{PARTIAL}"  # there while we look what the file system can


class Format(StrEnum):
    """How images lie on the disk.

    ``layout`` is one OCI image layout, in which each blob is once; ``tgz`` an archive an image, as
    telco-ran-tools has it.
    """

    LAYOUT = "layout"
    TGZ = "tgz"
