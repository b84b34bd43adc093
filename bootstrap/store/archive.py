"""OCI archives: an image layout as one tar, the same bytes each time it is made of the same layout."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path
from typing import Iterator

from bootstrap.errors import ConfigError, HostError
from bootstrap.oci.digest import Digest
from bootstrap.oci.manifest import MAX_MANIFEST_SIZE
from bootstrap.store.layout_index import INDEX_FILE, MARKER_FILE, read_index

_SUFFIX = ".partial"


def write_archive(layout: str | Path, out: str | Path) -> None:
    """Write the layout in the directory ``layout`` to the tar ``out``, which appears when it is whole.

    Raises:
        HostError: The disk does not let us.
    """
    layout, out = Path(layout), Path(out)
    partial = out.with_name(out.name + _SUFFIX)
    try:
        with tarfile.open(partial, "w", format=tarfile.PAX_FORMAT) as archive:
            for path in _members(layout):
                archive.add(path, str(path.relative_to(layout)), recursive=False, filter=_anonymous)
        os.replace(partial, out)  # noqa: PTH105  # os.replace says that it replaces
    except OSError as error:
        raise HostError(
            f"cannot write the archive {out}",
            why=error.strerror or str(error),
            fix="check that the layout is whole, and the free space beside the archive",
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def archive_digest(path: str | Path) -> Digest:
    """Return the digest of the one image in an OCI archive.

    Raises:
        ConfigError: The file is no OCI archive, or holds no image or several.
    """
    try:
        with tarfile.open(path, "r:*") as archive:
            entries = read_index(_read(archive), f"{path}:{INDEX_FILE}")
    except (OSError, KeyError, tarfile.TarError) as error:
        raise ConfigError(
            f"{path} is not an OCI archive",
            why=(isinstance(error, OSError) and error.strerror) or _first_line(error),
            fix=f"make one: skopeo copy docker://REFERENCE oci-archive:{path}",
        ) from error
    digests = {entry.digest for entry in entries}
    if len(digests) != 1:
        raise ConfigError(
            f"cannot tell which image of {path} is meant",
            why=f"it holds {len(digests)} images",
            fix=f"give an archive with one: skopeo copy docker://REFERENCE oci-archive:{path}",
        )
    return digests.pop()


def _first_line(error: Exception) -> str:
    """Return what is wrong; tarfile adds a line for each compression that it is not."""
    is_no_tar = isinstance(error, tarfile.ReadError) and "\n" in str(error)
    return "it is no tar file, compressed or not" if is_no_tar else str(error)


def _members(layout: Path) -> Iterator[Path]:
    """Yield what belongs into the archive, the small and telling files first."""
    yield layout / MARKER_FILE
    yield layout / INDEX_FILE
    yield from sorted(
        path for path in (layout / "blobs").rglob("*") if path.is_file() and path.suffix != _SUFFIX
    )


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o644
    return entry


def _read(archive: tarfile.TarFile) -> bytes:
    """Read ``index.json``, which some tools store as ``./index.json``."""
    member = next((each for each in archive if each.name in (INDEX_FILE, f"./{INDEX_FILE}")), None)
    file = archive.extractfile(member) if member is not None else None
    if file is None:
        raise KeyError(f"it has no {INDEX_FILE}")
    return file.read(MAX_MANIFEST_SIZE)
