"""The ``index.json`` of an OCI layout: which manifests are its roots, and under which names.

Source: OCI image-spec v1.1, image-layout.md, "index.json file".
"""

from __future__ import annotations

import json
from typing import Iterable

from bootstrap.errors import RegistryError
from bootstrap.oci.descriptor import Descriptor
from bootstrap.oci.manifest import OCI_INDEX, AnyManifest, Index

REF_NAME = "org.opencontainers.image.ref.name"
INDEX_FILE, MARKER_FILE = "index.json", "oci-layout"
MARKER = b'{"imageLayoutVersion":"1.0.0"}'


def read_index(raw: bytes, name: str) -> list[Descriptor]:
    """Return what an ``index.json`` lists.

    Raises:
        RegistryError: It is not an index.
    """
    try:
        return [Descriptor.from_json(entry) for entry in json.loads(raw)["manifests"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise RegistryError(
            f"{name} is not the index of an OCI layout",
            why=f"{type(error).__name__}: {error}",
            fix="make the layout anew: skopeo copy docker://… oci:…",
        ) from error


def write_index(entries: Iterable[Descriptor]) -> bytes:
    """Return the ``index.json`` that lists ``entries``."""
    value = {
        "schemaVersion": 2,
        "mediaType": OCI_INDEX,
        "manifests": [entry.to_json() for entry in entries],
    }
    return json.dumps(value, indent=1, sort_keys=True).encode()


def listed(
    entries: Iterable[Descriptor], manifest: AnyManifest, repository: str, tag: str | None
) -> list[Descriptor]:
    """Return the entries with ``manifest`` among them: every root once, by tag or else by digest.

    What a tag pointed at before stays listed by digest; what an index lists need not be listed itself.
    """
    descriptor = manifest.descriptor
    name = f"{repository}:{tag}" if tag is not None else f"{repository}@{descriptor.digest}"
    inner = {child.digest for child in manifest.children()} if isinstance(manifest, Index) else set()
    kept: list[Descriptor] = []
    for entry in entries:
        is_untagged = ref_name(entry) == f"{repository}@{entry.digest}"
        if ref_name(entry) == name and entry.digest != descriptor.digest:
            kept.append(_named(entry, f"{repository}@{entry.digest}"))
        elif ref_name(entry) != name and not (
            is_untagged and (entry.digest in inner or entry.digest == descriptor.digest)
        ):
            kept.append(entry)
    is_tagged = any(
        entry.digest == descriptor.digest and ref_name(entry).startswith(f"{repository}:") for entry in kept
    )
    return kept if tag is None and is_tagged else [*kept, _named(descriptor, name)]


def _named(descriptor: Descriptor, name: str) -> Descriptor:
    return Descriptor(
        descriptor.media_type, descriptor.digest, descriptor.size, descriptor.platform, {REF_NAME: name}
    )


def ref_name(entry: Descriptor) -> str:
    """Return what an entry is called, or nothing at all."""
    return (entry.annotations or {}).get(REF_NAME, "")
