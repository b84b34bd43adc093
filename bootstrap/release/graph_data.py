"""Graph data: what an update service of the cluster's own is fed with, as a layer of an image.

The same data give the same bytes, on every machine: order, times, owners and compression are fixed.

Source: openshift/cincinnati-operator, docs/graph-data-init-container.md; oc-mirror v2 at 855b64a,
``internal/pkg/release/graph.go`` (``CreateGraphImage``) and ``const.go``.
"""

from __future__ import annotations

import io
import posixpath
import struct
import tarfile
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bootstrap.errors import RegistryError
from bootstrap.oci.digest import Digest

if TYPE_CHECKING:
    from bootstrap.release.download import Downloader

DIRECTORY = "var/lib/cincinnati-graph-data"  # in the image
MOUNTED_AT = "/var/lib/cincinnati/graph-data"  # where the update service reads: the container copies it there
# What the container runs: the operator starts it as an init container with the command that it has.
COMMAND = ("/bin/bash", "-c", f"exec cp -rp /{DIRECTORY}/* {MOUNTED_AT}")

_WHAT = "cannot fetch the graph data"
_GZIP = b"\x1f\x8b"  # how it begins: RFC 1952
_REDIRECTS = 5  # most to follow
_DOWNLOAD_LIMIT = 64 * 1024 * 1024  # bytes; today's has under 1 MiB
_CONTENT_LIMIT = 256 * 1024 * 1024  # unpacked
_NEEDED = "channels"  # openshift/cincinnati-graph-data has this directory at its top
_STORED = 0xFFFF  # most bytes of a block: RFC 1951, 3.2.4


@dataclass(frozen=True)
class Layer:
    """A layer: its bytes (gzip), and the digest of the tar inside."""

    content: bytes = field(repr=False)
    diff_id: Digest


def ask(url: str, downloader: Downloader) -> None:
    """See that ``url`` serves a gzipped file, without fetching all of it; raises as :func:`download`."""
    begin = downloader.first(url, what=_WHAT, size=len(_GZIP), redirects=_REDIRECTS)
    if begin != _GZIP:
        raise _no_graph_data(url, "it is no gzipped file")


def download(url: str, downloader: Downloader) -> Layer:
    """Return the graph data that ``url`` serves as a gzipped tar.

    Raises:
        RegistryError: It serves something else.
        TransferError: It cannot be talked to.
    """
    body = downloader.get(url, what=_WHAT, limit=_DOWNLOAD_LIMIT, redirects=_REDIRECTS)
    try:
        return make_layer(_files(body))
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError) as error:
        raise _no_graph_data(url, error) from error


def make_layer(files: dict[str, bytes]) -> Layer:
    """Return a layer with ``files`` (by path) in ``DIRECTORY``, which everybody may read."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(_folders(files) | files.keys()):
            entry = tarfile.TarInfo(path)
            content = files.get(path)
            if content is None:
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(entry)
            else:
                entry.size, entry.mode = len(content), 0o644
                archive.addfile(entry, io.BytesIO(content))
    tar = out.getvalue()
    return Layer(_gzip(tar), Digest.of(tar))


def _no_graph_data(url: str, error: object) -> RegistryError:
    return RegistryError(
        _WHAT,
        why=f"what {url} serves is not graph data: {error}",
        fix="check mirror_content_graph_data_url, and whether a proxy answers in its place",
    )


def _files(body: bytes) -> dict[str, bytes]:
    """Return the regular files of a gzipped tar by their path in the image; raises ValueError."""
    found: dict[str, bytes] = {}
    left = _CONTENT_LIMIT
    with tarfile.open(fileobj=io.BytesIO(body), mode="r:gz") as archive:
        for entry in archive:
            if not entry.isfile():
                continue
            path = posixpath.normpath(entry.name.lstrip("/"))
            left -= entry.size
            if left < 0:
                raise ValueError(f"it unpacks to more than {_CONTENT_LIMIT} bytes")
            if path.split("/")[0] in ("..", "."):
                raise ValueError(f"it has a file {entry.name!r}")
            content = archive.extractfile(entry)
            found[f"{DIRECTORY}/{path}"] = content.read() if content is not None else b""
    if not any(path.startswith(f"{DIRECTORY}/{_NEEDED}/") for path in found):
        raise ValueError(f"it has no directory {_NEEDED} at its top")
    return found


def _folders(files: dict[str, bytes]) -> set[str]:
    """Return every folder from ``DIRECTORY`` down."""
    found = {DIRECTORY}
    for path in files:
        folder = posixpath.dirname(path)
        while len(folder) > len(DIRECTORY):
            found.add(folder)
            folder = posixpath.dirname(folder)
    return found


def _gzip(content: bytes) -> bytes:
    """Return ``content`` in gzip's format, stored: what deflate makes of it differs between its versions."""
    pieces = [content[start : start + _STORED] for start in range(0, len(content), _STORED)] or [b""]
    blocks = b"".join(
        struct.pack("<BHH", number == len(pieces), len(piece), len(piece) ^ _STORED) + piece
        for number, piece in enumerate(pieces, start=1)
    )
    head = _GZIP + b"\x08\0" + b"\0\0\0\0" + b"\0\xff"  # RFC 1952: deflate, no name, no time, unknown system
    return head + blocks + struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF)
