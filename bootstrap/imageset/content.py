"""Operators and Helm charts of an image set, which oc-mirror mirrors.

Source: oc-mirror v2 at 855b64a, ``internal/pkg/api/v2alpha1/type_config.go`` and ``type_config_include.go``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bootstrap.imageset.model import InstancePlatform
    from bootstrap.oci.reference import Reference


@dataclass(frozen=True)
class PackageChannel:
    """A channel of a package; versions as written."""

    name: str
    min_version: str | None = None
    max_version: str | None = None


@dataclass(frozen=True)
class Package:
    """A package of a catalog; versions as written, and only where its channels have none."""

    name: str
    channels: tuple[PackageChannel, ...] = ()
    default_channel: str | None = None
    min_version: str | None = None
    max_version: str | None = None


@dataclass(frozen=True)
class Operator:
    """Operators out of one catalog.

    Attributes:
        catalog: As written: ``registry/repository:tag`` or ``…@sha256:…``.
        source: The image that it names.
        packages: Empty for all of the catalog.
        is_full: Every version, not the heads of the channels alone.
        skips_dependencies: Bundles that others need are left out.
        target_catalog: Repository at the destination instead of the catalog's own path.
        source_template: File with a template of the CatalogSource.
        platforms: Only these out of the indexes; empty for all.
    """

    catalog: str
    source: Reference
    packages: tuple[Package, ...] = ()
    is_full: bool = False
    skips_dependencies: bool = False
    target_catalog: str | None = None
    target_tag: str | None = None
    source_template: str | None = None
    platforms: tuple[InstancePlatform, ...] = ()


@dataclass(frozen=True)
class Chart:
    """A Helm chart; ``path`` is where a local one is (no ``name`` needed), ``image_paths`` are JSON paths."""

    name: str
    version: str | None = None
    path: str | None = None
    image_paths: tuple[str, ...] = ()
    platforms: tuple[InstancePlatform, ...] = ()


@dataclass(frozen=True)
class ChartRepository:
    """A Helm repository; without ``charts``, all that its index lists."""

    name: str
    url: str
    charts: tuple[Chart, ...] = ()


@dataclass(frozen=True)
class Helm:
    """Charts whose images are wanted."""

    repositories: tuple[ChartRepository, ...] = ()
    local: tuple[Chart, ...] = ()
