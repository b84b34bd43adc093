"""Reading a catalog: of a catalog image's hundreds of packages, those that are asked for.

Nothing is unpacked to disk, and of a document only what is wanted is kept: a catalog has hundreds of MiB.

Source: operator-framework/operator-registry, ``pkg/containertools/labels.go``; ``alpha/declcfg/load.go``.
"""

from __future__ import annotations

import json
import tarfile
import zlib
from typing import TYPE_CHECKING, Any, Callable, Collection, Dict, List, Mapping, Optional, Set

import yaml

from bootstrap.catalog.documents import documents
from bootstrap.catalog.files import Files
from bootstrap.catalog.model import Bundle, Catalog, Channel, Entry, Package
from bootstrap.errors import ConfigError, RegistryError
from bootstrap.oci.manifest import Manifest
from bootstrap.store.checked import checked

if TYPE_CHECKING:
    from bootstrap.store.interface import Source

LABEL = "operators.operatorframework.io.index.configs.v1"
DATABASE_LABEL = "operators.operatorframework.io.index.database.v1"
_NAMESPACE = "operatorframework.io/suggested-namespace"  # operator-framework docs: CSV annotations
_CONFIG_LIMIT = 4 * 1024 * 1024  # bytes
_SUFFIXES = (".json", ".yaml", ".yml")
_DAMAGED = (tarfile.TarError, EOFError, zlib.error)  # what it is told as is known at the layer's end
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, RecursionError, yaml.YAMLError)


def read_catalog(
    source: Source, repository: str, image: Manifest, packages: Collection[str], *, name: str
) -> Catalog:
    """Read packages out of a catalog image.

    Args:
        source: Where it is.
        repository: Its repository in ``source``.
        image: The catalog for one platform; all of them list the same.
        packages: Which ones to read; what is not there is told when it is asked for.
        name: What messages call the catalog.

    Raises:
        ConfigError: It is of the older kind, an sqlite database.
        RegistryError: It is no catalog, or one of its files cannot be used.
        DigestMismatch: A layer is damaged.
    """
    labels = _labels(source, repository, image, name)
    if LABEL not in labels and DATABASE_LABEL in labels:
        raise ConfigError(
            f"cannot read the catalog {name}",
            why=f"it is an sqlite database ({labels[DATABASE_LABEL]}), as before OpenShift 4.11",
            fix="mirror a file-based one: those of OpenShift 4.11 and later are",
        )
    directory = labels.get(LABEL, "/configs")
    found = _Found(frozenset(packages))
    files = Files(directory.strip("/"), found.take)
    files.read(source, repository, image, name=name)
    kept = {path: each for path, each in found.by_file.items() if not files.is_ignored(path)}
    wrong = [each.problem for each in kept.values() if each.problem]
    wrong += [f"{path}: it is a link" for path in files.links if path.endswith(_SUFFIXES)]
    names = {each for one in kept.values() for each in one.names}
    if not wrong and not names:
        wrong = [f"there is no package below {directory}"]
    if wrong:
        raise RegistryError(
            f"cannot read the catalog {name}",
            why="; ".join(sorted(wrong)[:3]),
            fix="check that it is an operator catalog, and mirror it again",
        )
    objects = [each for path in sorted(kept) for each in kept[path].objects]
    try:
        made = {each: _package(each, objects) for each in packages if each in names}
    except _UNREADABLE as error:
        raise RegistryError(
            f"cannot read the catalog {name}", why=_why(error), fix="mirror it again"
        ) from error
    return Catalog(name, made, tuple(sorted(names)), directory)


class _File:
    """What one file has."""

    def __init__(self) -> None:
        self.names: Set[str] = set()
        self.objects: List[Mapping[str, Any]] = []
        self.problem = ""


class _Found:
    """What the files of a catalog have of the packages ``wanted``, and all names."""

    def __init__(self, wanted: Collection[str]) -> None:
        self.wanted = wanted
        self.by_file: Dict[str, _File] = {}

    def take(self, path: str, read: Callable[[int], bytes]) -> None:
        """Read a file; what is wrong with it is kept, for a layer has to be read to its end."""
        if not path.endswith(_SUFFIXES):
            return
        file = self.by_file.setdefault(path, _File())

        def is_wanted(seen: Mapping[str, Any]) -> bool:
            schema, name = seen.get("schema"), seen.get("name")
            if schema == "olm.package":
                file.names.add(str(name))
                return name in self.wanted
            return schema in _KEPT and seen.get("package") in self.wanted

        try:
            for document in documents(read, is_wanted):
                if is_wanted(document):
                    keys = _KEPT[str(document["schema"])]
                    kept = {key: document[key] for key in keys if key in document}
                    file.objects.append({**kept, **_suggestion(document)})
        except (*_UNREADABLE, *_DAMAGED) as error:
            file.problem = f"{path}: {_why(error)}"


# Of the rest, ``properties`` above all has most of the bytes.
_KEPT = {
    "olm.package": ("schema", "name", "defaultChannel"),
    "olm.channel": ("schema", "package", "name", "entries"),
    "olm.bundle": ("schema", "package", "name", "image", "relatedImages"),
}


def _suggestion(bundle: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the namespace that a bundle is to be installed in; nothing where it is not said."""
    for each in bundle.get("properties") or ():
        if each.get("type") == "olm.csv.metadata":
            text = ((each.get("value") or {}).get("annotations") or {}).get(_NAMESPACE)
            return {"namespace": text} if isinstance(text, str) else {}
    return {}


def _package(name: str, objects: Collection[Mapping[str, Any]]) -> Package:
    own = [each for each in objects if each["schema"] == "olm.package" and each["name"] == name]
    if len(own) != 1:
        raise ValueError(f"it has the package {name} {len(own)} times")
    channels: Dict[str, Channel] = {}
    bundles: Dict[str, Bundle] = {}
    for each in objects:
        if each.get("package") != name:
            continue
        key = _text(each, "name", f"an object of {name}")
        if key in (channels if each["schema"] == "olm.channel" else bundles):
            raise ValueError(f"it has {each['schema']} {key} of {name} twice")
        if each["schema"] == "olm.channel":
            entries = tuple(_entry(entry, f"{name}:{key}") for entry in each.get("entries") or ())
            channels[key] = Channel(key, entries)
        else:
            bundles[key] = _bundle(each, key)
    return Package(name, str(own[0].get("defaultChannel") or ""), channels, bundles)


def _entry(value: Mapping[str, Any], channel: str) -> Entry:
    where = f"an entry of {channel}"
    return Entry(
        _text(value, "name", where),
        _optional(value, "replaces", where),
        tuple(str(each) for each in value.get("skips") or ()),
        _optional(value, "skipRange", where),
    )


def _bundle(value: Mapping[str, Any], name: str) -> Bundle:
    where = f"the bundle {name}"
    related = [_optional(each, "image", where) for each in value.get("relatedImages") or ()]
    image = _optional(value, "image", where) or ""
    names = tuple(dict.fromkeys(each for each in related if each))
    return Bundle(name, image, names, _optional(value, "namespace", where) or "")


def _text(value: Mapping[str, Any], key: str, where: str) -> str:
    found = _optional(value, key, where)
    if found is None:
        raise ValueError(f"{where} has no {key}")
    return found


def _optional(value: Mapping[str, Any], key: str, where: str) -> Optional[str]:
    found = value.get(key)
    if found is not None and not isinstance(found, str):
        raise ValueError(f"{key} of {where} is no text: {found!r}"[:200])
    return found or None


def _labels(source: Source, repository: str, image: Manifest, name: str) -> Mapping[str, str]:
    if image.config.size > _CONFIG_LIMIT:
        raise _no_catalog(name, f"its config has {image.config.size} bytes")
    with source.open_blob(repository, image.config) as reader:
        content = b"".join(checked(image.config, reader, where=name))
    try:
        labels = (json.loads(content).get("config") or {}).get("Labels") or {}
    except _UNREADABLE as error:
        raise _no_catalog(name, f"its config cannot be read: {error}") from error
    if LABEL not in labels and DATABASE_LABEL not in labels:
        raise _no_catalog(name, f"its image has no label {LABEL}")
    return {str(key): str(text) for key, text in labels.items()}


def _no_catalog(name: str, why: str) -> RegistryError:
    return RegistryError(
        f"cannot read the catalog {name}", why=why, fix="name the image of an operator catalog"
    )


def _why(error: BaseException) -> str:
    return " ".join((str(error) or type(error).__name__).split())[:300]
