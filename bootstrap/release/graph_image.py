"""The graph-data image: a base image with a shell, and one layer of graph data on top of it.

The operator runs it as an init container, so it needs ``bash`` and ``cp``, on every architecture of the base.

Source: oc-mirror v2 at 855b64a, ``internal/pkg/imagebuilder/builder.go`` (``ProcessImageIndex``).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bootstrap.errors import RegistryError
from bootstrap.oci.descriptor import Descriptor
from bootstrap.oci.digest import Digest
from bootstrap.oci.manifest import (
    DOCKER_CONFIG,
    DOCKER_LAYER_GZIP,
    DOCKER_MANIFEST,
    OCI_CONFIG,
    OCI_LAYER_GZIP,
    Manifest,
    parse_manifest,
)
from bootstrap.release import graph_data
from bootstrap.store.checked import checked
from bootstrap.store.overlay import Overlay

if TYPE_CHECKING:
    from bootstrap.release.graph_data import Layer
    from bootstrap.store.interface import Source

_CONFIG_LIMIT = 4 * 1024 * 1024  # bytes


def build(
    base: Source, repository: str, digest: Digest, layer: Layer, *, name: str
) -> tuple[Overlay, Digest]:
    """Return a store that has the graph-data image, and the image's digest.

    Args:
        base: Where the base image is; its blobs are read from there when they are wanted.
        repository: Of the base image.
        digest: Of the base image or index; of an index, every image for a system is built.
        layer: The graph data.
        name: What messages call the base image.

    Raises:
        RegistryError: It is no image to build on.
    """
    store = Overlay(base, repository)
    store.add_blob(layer.content)
    found = parse_manifest(*base.manifest(repository, digest), name=name)
    if isinstance(found, Manifest):
        return store, _image(store, base, repository, found, layer, name).digest
    value, listed = _object(found.raw, name), []
    for entry, child in zip(value["manifests"], found.manifests):  # noqa: B905  # strict= is not in 3.9
        manifest = parse_manifest(*base.manifest(repository, child.digest), name=name)
        if isinstance(manifest, Manifest) and (child.platform is None or child.platform.os != "unknown"):
            built = _image(store, base, repository, manifest, layer, name)
            listed.append({**entry, **built.to_json()})
    if not listed:
        raise _unusable(name, "it is an index that lists no image")
    return store, store.add_manifest(_bytes({**value, "manifests": listed}), found.media_type)


def _image(
    store: Overlay, base: Source, repository: str, manifest: Manifest, layer: Layer, name: str
) -> Descriptor:
    """Add ``manifest`` with the layer on top to ``store``; return what it is then."""
    if manifest.config.media_type not in (DOCKER_CONFIG, OCI_CONFIG) or manifest.config.size > _CONFIG_LIMIT:
        raise _unusable(name, f"its config is of type {manifest.config.media_type}")
    with base.open_blob(repository, manifest.config) as reader:
        content = b"".join(checked(manifest.config, reader, where=name))
    config = _bytes(_with_layer(_object(content, name), layer, name))
    store.add_blob(config)
    layer_type = DOCKER_LAYER_GZIP if manifest.media_type == DOCKER_MANIFEST else OCI_LAYER_GZIP
    value = _object(manifest.raw, name)
    value["config"] = Descriptor.of(config, manifest.config.media_type).to_json()
    value["layers"] = [*value["layers"], Descriptor.of(layer.content, layer_type).to_json()]
    raw = _bytes(value)
    store.add_manifest(raw, manifest.media_type)
    return Descriptor.of(raw, manifest.media_type)


def _with_layer(config: dict[str, Any], layer: Layer, name: str) -> dict[str, Any]:
    """Return the image's config with the layer, and the command that copies the graph data."""
    try:
        run = {key: value for key, value in (config.get("config") or {}).items() if key != "Entrypoint"}
        run["Cmd"] = list(graph_data.COMMAND)
        layers = {**config["rootfs"], "diff_ids": [*config["rootfs"]["diff_ids"], str(layer.diff_id)]}
        # A time is wanted by some, and this machine's would make another image of the same data.
        added = {"created_by": "bootstrap-registry: graph data", "created": config.get("created")}
        history = [*(config.get("history") or ()), {key: text for key, text in added.items() if text}]
    except (KeyError, TypeError, AttributeError) as error:
        raise _unusable(name, f"its config is none: {error!r}") from error
    return {**config, "config": run, "rootfs": layers, "history": history}


def _object(content: bytes, name: str) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _unusable(name, f"its config is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise _unusable(name, "its config is not an object")
    return value


def _bytes(value: dict[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _unusable(name: str, why: str) -> RegistryError:
    return RegistryError(
        f"cannot build the graph-data image on {name}",
        why=why,
        fix="set mirror_content_graph_base_image to an image that has bash and cp",
    )
