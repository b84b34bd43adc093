"""Images that a run makes itself, among those that are fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bootstrap.mirror.collected import Sources
    from bootstrap.store.interface import Source


class WithBuilt:
    """``Sources`` that also knows images made by us, by a name that no registry has."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._built: dict[str, tuple[Source, str]] = {}

    def add(self, name: str, store: Source, repository: str) -> None:
        """Have ``store`` answer for ``name``."""
        self._built[name] = store, repository

    def store_for(self, name: str) -> tuple[Source, str]:
        """See ``Sources``."""
        return self._built.get(name) or self._sources.store_for(name)
