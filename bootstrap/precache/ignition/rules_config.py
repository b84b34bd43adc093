"""What is wrong with an Ignition config as such, whatever it is for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from bootstrap.precache.ignition.config import VERSION, VERSIONS, content_of
from bootstrap.precache.ignition.defect import Defect, found
from bootstrap.precache.ignition.shape import about_shape

_SCHEMES = ("data", "http", "https", "tftp", "s3", "gs", "arn")
# What systemd takes, and ignition-validate checks: config/v3_2/types/unit.go.
_SUFFIXES = (
    *(".service", ".socket", ".device", ".mount", ".automount", ".swap", ".target", ".path", ".timer"),
    *(".snapshot", ".slice", ".scope"),
)
_HASH = re.compile(r"sha512-[0-9a-f]{128}|sha256-[0-9a-f]{64}")
_KINDS_OF_NODES = ("files", "directories", "links")


def about_config(config: dict[str, Any]) -> Iterator[Defect]:
    """Yield what is wrong with it; nothing that is of the wrong type is looked into."""
    yield from _about_version(config)
    yield from about_shape(config)
    yield from _about_nodes(config)
    yield from _about_units(config)


def members(config: dict[str, Any], section: str, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the objects of a list with their paths; whatever else is in it is left out."""
    inner = config.get(section)
    listed = inner.get(key) if isinstance(inner, dict) else None
    for number, each in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(each, dict):
            yield f"{section}.{key}[{number}]", each


def right_mode(mode: object) -> int | None:
    """Return the mode that was meant where one was written in octal digits; None when it is as it was meant.

    755 is 01363 to Ignition: its digits are a mode that people give, and it is none itself.
    """
    if isinstance(mode, str) and re.fullmatch(r"0?o?[0-7]{3,4}", mode):
        return int(mode.replace("o", ""), 8)
    if isinstance(mode, bool) or not isinstance(mode, int) or not re.fullmatch(r"[1-7][0-7]{2}", str(mode)):
        return None
    meant = int(str(mode), 8)
    return meant if _is_plausible(meant) and not _is_plausible(mode) else None


def _is_plausible(mode: int) -> bool:
    """Return whether people give that mode: nobody may more than who stands before them, nor write unread."""
    owner, group, others = mode >> 6, mode >> 3 & 7, mode & 7
    is_readable = all(each & 4 or not each & 2 for each in (owner, group, others))
    return owner < 8 and bool(owner & 4) and is_readable and not group & ~owner and not others & ~group


def _about_version(config: dict[str, Any]) -> Iterator[Defect]:
    ignition = config.get("ignition")
    if not isinstance(ignition, dict):
        return
    version = ignition.get("version")
    if version not in VERSIONS:
        others = list(about_shape({**config, "ignition": {**ignition, "version": VERSION}}))
        is_alike = isinstance(version, str) and version.startswith("3.") and not others
        rule = "version" if is_alike else "version-needs"
        yield found(rule, "ignition.version", f"{version!r}: assisted-service takes {' and '.join(VERSIONS)}")


def _about_nodes(config: dict[str, Any]) -> Iterator[Defect]:
    seen: set[str] = set()
    for key in _KINDS_OF_NODES:
        for where, node in members(config, "storage", key):
            path = node.get("path")
            if isinstance(path, str):
                if not path.startswith("/"):
                    yield found("path", f"{where}.path", f"{path!r} is not absolute")
                if path in seen:
                    yield found("path", f"{where}.path", f"{path} is there twice")
                seen.add(path)
            mode = node.get("mode")
            if isinstance(mode, int) and (meant := right_mode(mode)) is not None:
                what = f"{mode} is decimal, so the mode is 0{mode:o}; 0{meant:o} was meant, which is {meant}"
                yield found("mode", f"{where}.mode", what)
            contents = node.get("contents")
            if isinstance(contents, dict):
                yield from _about_resource(f"{where}.contents", contents)
            source = contents.get("source") if isinstance(contents, dict) else None
            if key == "files" and node.get("overwrite") is True and source is None:
                yield found("overwrite", f"{where}.overwrite", "there is nothing to overwrite it with")


def _about_resource(where: str, resource: dict[str, Any]) -> Iterator[Defect]:
    source, compression = resource.get("source"), resource.get("compression")
    if compression not in (None, "", "gzip"):
        yield found("compression", f"{where}.compression", f"{compression!r} is not known")
    if isinstance(source, str) and source:
        yield from _about_source(f"{where}.source", source, compression)
    verification = resource.get("verification")
    digest = verification.get("hash") if isinstance(verification, dict) else None
    if isinstance(digest, str) and not _HASH.fullmatch(digest):
        yield found("hash", f"{where}.verification.hash", f"{digest[:20]!r} is no hash that Ignition knows")


def _about_source(where: str, source: str, compression: object) -> Iterator[Defect]:
    scheme = source.partition(":")[0]
    if scheme == "data":
        try:
            content_of(source, "gzip" if compression == "gzip" else None)
        except ValueError as error:
            yield found("source", where, str(error))
        return
    try:
        known = urlsplit(source).scheme in _SCHEMES
    except ValueError:
        known = False
    if not known:
        yield found("source", where, f"{source[:40]!r} is no URL that Ignition fetches")


def _about_units(config: dict[str, Any]) -> Iterator[Defect]:
    seen: set[str] = set()
    for where, unit in members(config, "systemd", "units"):
        name, contents = unit.get("name"), unit.get("contents")
        if isinstance(name, str):
            if not name.endswith(_SUFFIXES):
                yield found("unit-name", f"{where}.name", f"{name!r} has no suffix of systemd's")
            if name in seen:
                yield found("unit-name", f"{where}.name", f"{name} is there twice")
            seen.add(name)
        if unit.get("enabled") is True and isinstance(contents, str) and "[Install]" not in contents:
            yield found("never-enabled", f"{where}.enabled", "without an [Install] section nothing starts it")
