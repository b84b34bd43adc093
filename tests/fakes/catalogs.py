"""Operator catalogs (FBC), as small as the format allows, or as large as real ones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import yaml

from bootstrap.catalog.read import LABEL
from tests.fakes.images import FakeImage, make_image

Object = Mapping[str, object]


def bundle(package: str, version: str, images: Sequence[str] = (), **more: object) -> Object:
    """A bundle with its own image first among ``relatedImages``, as ``opm render`` lists them."""
    name = f"{package}.v{version}"
    image = f"registry.redhat.io/{package}/bundle@sha256:{'b' * 64}"
    related = [{"name": "", "image": image}]
    related += [{"name": f"image-{number}", "image": each} for number, each in enumerate(images)]
    found = {"schema": "olm.bundle", "name": name, "package": package, "image": image}
    return {**found, "properties": [], "relatedImages": related, **more}


def channel(package: str, name: str, versions: Sequence[str | Mapping[str, object]]) -> Object:
    """A channel; each of ``versions`` replaces the one before, or is an entry as it is."""
    entries: list[Mapping[str, object]] = []
    for each in versions:
        if not isinstance(each, str):
            entries.append(each)
            continue
        before = {"replaces": entries[-1]["name"]} if entries else {}
        entries.append({"name": f"{package}.v{each}", **before})
    return {"schema": "olm.channel", "package": package, "name": name, "entries": entries}


def package(name: str, default: str = "stable") -> Object:
    return {"schema": "olm.package", "name": name, "defaultChannel": default}


def operator(name: str, images: Mapping[str, Sequence[str]], default: str = "stable") -> list[Object]:
    """A package with one channel; ``images`` are those of each version, the oldest first."""
    return [
        package(name, default),
        channel(name, default, list(images)),
        *(bundle(name, version, each) for version, each in images.items()),
    ]


def as_json(objects: Sequence[Object]) -> bytes:
    """One object after the other, as ``opm render`` writes them."""
    return "\n".join(json.dumps(each, indent=4) for each in objects).encode()


def as_yaml(objects: Sequence[Object]) -> bytes:
    return b"".join(b"---\n" + yaml.safe_dump(dict(each), sort_keys=False).encode() for each in objects)


def catalog_image(
    *layers: Mapping[str, bytes],
    directory: str = "/configs",
    labels: Mapping[str, str] | None = None,
    seed: object = "catalog",
) -> FakeImage:
    """A catalog image of ``layers``, files by path, base first."""
    own = {LABEL: directory} if labels is None else labels
    return make_image(seed, layers=list(layers), labels=own)
