"""Blobs on a registry's disk that a power cut damaged: found before anything is planned, and removed.

Distribution writes blobs without fsync, so that after a power cut a file may be short, empty, or full of
zeros. It never looks at their bytes again, and keeps what it has when the blob is pushed anew: the blob can
only come back without the file. Its name is the hash of its bytes: what is removed is proved to be damaged.

Source: distribution, ``registry/storage/blobwriter.go``: ``moveBlob`` leaves a file that exists alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Collection, Mapping, Sequence

from bootstrap.errors import HostError
from bootstrap.mirror.pool import each

if TYPE_CHECKING:
    import threading

    from bootstrap.mirror.image import Image
    from bootstrap.oci.digest import Digest

_CHUNK = 1024 * 1024
_WORKERS = 4  # one disk; hashing is what takes the time


def sizes_of(images: Sequence[Image]) -> dict[Digest, int]:
    """Return the bytes of every manifest and blob of ``images``."""
    sizes = {blob.digest: blob.size for image in images for blob in image.blobs}
    for image in images:
        sizes.update((manifest.descriptor.digest, len(manifest.raw)) for manifest in image.manifests)
    return sizes


def remove_damaged(
    data_dir: str,
    sizes: Mapping[Digest, int],
    *,
    suspects: Collection[Digest] = (),
    newer_than: float = 0.0,
    stop: threading.Event,
) -> list[Digest]:
    """Remove the files of blobs whose bytes are not what their name says; return those blobs.

    Args:
        data_dir: Where distribution keeps its data on this machine; another registry's is left alone.
        sizes: What is wanted; a file of another size is hashed.
        suspects: Of these, whose files are hashed whatever their size.
        newer_than: Unless they were written before this moment (seconds since 1970).
        stop: Set to end early.

    Raises:
        HostError: A damaged file cannot be removed.
        Stopped: ``stop`` was set.
    """

    def is_damaged(digest: Digest) -> bool:
        path = blob_file(data_dir, digest)
        try:
            found = path.stat()
            is_suspect = digest in suspects and found.st_mtime >= newer_than
            return (found.st_size != sizes[digest] or is_suspect) and _hash(path) != digest.hex
        except OSError:
            return False  # no file, or not for us: the registry will tell

    answers = each(is_damaged, sizes, workers=_WORKERS, stop=stop)
    found = [digest for digest, answer in zip(sizes, answers) if answer is True]  # noqa: B905  # not in 3.9
    for digest in found:
        _remove(blob_file(data_dir, digest))
    return found


def blob_file(data_dir: str, digest: Digest) -> Path:
    """Return the file that distribution keeps a blob in."""
    algorithm, _, name = str(digest).partition(":")
    return Path(data_dir, "docker/registry/v2/blobs", algorithm, name[:2], name, "data")


def to_disk(data_dir: str) -> None:
    """Have the file system of ``data_dir`` write down all that it was given: what is proved then stays so."""
    with contextlib.suppress(OSError):
        directory = os.open(data_dir, os.O_RDONLY | os.O_DIRECTORY)
        try:
            # Python has only os.sync(), which waits for every other disk, too.
            ctypes.CDLL(None, use_errno=True).syncfs(directory)
        finally:
            os.close(directory)


def _hash(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except FileNotFoundError:
        pass
    except OSError as error:
        raise HostError(
            f"cannot remove the damaged blob {path.parent.name}",
            why=f"{path}: {error.strerror}; the registry would keep it, and never take the right one",
            fix=f"as root on this host: rm {path}; then run the same command again",
        ) from error
