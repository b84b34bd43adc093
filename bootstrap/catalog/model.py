"""What a catalog says of its packages: channels, their entries, and the bundles with their images.

Source: operator-framework/operator-registry, ``alpha/declcfg/declcfg.go`` (schemas), ``alpha/model/model.go``
(``Channel.Head``); Topology Aware Lifecycle Manager at dacf199, ``pre-cache/parse_index.py``.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import Collection, Mapping, Optional, Tuple

from bootstrap.errors import ConfigError, RegistryError

_MANY = 8  # names to list; a package has hundreds of versions


@dataclass(frozen=True)
class Entry:
    """A bundle's place in a channel; ``skip_range`` as written, ``>=4.19.0 <4.20.9``."""

    name: str
    replaces: str | None = None
    skips: tuple[str, ...] = ()
    skip_range: str | None = None


@dataclass(frozen=True)
class Channel:
    """A channel; its entries in the order written."""

    name: str
    entries: tuple[Entry, ...]

    @property
    def unreplaced(self) -> tuple[str, ...]:
        """The entries that no other one replaces; several where some are only skipped."""
        replaced = {each.replaces for each in self.entries}
        return tuple(each.name for each in self.entries if each.name not in replaced)

    @property
    def heads(self) -> tuple[str, ...]:
        """The entries that no other one replaces or skips; one, in a channel as it has to be."""
        skipped = {name for each in self.entries for name in each.skips}
        return tuple(name for name in self.unreplaced if name not in skipped)

    @property
    def precached(self) -> str | None:
        """The entry whose images a pre-caching job takes; it does not look at what is skipped.

        Of several that nothing replaces it takes the last written; of none, the last entry.
        """
        last = self.entries[-1:]
        return self.unreplaced[-1] if self.unreplaced else (last[0].name if last else None)


@dataclass(frozen=True)
class Bundle:
    """A version of an operator.

    Attributes:
        image: The bundle itself: its manifests.
        related: Images that it runs, as written; most list the bundle, too. Without empty ones.
        namespace: That it suggests to be installed in; empty where it says nothing of it.
    """

    name: str
    image: str
    related: tuple[str, ...]
    namespace: str = ""

    @property
    def images(self) -> tuple[str, ...]:
        """All of it, sorted, each once."""
        return tuple(sorted({*self.related, *([self.image] if self.image else ())}))


@dataclass(frozen=True)
class Package:
    """An operator; ``default_channel`` is empty in a catalog that gives none."""

    name: str
    default_channel: str
    channels: Mapping[str, Channel]
    bundles: Mapping[str, Bundle]


@dataclass(frozen=True)
class Catalog:
    """What was asked for of a catalog.

    Attributes:
        name: What messages call it.
        packages: Those that were asked for and are there, by name.
        names: All packages of the catalog, sorted.
        directory: Where it keeps its files, ``/configs``.
    """

    name: str
    packages: Mapping[str, Package]
    names: tuple[str, ...] = field(repr=False, default=())
    directory: str = "/configs"

    def channel(self, package: str, channel: str | None = None) -> Channel:
        """Return a channel of a package; None takes the default one.

        Raises:
            ConfigError: There is no such package or channel.
        """
        found = self._package(package)
        name = channel or found.default_channel
        if not name:
            raise _absent(self.name, package, "a default channel", "", found.channels)
        if name not in found.channels:
            raise _absent(self.name, package, f"a channel {name}", name, found.channels)
        return found.channels[name]

    def head(self, package: str, channel: str | None = None) -> Bundle:
        """Return the bundle that an installation out of the channel ends with.

        Raises:
            ConfigError: There is no such package or channel.
            RegistryError: The channel has no head, or several, or its bundle is missing.
        """
        found = self.channel(package, channel)
        if len(found.heads) != 1:
            raise RegistryError(
                f"cannot take {package}:{found.name} from the catalog {self.name}",
                why=f"the channel has {', '.join(found.heads[:_MANY]) or 'nothing'} at its head, "
                "and one is what it has to have",
                fix="take another channel, or mirror the catalog again",
            )
        return self.bundle(package, found.heads[0])

    def bundle(self, package: str, name: str) -> Bundle:
        """Return a bundle.

        Raises:
            RegistryError: A channel names it, and it is not there.
        """
        found = self._package(package).bundles
        if name not in found:
            raise RegistryError(
                f"cannot take {name} of {package} from the catalog {self.name}",
                why="a channel names it, and the catalog has no such bundle",
                fix="mirror the catalog again",
            )
        return found[name]

    def _package(self, name: str) -> Package:
        if name not in self.packages:
            raise _absent(self.name, name, "it", name, self.names)
        return self.packages[name]


def related_images(catalog: Catalog, package: str, channel: Optional[str] = None) -> Tuple[str, ...]:
    """Return the images of a channel's head, its bundle's among them: sorted, each once.

    Raises:
        ConfigError: There is no such package or channel.
        RegistryError: The channel has no head, or the catalog not its bundle.
    """
    return catalog.head(package, channel).images


def _absent(catalog: str, package: str, what: str, name: str, known: Collection[str]) -> ConfigError:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    names = sorted(known)
    listed = ", ".join(names[:_MANY]) + (f" and {len(names) - _MANY} more" if len(names) > _MANY else "")
    return ConfigError(
        f"cannot take package {package} from the catalog {catalog}",
        why=f"the catalog does not have {what}; it has {listed or 'none at all'}",
        fix=(f"did you mean {near[0]}? " if near else "")
        + "What is missing in a mirrored catalog has to be named in the image set",
    )
