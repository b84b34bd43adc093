"""The sections ``operators`` and ``helm`` of an image set.

Source: oc-mirror v2 at 855b64a, ``internal/pkg/config/validate.go`` (``validateOperatorOptions`` and what it
calls); ``internal/pkg/api/v2alpha1/type_config.go`` (``GetUniqueName``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Iterable

from bootstrap.imageset.content import Chart, ChartRepository, Helm, Operator, Package, PackageChannel
from bootstrap.imageset.fields import Fields, Problems
from bootstrap.imageset.parts import (
    entries,
    image,
    loose_version,
    no_duplicates,
    platforms,
    target_repository,
    target_tag,
)

_OPERATOR = (
    "catalog",
    "packages",
    "full",
    "skipDependencies",
    "targetCatalog",
    "targetTag",
    "targetCatalogSourceTemplate",
    "platforms",
)
_NO_V1_NAME = {"targetName": "it is from v1 of the format; use targetCatalog"}


def operators(mirror: Fields, problems: Problems) -> tuple[Operator, ...]:
    """Read the section ``operators`` of the section ``mirror``."""
    found = entries(mirror, "operators", problems, _operator)
    no_duplicates(mirror, "operators", map(_destination, found))
    return found


def helm(mirror: Fields, problems: Problems) -> Helm | None:
    """Read the section ``helm`` of the section ``mirror``; None when it asks for nothing."""
    fields = Fields(mirror.value("helm"), "mirror.helm", problems, known=("repositories", "local"))
    repositories = entries(fields, "repositories", problems, _repository)
    no_duplicates(fields, "repositories", (repository.name for repository in repositories))
    local = entries(fields, "local", problems, _local_chart)
    return Helm(repositories, local) if repositories or local else None


def _operator(value: object, path: str, problems: Problems) -> Operator | None:
    fields = Fields(value, path, problems, known=_OPERATOR, refused=_NO_V1_NAME)
    source = fields.parsed("catalog", image, required=True)
    packages = entries(fields, "packages", problems, _package)
    no_duplicates(fields, "packages", (package.name for package in packages))
    is_full, skips = fields.boolean("full"), fields.boolean("skipDependencies")
    repository, tag = target_repository(fields, "targetCatalog"), target_tag(fields)
    template, only = fields.text("targetCatalogSourceTemplate"), platforms(fields, problems)
    if source is None:
        return None
    catalog = str(fields.value("catalog"))
    return Operator(catalog, source, packages, is_full, skips, repository, tag, template, only)


def _destination(operator: Operator) -> str:
    """Return what two entries may not share: the catalog with its target in place (GetUniqueName)."""
    source = operator.source
    if operator.target_tag is not None:
        source = replace(source, tag=operator.target_tag, digest=None)
    return str(replace(source, repository=operator.target_catalog or source.repository))


def _package(value: object, path: str, problems: Problems) -> Package | None:
    known = ("name", "channels", "defaultChannel", "minVersion", "maxVersion")
    fields = Fields(value, path, problems, known=known)
    name = fields.text("name", required=True)
    channels = entries(fields, "channels", problems, _package_channel)
    no_duplicates(fields, "channels", (channel.name for channel in channels))
    oldest, newest = fields.parsed("minVersion", loose_version), fields.parsed("maxVersion", loose_version)
    if (oldest or newest) and _are_bounded(channels):
        fields.problem(
            "channels", "minVersion and maxVersion are for the package or for its channels, not both"
        )
    default = fields.text("defaultChannel")
    return Package(name, channels, default, oldest, newest) if name is not None else None


def _are_bounded(channels: Iterable[PackageChannel]) -> bool:
    return any(channel.min_version or channel.max_version for channel in channels)


def _package_channel(value: object, path: str, problems: Problems) -> PackageChannel | None:
    fields = Fields(value, path, problems, known=("name", "minVersion", "maxVersion"))
    name = fields.text("name", required=True)
    oldest, newest = fields.parsed("minVersion", loose_version), fields.parsed("maxVersion", loose_version)
    return PackageChannel(name, oldest, newest) if name is not None else None


def _repository(value: object, path: str, problems: Problems) -> ChartRepository | None:
    fields = Fields(value, path, problems, known=("name", "url", "charts"))
    name, url = fields.text("name", required=True), fields.text("url", required=True)
    charts = entries(fields, "charts", problems, _chart)
    return ChartRepository(name, url, charts) if name is not None and url is not None else None


def _chart(value: object, path: str, problems: Problems) -> Chart:
    return _any_chart(value, path, problems, is_local=False)


def _local_chart(value: object, path: str, problems: Problems) -> Chart:
    return _any_chart(value, path, problems, is_local=True)


def _any_chart(value: object, path: str, problems: Problems, *, is_local: bool) -> Chart:
    fields = Fields(value, path, problems, known=("name", "version", "path", "imagePaths", "platforms"))
    name, version = fields.text("name", required=not is_local), fields.text("version")
    where = fields.text("path", required=is_local)
    paths = []
    for item, at in fields.items("imagePaths"):
        if isinstance(item, str) and item:
            paths.append(item)
        else:
            problems.add(at, f"it has to be a JSON path such as {{.spec.image}}, not {item!r}")
    found = platforms(fields, problems)
    return Chart(name or "", version, where, tuple(paths), found)
