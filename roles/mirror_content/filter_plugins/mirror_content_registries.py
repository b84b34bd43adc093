"""Which CA file on the mirror host belongs to which registry."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Registry = Mapping[str, Any]


def ca_path(location: str, directory: str) -> str:
    """Return the CA file on the mirror host for a registry; a file name cannot hold every location."""
    return f"{directory}/{re.sub(r'[^A-Za-z0-9.-]', '_', location)}.crt"


def registries_on_host(registries: Sequence[Registry], directory: str) -> list[dict[str, Any]]:
    """Return the registries as the agent's settings name them, with paths on the mirror host."""
    return [
        {
            "location": registry["location"],
            "ca_file": ca_path(registry["location"], directory),
            "data_dir": registry.get("data_dir") or None,
        }
        for registry in registries
    ]


def sources_on_host(sources: Sequence[Registry], directory: str) -> list[dict[str, str]]:
    """Return the sources that have a CA of their own, with its path on the mirror host."""
    return [
        {"location": source["location"], "ca_file": ca_path(source["location"], directory)}
        for source in sources
    ]


def ca_files(registries: Sequence[Registry], directory: str) -> list[dict[str, str]]:
    """Return what ``host_files`` has to place, so that those paths exist."""
    return [
        {"path": ca_path(registry["location"], directory), "src": registry["ca_file"], "mode": "0644"}
        for registry in registries
    ]


class FilterModule:
    """Registries as the mirror host sees them, as filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {
            "mirror_content_registries_on_host": registries_on_host,
            "mirror_content_sources_on_host": sources_on_host,
            "mirror_content_ca_files": ca_files,
        }
