"""The files that say what is on a disk: pure functions of it, so the same disk has the same lists."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from bootstrap import __version__
from bootstrap.oci.descriptor import Descriptor
from bootstrap.precache.disk import names
from bootstrap.precache.disk.names import Format
from bootstrap.precache.disk.view import DiskImage
from bootstrap.precache.images.chosen import Choice
from bootstrap.precache.images.naming import artifact_name
from bootstrap.store.layout_index import INDEX_FILE, MARKER, MARKER_FILE, REF_NAME, write_index

SCHEMA = 1
_SUM = re.compile(r"([0-9a-f]{64})  (\S.*)")


def path_of(image: DiskImage, form: Format) -> str:
    """Return where an image is on the disk: a directory, or an archive."""
    if form is Format.TGZ:
        return artifact_name(image.pull_spec) + names.ARCHIVE_SUFFIX
    return f"{names.VIEWS}/{image.digest.hex}"


def lists_of(images: Sequence[DiskImage], form: Format) -> dict[str, bytes]:
    """Return the lists of images, by file name."""
    specs = {image.pull_spec: image for image in images}
    return {
        names.DISCOVERY_LIST: _lines(name for name, each in specs.items() if each.chosen.stages.is_discovery),
        names.INSTALL_LIST: _lines(name for name, each in specs.items() if each.chosen.stages.is_install),
        names.MAPPING: _lines(f"{name}={each.chosen.destination}" for name, each in specs.items()),
        names.IMAGES: _lines(f"{name} {each.digest} {path_of(each, form)}" for name, each in specs.items()),
    }


def index_of(images: Sequence[DiskImage]) -> dict[str, bytes]:
    """Return the files that make the blobs an OCI layout; each image is named as nodes ask for it."""
    entries = []
    for image in sorted(images, key=lambda each: each.pull_spec):
        root = image.image.manifests[-1].descriptor
        entries.append(
            Descriptor(root.media_type, root.digest, root.size, annotations={REF_NAME: image.pull_spec})
        )
    return {MARKER_FILE: MARKER, INDEX_FILE: write_index(entries)}


def about(choice: Choice, form: Format, *, images: int, size: int) -> bytes:
    """Return ``precache.json``.

    Args:
        choice: What was wanted.
        form: How it lies there.
        images: Pull specs.
        size: Bytes of the blobs or archives.
    """
    release = choice.release and {"version": choice.release[0], "digest": choice.release[1]}
    value = {
        "schema": SCHEMA,
        "made_by": f"bootstrap-registry {__version__}",
        "release": release,
        "architecture": choice.architecture,
        "format": str(form),
        "images": images,
        "bytes": size,
    }
    return (json.dumps(value, indent=1) + "\n").encode()


def is_about(content: bytes | None) -> bool:
    """Return whether a ``precache.json`` is one of ours."""
    try:
        value = json.loads(content or b"")
        return isinstance(value, dict) and str(value["made_by"]).startswith("bootstrap-registry ")
    except (ValueError, KeyError):
        return False


def sums(found: Mapping[str, str]) -> bytes:
    """Return ``SHA256SUMS`` of hashes in hex by path."""
    return "".join(f"{found[name]}  {name}\n" for name in sorted(found)).encode()


def read_sums(content: bytes | None) -> dict[str, str]:
    """Return the hashes of a ``SHA256SUMS`` by path; lines that are none are passed over."""
    lines = (content or b"").decode(errors="replace").splitlines()
    return {match[2]: match[1] for match in map(_SUM.fullmatch, lines) if match}


def _lines(found: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in sorted(set(found))).encode()
